"""Comments, de-identified: what is stored of them (sources.md D.1).

Of who wrote, a participant uuid is kept and nothing else: no id, no name, no mention. A comment's own id says nothing
of people: it is the post's number and its own.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.times import iso_utc
from pipeline_lib.sources.base import NO_UUID_YET
from pipeline_lib.sources.facebook.attachments import Kinds, kinds_of

Participants = Callable[[Collection[str]], Mapping[str, str]]
"""From addresses to participant uuids."""

NO_AUTHOR = "Facebook does not tell who wrote it"
"""Why a comment is set aside that has no author."""


class Edit(msgspec.Struct, gc=False):
    """What a comment said from some time on; its `repr` tells no text."""

    seen_at: str
    """When a fetch first saw it, in UTC."""
    message: str | UnsetType | None = UNSET

    def __repr__(self) -> str:
        return f"Edit({self.seen_at})"


class Comment(msgspec.Struct, gc=False, omit_defaults=True):
    """One comment, or an answer to one; its `repr` tells no text."""

    id: str
    created_at: str
    """In UTC as Python's isoformat writes it: as texts they sort."""
    participant: str
    message: str | UnsetType | None = UNSET
    """As it was when a fetch first saw it; unset where Meta gave none."""
    parent: str | None = None
    """The comment that it answers; None where it answers the post."""
    attachments: Kinds = []
    by: Literal["person", "page", "unknown"] = "person"
    """Who wrote it: somebody, the page itself, or somebody of whom it is not even known whether they wrote more."""
    edits: list[Edit] = []
    """What it said later, oldest first."""

    @property
    def newest_message(self) -> str | UnsetType | None:
        """What it says now, as far as fetches have seen."""
        return self.edits[-1].message if self.edits else self.message

    def __repr__(self) -> str:
        return f"Comment({self.id})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("id", self.id)]


class Quarantined(NamedTuple):
    """A comment that was set aside."""

    comment: str
    """Its id; empty where it has none."""
    reason: str
    """A fixed sentence, without any value."""


class Deidentified(NamedTuple):
    """What became of comments, in their order."""

    comments: list[Comment]
    quarantined: list[Quarantined]


class Audience(NamedTuple):
    """How authors are told of."""

    page_id: str
    """The page's, whose own comments are its."""
    are_known: bool
    """Whether comments without an author are set aside; else each is of a participant of its own."""


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Comment)


def encode_comments(comments: Sequence[Comment]) -> bytes:
    """JSON lines."""
    return _ENCODER.encode_lines(comments)


def decode_comments(lines: bytes) -> list[Comment]:
    """The comments of JSON lines.

    Raises:
        DataError: A line is no comment.
    """
    try:
        return _DECODER.decode_lines(lines)
    except msgspec.DecodeError:
        pass
    raise DataError(Problem("raw store", "a line is no record of a comment", "restore the segment from a backup"))


def comments_of(
    items: Iterable[Any], participants: Participants, audience: Audience, known: Mapping[str, Comment]
) -> Deidentified:
    """Comments as Meta gives them, de-identified.

    Args:
        items: Of one post.
        participants: Called once, with each address once, unless there is none. Who is not in its answer is set aside.
        audience: How authors are told of.
        known: Comments as they were read before, by id: who wrote one stays known, once it was told.
    """
    quarantined: list[Quarantined] = []
    read: list[tuple[Comment, str]] = []
    for item in items:
        try:
            read.append(_comment(item, audience, known.get(comment_id(item))))
        except _UnusableError as error:
            quarantined.append(Quarantined(comment_id(item), error.reason))
    addresses = list(dict.fromkeys(address for _, address in read if address))
    uuids = participants(addresses) if addresses else {}
    comments = []
    for comment, address in read:
        comment.participant = uuids.get(address, comment.participant)
        if comment.participant:
            comments.append(comment)
        else:
            quarantined.append(Quarantined(comment.id, NO_UUID_YET))
    return Deidentified(comments, quarantined)


