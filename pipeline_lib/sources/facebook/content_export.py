"""Meta Business Suite's export of a page's content: figures of posts without the API (sources.md D.5).

It is made by hand, in English, with the figures of each post's lifetime. It has posts, but no comments.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import polars as pl

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.facebook_metrics import ENGAGED_USERS, IMPRESSIONS, UNIQUE_IMPRESSIONS
from pipeline_lib.sources.base import BadLine, problems_of
from pipeline_lib.sources.facebook.metrics_file import (
    CREATED,
    REACTIONS,
    TEXT,
    TOTAL,
    TYPE,
    PostMetrics,
    is_post_url,
    url_of_post,
)
from pipeline_lib.sources.files.csv_rows import LINE, read_rows
from pipeline_lib.sources.files.spreadsheet_cells import as_typed, instants, rounded

_NEEDED = ("Post ID", "Page ID", "Publish time", "Permalink", "Post type")
_FIGURES: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType({
    IMPRESSIONS: (
        ("Impressions", ""),
        ("Views", "counted are views, since Meta counts no impressions any more"),
    ),
    UNIQUE_IMPRESSIONS: (("Reach", ""), ("Viewers", "counted are viewers, since Meta counts no reach any more")),
    TOTAL: (("Comments", ""),),
    REACTIONS: (("Reactions", ""),),
})  # fmt: skip
"""By our column: the export's columns that may fill it, each with its note. The first one in the export is used."""
_TEXTS = ("Description", "Title")
"""The columns of a post's text: a video's description, a picture's title."""
_KINDS = MappingProxyType({"Photos": "photo", "Videos": "video_inline", "Reels": "video_inline", "Links": "share"})
"""By Meta's word for a post's type: the API's kind of attachment for it."""
_TYPES = MappingProxyType({"photo": "photo", "video_inline": "video", "share": "share"})
_TIME_FORMATS = ("%m/%d/%Y %H:%M",)

_NOT_THERE = "no export of the page's content tells of this post"
_NO_COLUMN = "the export of the page's content has no such figure"
_NO_TIME = "the export of the page's content has no time there such as 09/06/2025 13:01"
_NO_NUMBER = "the export of the page's content has no number there"


class ContentPost(NamedTuple):
    """One post of an export."""

    url: str
    """Empty if the export has none."""
    created_at: str
    """In UTC; empty if the time cannot be read."""
    kind: str
    """The kind of its attachment; empty if it has none or one of an unknown kind."""
    figures: Mapping[str, str | int]
    """By column of the metrics."""
    notes: Mapping[str, str]


class Content(NamedTuple):
    """The posts of a page in exports."""

    posts: Mapping[str, ContentPost]
    """By id, `<page>_<post>`."""
    problems: tuple[Problem, ...]
    """What is wrong with rows that could not be used."""


def read_content(files: Iterable[tuple[str, bytes]], page_id: str, timezone: str) -> Content:
    """The posts of exports; a post in several is as in the last one.

    Args:
        files: Each with its name for errors, the newest last.
        page_id: The page's; rows of other pages are left out.
        timezone: The time zone of the account that exported.
    """
    posts: dict[str, ContentPost] = {}
    problems: list[Problem] = []
    for place, content in files:
        try:
            found, bad_lines = _posts(place, content, page_id, timezone)
        except DataError as error:
            problems += error.problems
            continue
        posts |= found
        problems += problems_of(bad_lines, place, noun="rows")
    return Content(posts, tuple(problems))


def metrics_of(content: Content, post_id: str, page_id: str, dataset: str, visible_comment_count: int) -> PostMetrics:
    """The metrics of one post; figures that no export has are empty and noted."""
    post = content.posts.get(post_id)
    if post is None:
        notes = dict.fromkeys((CREATED, TEXT, TYPE, *_FIGURES, ENGAGED_USERS), _NOT_THERE)
        return PostMetrics(page_id, dataset, url_of_post(post_id), "", visible_comment_count, {}, notes)
    return PostMetrics(
        page_id,
        dataset,
        post.url or url_of_post(post_id),
        post.created_at,
        visible_comment_count,
        post.figures,
        post.notes,
    )


def _posts(place: str, content: bytes, page_id: str, timezone: str) -> tuple[dict[str, ContentPost], list[BadLine]]:
    optional = [*_TEXTS, *(title for titles in _FIGURES.values() for title, _ in titles)]
    rows, bad_lines = read_rows(content, place, _NEEDED, optional)
    rows = rows.with_columns(as_typed("Post ID"), as_typed("Page ID"))
    rows = rows.with_columns(
        created_at=instants(rows["Publish time"], _TIME_FORMATS, timezone),
        fault=pl.coalesce(rounded("Post ID", "Post ID"), rounded("Page ID", "Page ID")),
    )
    bad_lines += [BadLine(*row) for row in rows.drop_nulls("fault").select(LINE, "fault").iter_rows()]
    posts: dict[str, ContentPost] = {}
    for row in rows.filter(pl.col("fault").is_null(), pl.col("Page ID") == page_id).to_dicts():
        post_id = f"{page_id}_{row['Post ID'].rpartition('_')[2]}"
        if post_id in posts:
            right = "export the figures of the posts' lifetime, which have one row per post"
            raise DataError(Problem(f"{place}: line {row[LINE]}", "has a post again, as of another day", right))
        posts[post_id] = _post(row)
    return posts, bad_lines


def _post(row: Mapping[str, str | None]) -> ContentPost:
    figures: dict[str, str | int] = {}
    notes: dict[str, str] = {ENGAGED_USERS: _NO_COLUMN}
    for column, titles in _FIGURES.items():
        title, note = next(((title, note) for title, note in titles if title in row), ("", _NO_COLUMN))
        written = (row.get(title) or "").strip().replace(",", "")
        if written.isascii() and written.isdecimal():
            figures[column] = int(written)
        elif title:
            note = _NO_NUMBER
        notes |= {column: note} if note else {}
    if row["created_at"] is None:
        notes[CREATED] = _NO_TIME
    kind = _KINDS.get((row["Post type"] or "").strip(), "")
    figures[TYPE] = _TYPES.get(kind, "other")
    figures[TEXT] = next((text for title in _TEXTS if (text := (row.get(title) or "").strip())), "")
    permalink = (row["Permalink"] or "").strip()
    url = permalink if is_post_url(permalink) else ""
    return ContentPost(url, row["created_at"] or "", kind, figures, notes)
