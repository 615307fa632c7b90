"""A client of Meta's Graph API for one page (sources.md D).

The token goes into a header, never into a URL. Meta's links to further pages contain it, so the client takes only the
cursor of a link, and makes a new request to the same host. Cursors are not stored.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.sources.facebook.graph_protocol import GraphDialect
from pipeline_lib.sources.facebook.listing import Page, read_object, read_page
from pipeline_lib.sources.facebook.usage import UsageBudget
from pipeline_lib.sources.http.client import HttpApi, Service, Traffic
from pipeline_lib.sources.http.emulators import stand_in_origin
from pipeline_lib.sources.http.retry_policy import RetryPolicy, Timing

__all__ = ["FacebookClient", "Page", "open_client"]

STAND_IN_SETTING = "FACEBOOK_EMULATOR_HOST"
"""The setting that names a server on this machine as a stand-in for Meta: `127.0.0.1:8088`."""

POST_FIELDS = "id,created_time,attachments{type,subattachments{type}},comments.filter(stream).limit(0).summary(true)"
"""The fields to request of a post, beside its message if that is searched; `total_count` counts hidden comments too."""

COMMENT_FIELDS = "id,created_time,message,from{id},parent{id},attachment{type}"
"""The fields to request of a comment: no name, and of an attachment only its type. The rest would lead to people."""

COMMENTS_A_PAGE = 100
"""The API's maximum."""

POSTS_A_PAGE = 25
"""The API's own default: for more posts at once, each with a count of comments, it refuses too large a request."""

RETRY_POLICY = RetryPolicy(longest_retry_after_seconds=4 * 3600, total_wait_seconds=6 * 3600)
"""Meta's limits may take hours to reset, and its answers say how long."""

_ORIGIN = "https://graph.facebook.com"
_MOST_EMPTY_PAGES = 100


def open_client(
    token: str,
    *,
    place: str,
    version: str,
    policy: RetryPolicy = RETRY_POLICY,
    timing: Timing | None = None,
) -> "FacebookClient":
    """A client of one page; nothing is sent to Meta yet.

    Args:
        token: The page's access token.
        place: How errors name the source: `pipeline.json: RawDataSources[0]`.
        version: The API's version: `v26.0`.
        policy: How long to wait for Meta and how often to retry.
        timing: Clocks and random numbers.

    Raises:
        ConfigError: The token is malformed, or the setting `FACEBOOK_EMULATOR_HOST` names another machine.
    """
    timing = timing or Timing()
    stand_in = stand_in_origin(STAND_IN_SETTING)
    word = token.strip()
    if not (word.isascii() and word.isprintable() and word and " " not in word):
        wrong = "does not lead to a token, which is a single word of letters and digits"
        raise ConfigError(Problem(f"{place}.TokenFileURL", wrong, "let the file hold the page's token alone"))
    service = Service(stand_in or _ORIGIN, f"Bearer {word}", place, "TokenFileURL", is_emulator=stand_in is not None)
    budget = UsageBudget(timing.clock)
    dialect = GraphDialect(service, version, budget)
    return FacebookClient(HttpApi(service, budget, policy, timing, dialect), dialect, word)


class FacebookClient:
    """Reads one page and its posts, in one thread; `open_client` makes it.

    All methods raise RetriableSourceError if Meta gave no usable answer to any try, and GraphRefusedError if it
    refuses, after one request.
    """

    def __init__(self, api: HttpApi, dialect: GraphDialect, token: str) -> None:
        self._api, self._dialect, self._token = api, dialect, token

    @property
    def place(self) -> str:
        """How errors name the source."""
        return self._api.service.place

    @property
    def version(self) -> str:
        """The requested version."""
        return self._dialect.version

    @property
    def traffic(self) -> Traffic:
        """What was sent and waited for so far."""
        return self._api.traffic

    @property
    def most_usage_percent(self) -> float:
        """The highest usage of Meta's limits so far."""
        return self._dialect.budget.most_percent

    @property
    def other_version_counts(self) -> Counter[str]:
        """Answers of another version than the requested one, by their version."""
        return self._dialect.other_version_counts

    def token_facts(self) -> dict[str, Any]:
        """What Meta says of the token: `is_valid`, `profile_id`, `scopes`, `expires_at`, `data_access_expires_at`.

        The request is a POST that says it is a GET, since otherwise the token would be in the URL.
        """
        form = {"method": "get", "input_token": self._token}
        answer = self._api.post(self._path("debug_token", {}), form, read_object, endpoint="token", scope="")
        facts = answer.get("data")
        return facts if isinstance(facts, dict) else {}

    def read_object(self, object_id: str, fields: str, *, endpoint: str) -> dict[str, Any]:
        """Some fields of a page, a post or whatever else has an id.

        Args:
            object_id: Its id, or a page's name.
            fields: Their names, with Meta's own modifiers: `id,reactions.limit(0).summary(total_count)`.
            endpoint: What is requested, as errors and counts name it: `posts`.
        """
        return self.read_edge(object_id, "", {"fields": fields}, endpoint=endpoint)

    def read_edge(self, object_id: str, edge: str, question: Mapping[str, str], *, endpoint: str) -> dict[str, Any]:
        """The answer to one query about an object, such as its `insights`.

        Args:
            object_id: As for `read_object`.
            edge: The edge's name; empty for the object itself.
            question: The query.
            endpoint: As for `read_object`.
        """
        path = f"{object_id}/{edge}" if edge else object_id
        return self._api.get(self._path(path, question), read_object, endpoint=endpoint, scope="")

    def posts(self, page_id: str, *, since: datetime, until: datetime, fields: str) -> Iterator[Page]:
        """The posts that the page has published in a range of time, newest first.

        Args:
            page_id: The page's id.
            since: First instant.
            until: Last instant.
            fields: The fields to request of each post.
        """
        question = {
            "fields": fields,
            "since": str(int(since.timestamp())),
            "until": str(int(until.timestamp())),
            "limit": str(POSTS_A_PAGE),
        }
        return self._pages(page_id, "published_posts", question, endpoint="lists of posts")

    def comments(self, post_id: str) -> Iterator[Page]:
        """All comments of a post and all answers to them that Meta shows, oldest first."""
        question = {"filter": "stream", "fields": COMMENT_FIELDS, "limit": str(COMMENTS_A_PAGE)}
        return self._pages(post_id, "comments", question, endpoint="comments")

    def _pages(self, object_id: str, edge: str, asked: Mapping[str, str], *, endpoint: str) -> Iterator[Page]:
        cursor: str | None = None
        read: set[str] = set()
        empty_count = 0
        while True:
            path = self._path(f"{object_id}/{edge}", asked if cursor is None else {**asked, "after": cursor})
            answer = self._api.get(path, read_page, endpoint=endpoint, scope="")
            if answer.after is None:
                yield Page(answer.items, is_last=True)
                return
            empty_count = 0 if answer.items else empty_count + 1
            is_stuck = answer.after in read or not answer.after or empty_count == _MOST_EMPTY_PAGES
            yield Page(answer.items, is_last=False, is_stuck=is_stuck)
            if is_stuck:
                return
            cursor = answer.after
            read.add(cursor)

    def _path(self, path: str, question: Mapping[str, str]) -> str:
        query = f"?{urlencode(question)}" if question else ""
        return f"/{self._dialect.version}/{quote(path)}{query}"