def merged(old: Comment | None, new: Comment, seen_at: str) -> Comment:
    """A comment as it is known after another read: the newest version, with what it said before.

    Args:
        old: As it was known; None for a new one.
        new: As it was read.
        seen_at: When, in UTC.
    """
    if old is None:
        return new
    edits = old.edits
    if new.message != old.newest_message:
        edits = [*edits, Edit(seen_at, new.message)]
    return msgspec.structs.replace(new, message=old.message, edits=edits)


def has_author(item: Any) -> bool:
    """Whether Meta tells who wrote a comment."""
    author = item.get("from") if isinstance(item, dict) else None
    return isinstance(author, dict) and bool(author.get("id"))


def comment_id(item: Any) -> str:
    """A comment's id; empty where it has none, since what else stands there may be anything."""
    given = item.get("id") if isinstance(item, dict) else None
    return given if isinstance(given, str) and _COMMENT_ID.fullmatch(given) else ""


def address_of_user(user_id: str) -> str:
    """By what the uuid table knows an account: RapidPro's `facebook:` URNs are the same.

    Meta's ids of people are a page's own, and the same digits are the same account, in Messenger as under a post.
    """
    return f"facebook-{user_id}"


def address_of_comment(own_id: str) -> str:
    """By what the uuid table knows somebody of whom one comment is known and nothing else."""
    return f"facebook-comment-{own_id}"


_COMMENT_ID = re.compile(r"[0-9]{1,25}(?:_[0-9]{1,25}){0,2}")
_USER_ID = re.compile(r"[1-9][0-9]{0,24}")


class _UnusableError(ValueError):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _comment(item: Any, audience: Audience, known: Comment | None) -> tuple[Comment, str]:
    """A comment, and the address of who wrote it; empty where it is known already who that is."""
    if not isinstance(item, dict):
        raise _UnusableError("comment is no object")
    own_id = comment_id(item)
    if not own_id:
        raise _UnusableError("comment has no id: Meta shows ids to tokens of people with the task MODERATE on the page")
    message, attachments = _message(item), kinds_of(item.get("attachment") or item.get("attachments"))
    if not isinstance(message, str) and not attachments:
        raise _UnusableError("comment has neither a message nor an attachment")
    by, participant, address = _author(item, own_id, audience, known)
    parent = item.get("parent")
    parent_id = comment_id(parent)
    if parent and not parent_id:
        raise _UnusableError("comment answers something without an id")
    comment = Comment(
        id=own_id,
        created_at=_time(item.get("created_time")),
        participant=participant,
        message=message,
        parent=parent_id or None,
        attachments=attachments,
        by=by,
    )
    return comment, address


def _author(
    item: Mapping[str, Any], own_id: str, audience: Audience, known: Comment | None
) -> tuple[Literal["person", "page", "unknown"], str, str]:
    """Who wrote: of what kind, and their participant uuid, or else the address by which the uuid table knows them.

    The address is that of RapidPro's `facebook:` URNs, `facebook-<id>`: Meta's ids of people are a page's own, and the
    same digits are the same account, in Messenger as under a post.
    """
    user = item["from"]["id"] if has_author(item) else None
    if user is not None and not (isinstance(user, str) and _USER_ID.fullmatch(user)):
        raise _UnusableError("author's id is no number")
    is_page = user == audience.page_id
    if not audience.are_known:
        return "page" if is_page else "unknown", "", address_of_comment(own_id)
    if user is not None:
        return "page" if is_page else "person", "", address_of_user(user)
    if known is not None and known.by != "unknown":
        return known.by, known.participant, ""
    raise _UnusableError(NO_AUTHOR)


def _message(item: Mapping[str, Any]) -> str | UnsetType | None:
    message = item.get("message", UNSET)
    if message is None or message is UNSET:
        return message
    if not isinstance(message, str):
        raise _UnusableError("message is no text")
    try:
        message.encode()
    except UnicodeEncodeError:
        pass
    else:
        return message
    raise _UnusableError("message is not valid Unicode")


def _time(given: Any) -> str:
    try:
        time = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise _UnusableError("comment has no time that can be read")
    return iso_utc(time)
