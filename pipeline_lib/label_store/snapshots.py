"""A segment's messages as they were last read from Firestore, kept in the project's state.

    state/coda/<dataset>/<segment>.jsonl     a head; all ids; then a document a line, in the order of sequence numbers

The head is enough to query for changes, and the head and the ids are enough to add messages, so that the documents of
an unchanged segment need not be read.
"""

import base64
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.label_store.layout import Segment

OVERLAP = timedelta(minutes=10)
"""How long after its stamp a write may become visible in Firestore."""

COPY_SUFFIX = ".jsonl"

_TIE = timedelta(seconds=5)
"""Stamps younger than this at a reading may also be given to later writes: stamps are to the millisecond."""


class Document(NamedTuple):
    """A message's document."""

    document_id: str
    changed_at: str
    """When it was last written, by Firestore's own account: ISO, to the microsecond."""
    stamped_at: str | None
    """Its LastUpdated if that is a time, not a text: ISO, to the microsecond."""
    made_at: str
    """When it was first written, by Firestore's own account: ISO, to the microsecond."""
    message: Any
    """As JSON has it."""

    @property
    def sequence_number(self) -> int | None:
        """The message's number; None if it is missing or invalid."""
        number = self.message.get("SequenceNumber")
        return number if isinstance(number, int) and not isinstance(number, bool) else None

    @property
    def order(self) -> tuple[bool, int, str]:
        """By sequence number; those without one stand at the end, by id."""
        number = self.sequence_number
        return number is None, number or 0, self.document_id


class Head(BaseModel):
    """What is known of a segment as a whole."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    format: Literal[1, 2] = 2
    """In version 1, documents do not say when they were made."""
    firebase_project: str
    dataset_made_at: AwareDatetime | None = None
    """When the segment's dataset was made: another one of the same name may have replaced it."""
    read_at: AwareDatetime
    """The server's time just before the last query for changes."""
    counted_at: AwareDatetime
    """The server's time when its documents were last counted, or all read."""
    reconciled_at: AwareDatetime
    """The server's time when it was last compared with the list of all its documents."""
    document_count: int
    greatest_number: int | None
    """The greatest SequenceNumber."""
    newest: AwareDatetime | None
    """The greatest stamp."""
    stamps: dict[AwareDatetime, int]
    """The number of documents by stamp, for stamps from `since` on: late writes may still appear among them."""

    @property
    def since(self) -> datetime | None:
        """The copy has all documents stamped until then; None if there is no stamp at all."""
        return min(self.newest, self.read_at) - OVERLAP if self.newest is not None else None

    @property
    def recent_stamps(self) -> list[datetime]:
        """Stamps so young that later writes may have the same ones."""
        return [stamp for stamp in self.stamps if stamp > self.read_at - _TIE]


class Copy(NamedTuple):
    """A segment's documents."""

    head: Head
    documents: dict[str, Document]
    """By id."""


def copied(documents: dict[str, Document], known: Head) -> Copy:
    """A copy of these documents; its head is a known one, with the values that depend on the documents updated."""
    stamps = [datetime.fromisoformat(each.stamped_at) for each in documents.values() if each.stamped_at is not None]
    numbers = [number for each in documents.values() if (number := each.sequence_number) is not None]
    greatest = {"greatest_number": max(numbers, default=None), "newest": max(stamps, default=None)}
    head = known.model_copy(update={"document_count": len(documents), **greatest, "stamps": {}})
    since = head.since
    counts = Counter(stamp for stamp in stamps if since is not None and stamp > since)
    return Copy(head.model_copy(update={"stamps": dict(sorted(counts.items()))}), documents)


def file_name(segment: Segment) -> str:
    """Where a segment's copy lies in the project's storage."""
    return f"state/coda/{segment.dataset}/{segment.name}{COPY_SUFFIX}"


def written(copy: Copy) -> bytes:
    """A copy as a file's content."""
    ordered = sorted(copy.documents.values(), key=lambda document: document.order)
    ids = orjson.dumps([document.document_id for document in ordered])
    lines = (orjson.dumps(tuple(document), default=_as_json) for document in ordered)
    return b"\n".join([copy.head.model_dump_json().encode(), ids, *lines, b""])


def head_of(content: bytes, place: str) -> Head:
    """The head of a file's content.

    Raises:
        DataError: It has no valid head.
    """
    first, _, _ = content.partition(b"\n")
    try:
        return Head.model_validate_json(first)
    except ValidationError:
        raise DataError(_unreadable(place)) from None


def ids_of(content: bytes, place: str) -> list[str]:
    """The ids of all documents of a file's content.

    Raises:
        DataError: It is not a copy.
    """
    _, _, rest = content.partition(b"\n")
    line, _, _ = rest.partition(b"\n")
    ids = _loaded(line)
    if not isinstance(ids, list):
        raise DataError(_unreadable(place))
    return ids


def read_copy(content: bytes, place: str) -> Copy:
    """The copy that a file holds.

    Raises:
        DataError: It is not a copy.
    """
    head = head_of(content, place)
    documents = {document.document_id: document for document in read_documents(content.splitlines(), place)}
    if len(documents) != head.document_count:
        raise DataError(_unreadable(place))
    return Copy(head, documents)


def read_documents(lines: Iterable[bytes], place: str) -> Iterator[Document]:
    """The documents of a file's lines.

    Raises:
        DataError: A line is not a document.
    """
    for line in itertools.islice(lines, 2, None):
        fields = _loaded(line)
        is_whole = isinstance(fields, list) and len(fields) == len(Document._fields) and isinstance(fields[-1], dict)
        if not is_whole:
            raise DataError(_unreadable(place))
        yield Document(*fields)


def _loaded(line: bytes) -> Any:
    """The value of a line; None if it is not JSON."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _unreadable(place: str) -> Problem:
    return Problem(place, "is not a copy of a segment", "remove it: the next pull reads the segment again")


def _as_json(value: Any) -> Any:
    """The JSON for a value of a type that only Firestore has; Coda itself writes no such values."""
    match value:
        case datetime():
            return value.isoformat(timespec="microseconds")
        case bytes():
            return base64.b64encode(value).decode()
    return str(value)
