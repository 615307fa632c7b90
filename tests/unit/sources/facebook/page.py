"""A page on a sandbox server, and fetches from it into a folder."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from pipeline_lib.config.sources import FacebookSource
from pipeline_lib.identity.sqlite import SqliteUuidTable
from pipeline_lib.model.shrink_limit import DEFAULT_LIMIT, ShrinkLimit
from pipeline_lib.sources.base import FetchResult
from pipeline_lib.sources.facebook.client import FacebookClient, open_client
from pipeline_lib.sources.facebook.fetch import PageToFetch, fetch_comments
from pipeline_lib.sources.facebook.post_log import PostLog, PostState
from pipeline_lib.sources.facebook.records import Comment as Stored
from pipeline_lib.sources.http.retry_policy import Timing
from pipeline_lib.sources.targets import run_targets
from pipeline_lib.storage import Located, Storage
from sandbox.facebook.model import Attachment, Comment, Person, Post
from sandbox.facebook.server import FacebookServer
from sandbox.facebook.synthetic import APP, MATCH, PAGE, TOKEN
from sandbox.facebook.world import World

START = datetime(2025, 9, 6, 10, tzinfo=UTC)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
PLACE = "pipeline.json: RawDataSources[0]"
SEARCH = {"Match": MATCH, "StartDate": "2025-09-06T00:00+03:00", "EndDate": "2025-10-01T00:00+03:00"}


@dataclass
class Written:
    """What is written on the page, a minute after the other."""

    world: World
    post_count: int = 0
    comment_count: int = 0

    def post(self, message: str | None = MATCH, *kinds: str, **more: Any) -> str:
        self.post_count += 1
        post_id = f"{PAGE.id}_{self.post_count:05}"
        at = START + timedelta(days=self.post_count)
        attachments = tuple(Attachment(kind) for kind in kinds or ("photo",))
        self.world.put_post(Post(post_id, PAGE.id, at, message, attachments=attachments, **more))
        return post_id

    def comment(self, post: str, message: str | None = "", author: int | None = 1, **more: Any) -> str:
        """A comment by somebody; None for the page."""
        self.comment_count += 1
        comment_id = f"{post.partition('_')[2]}_{self.comment_count:06}"
        at = START + timedelta(days=30, minutes=self.comment_count)
        text = message if message is None else message or f"text {self.comment_count}"
        person = None if author is None else Person(f"7{author:015}", f"Qof {author}")
        self.world.put_comment(Comment(comment_id, post, at, text, person, **more))
        return comment_id


@dataclass
class Fetcher:
    """Fetches what one server has into one folder."""

    server: FacebookServer
    written: Written
    storage: Storage
    table: SqliteUuidTable
    limit: float = 0.01
    shrink_limit: ShrinkLimit = DEFAULT_LIMIT
    source: dict[str, Any] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    metrics: Located | None = None
    """Where engagement metrics go."""

    @property
    def world(self) -> World:
        return self.server.world

    def client(self, token: str = TOKEN) -> FacebookClient:
        timing = Timing(sleep=self.waits.append, clock=lambda: sum(self.waits), share=lambda: 1.0)
        return open_client(token, place=PLACE, version="v26.0", timing=timing)

    def fetch(
        self, *, now: datetime = NOW, run_folder: str = "runs/today", token: str = TOKEN, **source: Any
    ) -> FetchResult:
        settings = {
            "SourceType": "Facebook",
            "PageID": PAGE.username,
            "TokenFileURL": "token.txt",
            "Datasets": [{"Name": "fb", "Search": SEARCH}],
        }
        page = FacebookSource.model_validate(settings | self.source | source)
        return fetch_comments(
            PageToFetch(page, PLACE, self.client(token), self.table.uuids, self.storage, self.metrics),
            targets=run_targets(self.storage, run_folder),
            quarantine_share_limit=self.limit,
            now=now,
            shrink_limit=self.shrink_limit,
        )

    def counts(self, result: FetchResult) -> dict[str, int]:
        """What the fetch tells of the dataset, by measure, without what is nothing."""
        file = f"fb_{PAGE.username}.jsonl"
        return {each.measure: each.count for each in result.counts if each.file == file and each.count}

    def lines(self, name: str = f"fb_{PAGE.username}", run_folder: str = "runs/today") -> list[Any]:
        return [orjson.loads(line) for line in self.storage.read(f"{run_folder}/Raw Data/{name}.jsonl").splitlines()]

    def texts(self) -> list[Any]:
        return [line.get("fb.message") for line in self.lines()]

    def quarantine(self, name: str = f"fb_{PAGE.username}") -> list[tuple[str, str, str]]:
        lines = self.storage.read(f"runs/today/Quarantine/{name}.jsonl").splitlines()
        return [(each["post"], each["comment"], each["reason"]) for each in map(orjson.loads, lines)]

    def forgotten(self) -> list[tuple[str, list[str]]]:
        """Who is to be forgotten: comments and participants."""
        name = f"state/forget/Facebook {PAGE.id}.json"
        if not self.storage.exists(name):
            return []
        return [(each["comment"], each["participants"]) for each in orjson.loads(self.storage.read(name))["people"]]

    def stored(self, post: str) -> list[Stored]:
        return list(PostLog(self.storage, PAGE.id, post).comments().values())

    def state(self, post: str) -> PostState:
        return PostLog(self.storage, PAGE.id, post).state

    def participant(self, author: int) -> str:
        return self.table.known([f"facebook-7{author:015}"])[f"facebook-7{author:015}"]

    def requested(self) -> dict[str, int]:
        """Requests since the last time that this was asked."""
        counts = dict(self.server.request_counts())
        self.server.requests.clear()
        return counts


def no_advanced_access(fetcher: Fetcher) -> None:
    """Authors are not told of any more."""
    fetcher.world.change_app(APP.id, has_advanced_access=False)
