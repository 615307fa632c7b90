"""De-identified comments, as they are stored (sources.md D.1).

An author is kept as a participant uuid and nothing else: no id, no name, no mention. A comment's own id says nothing
about people: it is the post's number and its own.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from pipeline_lib.model.times import iso_utc
from pipeline_lib.sources.base import NO_UUID_YET, Participants
from pipeline_lib.sources.facebook.attachments import Kinds, kinds_of
from pipeline_lib.sources.record_lines import RecordLines

NO_AUTHOR = "Facebook does not tell who wrote it"
"""Why a comment without an author is set aside."""


class Edit(msgspec.Struct, gc=False):
    """A later text of a comment; its `repr` shows no text."""

    seen_at: str
    """When a fetch first saw it, in UTC."""
    message: str | UnsetType | None = UNSET

    def __repr__(self) -> str:
        return f"Edit({self.seen_at})"


class Comment(msgspec.Struct, gc=False, omit_defaults=True):
    """One comment, or an answer to one; its `repr` shows no text."""

    id: str
    created_at: str
    """In UTC as Python's isoformat writes it, so that the texts sort by time."""
    participant: str
    message: str | UnsetType | None = UNSET
    """Its text when a fetch first saw it; unset if Meta gave none."""
    parent: str | None = None
    """The comment that it answers; None if it answers the post."""
    attachments: Kinds = []
    by: Literal["person", "page", "unknown"] = "person"
    """Who wrote it: a person, the page itself, or somebody unknown, who may have written other comments too."""
    edits: list[Edit] = []
    """Its later texts, oldest first."""

    @property
    def newest_message(self) -> str | UnsetType | None:
        """Its newest text that a fetch has seen."""
        return self.edits[-1].message if self.edits else self.message

    def __repr__(self) -> str:
        return f"Comment({self.id})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("id", self.id)]


class Quarantined(NamedTuple):
    """A comment that was set aside."""

    comment: str
    """Its id; empty if it has none."""
    reason: str
    """A fixed sentence, without any value."""


class Deidentified(NamedTuple):
    """What became of comments, in their order."""

    comments: list[Comment]
    quarantined: list[Quarantined]


class Audience(NamedTuple):
    """How a page's comments name their authors."""

    page_id: str
    """The id of the page, whose own comments are not a person's."""
    are_known: bool
    """Whether comments without an author are set aside; else each is of a participant of its own."""


_LINES = RecordLines(Comment, "a comment")
encode_comments, decode_comments = _LINES.encode, _LINES.decode


def comments_of(
    items: Iterable[Any], participants: Participants, audience: Audience, known: Mapping[str, Comment]
) -> Deidentified:
    """Comments as Meta gives them, de-identified.

    Args:
        items: The comments of one post.
        participants: Called once, with each address once, unless there is none. Comments of authors that are not in its
            answer are set aside.
        audience: How the comments name their authors.
        known: Comments as they were read before, by id: an author who was named once stays known.
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
    """A comment after another read: the newest version, with its earlier texts.

    Args:
        old: The known comment; None for a new one.
        new: The comment as it was read.
        seen_at: When it was read, in UTC.
    """
    if old is None:
        return new
    edits = old.edits
    if new.message != old.newest_message:
        edits = [*edits, Edit(seen_at, new.message)]
    return msgspec.structs.replace(new, message=old.message, edits=edits)


def has_author(item: Any) -> bool:
    """Whether Meta says who wrote a comment."""
    author = item.get("from") if isinstance(item, dict) else None
    return isinstance(author, dict) and bool(author.get("id"))


def comment_id(item: Any) -> str:
    """A comment's id; empty if it has no valid one, since an invalid one may be anything."""
    given = item.get("id") if isinstance(item, dict) else None
    return given if isinstance(given, str) and _COMMENT_ID.fullmatch(given) else ""


def address_of_user(user_id: str) -> str:
    """The address of an account in the uuid table, which is that of RapidPro's `facebook:` URNs.

    Meta's ids of people are a page's own, and the same digits are the same account, in Messenger as under a post.
    """
    return f"facebook-{user_id}"


def address_of_comment(own_id: str) -> str:
    """The address in the uuid table of somebody who is known by one comment only."""
    return f"facebook-comment-{own_id}"


_COMMENT_ID = re.compile(r"[0-9]{1,25}(?:_[0-9]{1,25}){0,2}")
_USER_ID = re.compile(r"[1-9][0-9]{0,24}")


class _UnusableError(ValueError):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _comment(item: Any, audience: Audience, known: Comment | None) -> tuple[Comment, str]:
    """A comment and its author's address; the address is empty if the author is known already."""
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
    """The kind of the author, and their participant uuid or else their address in the uuid table.

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
