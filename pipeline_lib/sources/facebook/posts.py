"""Chooses the posts of a page that belong to a dataset.

    state/raw/Facebook/<page id>/searches/<dataset>/manifest.json

Posts that a search has found stay in the dataset as long as the search is the same, even if a post's text is changed or
the page takes it down: people have answered it all the same.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import ConfigDict

from pipeline_lib.config.sources import FacebookDataset, FacebookSearch
from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.times import Instant
from pipeline_lib.sources.facebook.attachments import kinds_of
from pipeline_lib.sources.facebook.client import POST_FIELDS, FacebookClient
from pipeline_lib.sources.facebook.graph_errors import GraphRefusedError
from pipeline_lib.sources.facebook.post_log import PostLog
from pipeline_lib.sources.facebook.reading import Post
from pipeline_lib.sources.raw_store import RAW_STORE
from pipeline_lib.sources.segments import StateDocument
from pipeline_lib.storage import Storage

_POST_ID = re.compile("[0-9]{1,25}_[0-9]{1,25}")


class _Search(Frozen):
    model_config = ConfigDict(alias_generator=None)

    match: str
    start: Instant
    end: Instant


class _Found(Frozen):
    """What a dataset's search has found so far."""

    model_config = ConfigDict(alias_generator=None)

    format: Literal[1] = 1
    search: _Search | None = None
    posts: tuple[str, ...] = ()


class Chosen(NamedTuple):
    """The posts of a dataset by id; None for a post that no longer exists."""

    posts: Mapping[str, Post | None]
    is_whole: bool
    """Whether the list of the page's posts was read to its end, rather than looping."""


class PostChoice:
    """Chooses the posts of one page's datasets, and requests each once."""

    def __init__(self, client: FacebookClient, page_id: str, storage: Storage) -> None:
        self._client, self._page_id, self._storage = client, page_id, storage
        self._asked: dict[str, Post | None] = {}

    def of(self, dataset: FacebookDataset, place: str) -> Chosen:
        """The posts of a dataset.

        Args:
            dataset: The dataset.
            place: How errors name it: `pipeline.json: RawDataSources[0].Datasets[1]`.

        Raises:
            ConfigError: PostIDs names a post that does not exist and was never read, or one of another page.
            SourceError: Meta refuses or does not answer.
        """
        problems: list[Problem] = []
        posts: dict[str, Post | None] = {}
        for number, written in enumerate(dataset.post_ids or ()):
            post_id = written if "_" in written else f"{self._page_id}_{written}"
            wrong, right = self._wrong_with(post_id)
            if wrong:
                problems.append(Problem(f"{place}.PostIDs[{number}]", f"post {written} {wrong}", right))
            else:
                posts[post_id] = self._post(post_id)
        if problems:
            raise ConfigError(*problems)
        if dataset.search is None:
            return Chosen(posts, is_whole=True)
        found, is_whole = self._found(dataset.name, dataset.search)
        return Chosen(posts | found, is_whole)

    def _wrong_with(self, post_id: str) -> tuple[str, str]:
        if not post_id.startswith(f"{self._page_id}_"):
            right = f"remove it, or correct PageID: the ids of its posts begin with {self._page_id}_"
            return "belongs to another page than PageID", right
        is_known = PostLog(self._storage, self._page_id, post_id).state.created_at is not None
        if self._post(post_id) is None and not is_known:
            return "does not exist, or this page's token may not see it", "correct it, or remove it"
        return "", ""

    def _post(self, post_id: str) -> Post | None:
        """The post; None if it does not exist."""
        if post_id not in self._asked:
            try:
                self._asked[post_id] = _post(self._client.read_object(post_id, POST_FIELDS, endpoint="posts"))
            except GraphRefusedError as error:
                if not error.is_missing:
                    raise
                self._asked[post_id] = None
        return self._asked[post_id]

    def _found(self, name: str, search: FacebookSearch) -> tuple[dict[str, Post | None], bool]:
        document = StateDocument(
            self._storage, f"{RAW_STORE}/Facebook/{self._page_id}/searches/{name}/manifest.json", _Found()
        )
        asked = _Search(match=search.match, start=search.start_date, end=search.end_date)
        before = document.value.posts if document.value.search == asked else ()
        listed, is_whole = self._listed(search)
        posts = {post.id: post for post in listed}
        self._asked |= posts
        unlisted = {post_id: self._post(post_id) for post_id in before if post_id not in posts}
        found = _Found(search=asked, posts=tuple(sorted({*posts, *unlisted})))
        if found != document.value:
            document.replace(found)
        return {**posts, **unlisted}, is_whole

    def _listed(self, search: FacebookSearch) -> tuple[list[Post], bool]:
        pages = self._client.posts(
            self._page_id, since=search.start_date, until=search.end_date, fields=f"{POST_FIELDS},message"
        )
        posts: list[Post] = []
        is_whole = False
        for page in pages:
            posts += _matching(page.items, search)
            is_whole = page.is_last
        return posts, is_whole


def newest_first(posts: Iterable[tuple[str, datetime]]) -> list[str]:
    """Ids of posts by when they were published."""
    return [post_id for post_id, _ in sorted(posts, key=lambda post: (post[1], post[0]), reverse=True)]


def _matching(items: Iterable[Mapping[str, Any]], search: FacebookSearch) -> Iterator[Post]:
    """Posts whose text contains the search's text; a post without a text is left out."""
    for item in items:
        message, post = item.get("message"), _post(item)
        is_named = isinstance(message, str) and search.match in message
        if post is not None and is_named and search.start_date <= post.created_at < search.end_date:
            yield post


def _post(item: Mapping[str, Any]) -> Post | None:
    """A post as Meta gives it; None if it has no id or no time."""
    post_id, created = item.get("id"), item.get("created_time")
    try:
        created_at = datetime.fromisoformat(created) if isinstance(created, str) else None
    except ValueError:
        return None
    if not isinstance(post_id, str) or not _POST_ID.fullmatch(post_id) or created_at is None:
        return None
    return Post(post_id, created_at, kinds_of(item.get("attachments")), _total_count(item.get("comments")))


def _total_count(comments: Any) -> int | None:
    summary = comments.get("summary") if isinstance(comments, dict) else None
    total = summary.get("total_count") if isinstance(summary, dict) else None
    return total if type(total) is int else None
