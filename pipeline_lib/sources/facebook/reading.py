"""Reading the comments of one post into its log."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from pipeline_lib.model.times import iso_utc
from pipeline_lib.sources.base import Participants
from pipeline_lib.sources.facebook.attachments import Kinds, unknown_count
from pipeline_lib.sources.facebook.client import Page
from pipeline_lib.sources.facebook.post_log import READS_UNTIL_DELETED, Missing, PostLog, PostState
from pipeline_lib.sources.facebook.records import (
    Audience,
    Comment,
    Quarantined,
    comment_id,
    comments_of,
    has_author,
    merged,
)

_MOST_PAGES_OF_KNOWN = 2
"""Pages in a row on which there is nothing new: Meta has been seen to give the same page for ever."""


class CommentsListing(Protocol):
    """The part of the client that this module needs."""

    def comments(self, post_id: str) -> Iterable[Page]:
        """Pages of comments, answers included."""


class Post(NamedTuple):
    """An existing post."""

    id: str
    created_at: datetime
    attachments: Kinds
    total_count: int | None
    """Comments by Meta's own count, including those that it does not show; None if it gives no count."""


@dataclass(frozen=True)
class Reader:
    """How posts are read."""

    listing: CommentsListing
    participants: Participants
    audience: Audience
    scopes: str
    """The token's scopes, as far as they are known: with others, Meta may show fewer comments."""
    now: datetime


class Read(NamedTuple):
    """The result of reading a post."""

    page_count: int
    comment_count: int
    """Comments that are shown, each once."""
    new_count: int
    edited_count: int
    unknown_attachment_count: int
    """Attachments of unknown kinds, of the post and of its new comments."""
    is_whole: bool
    """Whether the list of comments was read to its end, rather than looping."""


def read_post(log: PostLog, post: Post, reader: Reader) -> Read:
    """Read all comments of a post, and name in one write what has changed since the last time.

    Raises:
        SourceError: Meta does not answer to the end, or refuses; the log stays as it is.
        StorageConflictError: Another fetch of the post was quicker.
    """
    known, before = log.comments(), log.state
    now = dict(known)
    quarantined: dict[str, Quarantined] = {}
    nameless: list[Quarantined] = []
    seen: set[str] = set()
    authors: set[bool] = set()
    page_count = stale_count = 0
    is_whole = False
    for page in reader.listing.comments(post.id):
        page_count += 1
        is_whole = page.is_last
        ids = {comment_id(item) for item in page.items}
        stale_count = stale_count + 1 if page.items and ids <= seen else 0
        if stale_count == _MOST_PAGES_OF_KNOWN:
            is_whole = False
            break
        fresh = [item for item in page.items if comment_id(item) not in seen or not comment_id(item)]
        seen |= ids
        authors |= {has_author(item) for item in fresh if not _is_by_page(item, reader.audience)}
        found = comments_of(fresh, reader.participants, reader.audience, known)
        for comment in found.comments:
            now[comment.id] = merged(known.get(comment.id), comment, iso_utc(reader.now))
        quarantined |= {each.comment: each for each in found.quarantined if each.comment}
        nameless += [each for each in found.quarantined if not each.comment]
    changed = [comment for comment in now.values() if known.get(comment.id) != comment]
    permissions = _permissions(reader.scopes, authors, before.permissions)
    unseen = _unseen(before.unseen, permissions, known.keys(), seen & now.keys())
    missing = {each: before.missing.get(each, Missing()) for each in sorted(known.keys() - seen)}
    if is_whole and not (post.total_count and not seen and known):
        missing = {each: _missed(before, permissions, each in unseen[permissions]) for each, before in missing.items()}
    log.add(
        changed,
        created_at=post.created_at,
        attachments=post.attachments,
        quarantined=(*_set_aside(before, quarantined, seen, is_whole=is_whole), *nameless),
        permissions=permissions,
        unseen=unseen,
        missing={each: missed for each, missed in missing.items() if missed.read_count},
    )
    new = [comment for comment in changed if comment.id not in known]
    return Read(
        page_count=page_count,
        comment_count=len(seen - {""}) + len(nameless),
        new_count=len(new),
        edited_count=sum(_is_edited(comment, known) for comment in changed),
        unknown_attachment_count=unknown_count(post.attachments) + sum(unknown_count(c.attachments) for c in new),
        is_whole=is_whole,
    )


def _is_by_page(item: Any, audience: Audience) -> bool:
    """Whether the page wrote it; Meta always names the page as an author."""
    return has_author(item) and item["from"]["id"] == audience.page_id


def _is_edited(comment: Comment, known: Mapping[str, Comment]) -> bool:
    return comment.id in known and len(comment.edits) > len(known[comment.id].edits)


def _set_aside(
    before: PostState, quarantined: Mapping[str, Quarantined], seen: set[str], *, is_whole: bool
) -> tuple[Quarantined, ...]:
    """Comments that are set aside now: those of this read and, if it was incomplete, earlier ones that it missed."""
    kept = () if is_whole else (each for each in before.quarantined if each.comment and each.comment not in seen)
    return (*kept, *quarantined.values())


def _permissions(scopes: str, authors: set[bool], before: str) -> str:
    """The permissions of a read: the token's scopes, and whether Meta named people as authors.

    If nobody but the page has commented, the latter stays as it was before.
    """
    if authors:
        told = "authors shown" if True in authors else "authors not shown"
    else:
        told = before.partition("; ")[2] or "authors not shown"
    return f"{scopes}; {told}"


def _unseen(
    before: Mapping[str, tuple[str, ...]], permissions: str, known: AbstractSet[str], seen: AbstractSet[str]
) -> dict[str, tuple[str, ...]]:
    """The comments that no read with some permissions has found, after a read with these ones."""
    unseen = {each: {*comments, *(seen - known)} for each, comments in before.items()}
    unseen.setdefault(permissions, set(known))
    unseen[permissions] -= seen
    return {each: tuple(sorted(comments)) for each, comments in unseen.items()}


def _missed(before: Missing, permissions: str, was_never_seen: bool) -> Missing:  # noqa: FBT001 - of one comment
    """The state of a missing comment after another complete read without it."""
    if was_never_seen or before.read_count == READS_UNTIL_DELETED:
        return before
    if before.permissions == permissions:
        return before.model_copy(update={"read_count": before.read_count + 1})
    return Missing(permissions=permissions, read_count=1)
