"""The log of one post: what has been read of it, and with which permissions.

    state/raw/Facebook/<page id>/<post id>/manifest.json
    state/raw/Facebook/<page id>/<post id>/segments/<SHA-256 of the content>.jsonl

A post is read whole or not at all: a cursor of Meta's becomes invalid with the comment at which it stands, so none is
kept. A read names in one write all that it found, and what it did not find any more. A part holds the comments that a
read found new or changed: if a comment is in several parts, the last one counts.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Literal

from pydantic import ConfigDict, Field

from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.times import Instant
from pipeline_lib.sources.facebook.attachments import Kinds
from pipeline_lib.sources.facebook.records import Comment, Quarantined, decode_comments, encode_comments
from pipeline_lib.sources.raw_store import RAW_STORE
from pipeline_lib.sources.segments import Segments, StateDocument
from pipeline_lib.storage import Storage

READS_UNTIL_DELETED = 2
"""Complete reads in which a comment must be missing to count as deleted."""

_MANY_PARTS = 30


class _Document(Frozen):
    model_config = ConfigDict(alias_generator=None)


class Part(_Document):
    """Comments that one read found new or changed."""

    sha256: str
    comment_count: int
    added_at: Instant


class Missing(_Document):
    """A known comment that was missing from a read."""

    permissions: str = ""
    """The permissions of the reads that missed it, though reads with the same had found it before; else empty."""
    read_count: int = 0
    """Consecutive complete reads with these permissions that missed it; reads with others do not count."""


class PostState(_Document):
    """What is known of a post."""

    format: Literal[1] = 1
    created_at: Instant | None = None
    """When it was published; None before it was first read."""
    attachments: Kinds = Field(default_factory=list)
    parts: tuple[Part, ...] = ()
    """The current state, oldest first."""
    superseded: tuple[str, ...] = ()
    """Segments that no longer count since they were merged."""
    quarantined: tuple[Quarantined, ...] = ()
    permissions: str = ""
    """The permissions of the last read."""
    unseen: Mapping[str, tuple[str, ...]] = {}
    """By permissions: comments that no read with them has found. Such comments may exist without being shown."""
    missing: Mapping[str, Missing] = {}
    """Comments that were missing from the last complete read, by id; deleted ones included."""

    @property
    def deleted(self) -> frozenset[str]:
        """Comments that are gone for good."""
        return frozenset(each for each, missing in self.missing.items() if missing.read_count >= READS_UNTIL_DELETED)


class PostLog:
    """The log of one post."""

    def __init__(self, storage: Storage, page_id: str, post_id: str) -> None:
        self.post_id = post_id
        folder = f"{RAW_STORE}/Facebook/{page_id}/{post_id}"
        self._segments = Segments(storage, f"{folder}/segments")
        self._document = StateDocument(storage, f"{folder}/manifest.json", PostState())

    @property
    def state(self) -> PostState:
        """As of the last write."""
        return self._document.value

    def comments(self) -> dict[str, Comment]:
        """Every comment that was ever read, by id, in the order in which they were first seen.

        Raises:
            DataError: A segment was changed.
        """
        parts = (decode_comments(self._segments.read(part.sha256)) for part in self.state.parts)
        return {comment.id: comment for comments in parts for comment in comments}

    def add(self, changed: Iterable[Comment], **facts: object) -> None:
        """Name the comments that a read found new or changed, and what else it found.

        Args:
            changed: The comments.
            facts: The new values of the state's fields.

        Raises:
            StorageConflictError: Another fetch of the post was quicker.
        """
        comments = list(changed)
        parts = self.state.parts
        if comments:
            parts = (*parts, self._part(comments))
        superseded = self.state.superseded
        if len(parts) > _MANY_PARTS:
            former = {part.sha256 for part in parts}
            merged = {comment.id: comment for part in parts for comment in decode_comments(self._read(part))}
            parts = (self._part(list(merged.values())),)
            superseded = (*superseded, *sorted(former - {parts[0].sha256}))
        state = self.state.model_copy(update={**facts, "parts": parts, "superseded": superseded})
        if state != self.state:
            self._document.replace(state)

    def _read(self, part: Part) -> bytes:
        return self._segments.read(part.sha256)

    def _part(self, comments: list[Comment]) -> Part:
        sha256 = self._segments.add(encode_comments(comments))
        return Part(sha256=sha256, comment_count=len(comments), added_at=datetime.now(UTC))
