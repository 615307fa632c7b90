"""Comments that were deleted: their authors are queued as people to forget.

    state/forget/Facebook <page id>.json

A deleted comment is the only sign from Facebook that somebody takes back what they said. An answer is deleted with the
comment that it answers, whoever deleted that: in this case its own author has taken nothing back.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal

from pydantic import ConfigDict

from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.times import Instant
from pipeline_lib.sources.facebook.post_log import PostLog
from pipeline_lib.sources.facebook.records import Comment
from pipeline_lib.sources.forget_queues import TO_FORGET
from pipeline_lib.sources.segments import StateDocument
from pipeline_lib.storage import Storage


class _Document(Frozen):
    model_config = ConfigDict(alias_generator=None)


class Deleted(_Document):
    """A comment that was deleted."""

    comment: str
    """Its id."""
    noticed_at: Instant
    participants: tuple[str, ...]
    """The participant who wrote it."""


class ToForget(_Document):
    """The deleted comments of a page, in the order in which they were noticed."""

    format: Literal[1] = 1
    people: tuple[Deleted, ...] = ()


class ForgetQueue:
    """The queue of one page."""

    def __init__(self, storage: Storage, page_id: str) -> None:
        self._document = StateDocument(storage, f"{TO_FORGET}/Facebook {page_id}.json", ToForget())

    @property
    def participants(self) -> frozenset[str]:
        """Who is to be forgotten."""
        return frozenset(each for person in self._document.value.people for each in person.participants)

    def add(self, deleted: Iterable[Comment], noticed_at: datetime) -> int:
        """Add the authors of deleted comments; returns how many of the comments are new.

        Raises:
            StorageConflictError: Another fetch of the page was quicker.
        """
        people = self._document.value.people
        known = {person.comment for person in people}
        new = [
            Deleted(comment=comment.id, noticed_at=noticed_at, participants=(comment.participant,))
            for comment in deleted
            if comment.id not in known
        ]
        if new:
            self._document.replace(self._document.value.model_copy(update={"people": (*people, *new)}))
        return len(new)


def taken_back(log: PostLog) -> Iterator[Comment]:
    """The comments of a post that their authors deleted, as far as is known, except the page's own."""
    deleted = log.state.deleted
    if deleted:
        comments = log.comments()
        yield from (
            comments[each]
            for each in sorted(deleted)
            if each in comments and comments[each].by != "page" and not _went_with_parent(comments[each], log)
        )


def gone(comments: Mapping[str, Comment], log: PostLog) -> set[str]:
    """The comments of a post that no longer exist."""
    return {each for each in log.state.deleted if each in comments}


def _went_with_parent(comment: Comment, log: PostLog) -> bool:
    return comment.parent in log.state.missing
