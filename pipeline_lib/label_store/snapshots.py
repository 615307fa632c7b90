"""A segment's messages as they were last read from Firestore, kept in the project's state.

    state/coda/<dataset>/<segment>.jsonl     a head; all ids; then a document a line, in the order of sequence numbers

The head knows all that is needed to ask for changes, and with the ids to add messages, so that a segment of which
nothing has changed is not looked through.
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
"""How long a write may take to be seen, counted from the time that Firestore stamps it with."""

COPY_SUFFIX = ".jsonl"

_TIE = timedelta(seconds=5)
"""How long before a reading a stamp may be one that a later write was given too: stamps are to the millisecond."""


class Document(NamedTuple):
    """A message's document."""

    document_id: str
    changed_at: str
    """When it was last written, by Firestore's own account: ISO, to the microsecond."""
    stamped_at: str | None
    """Its LastUpdated where that is a time, not a text: ISO, to the microsecond."""
    made_at: str
    """When it was first written, by Firestore's own account: ISO, to the microsecond."""
    message: Any
    """As JSON has it."""

    @property
    def sequence_number(self) -> int | None:
        """None where there is none, or something else in its place."""
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
    """1: its documents do not say when they were made."""
    firebase_project: str
    dataset_made_at: AwareDatetime | None = None
    """When the dataset was made that the segment is of: another one of its name may have taken its place."""
    read_at: AwareDatetime
    """The server's time before it was last asked for changes."""
    counted_at: AwareDatetime
    """The server's time when its documents were last counted, or all read."""
    reconciled_at: AwareDatetime
    """The server's time when it was last held against the list of all its documents."""
    document_count: int
    greatest_number: int | None
    """The greatest SequenceNumber."""
    newest: AwareDatetime | None
    """The greatest stamp."""
    stamps: dict[AwareDatetime, int]
    """How many documents have each of the stamps that a late write may still come before, `since` on."""

    @property
    def since(self) -> datetime | None:
        """All that was stamped until then is in the copy; None: there is no stamp at all."""
        return min(self.newest, self.read_at) - OVERLAP if self.newest is not None else None

    @property
    def recent_stamps(self) -> list[datetime]:
        """Stamps so young that others may have been given the same ones after the reading."""
        return [stamp for stamp in self.stamps if stamp > self.read_at - _TIE]


class Copy(NamedTuple):
    """A segment's documents."""

    head: Head
    documents: dict[str, Document]
    """By id."""


def copied(documents: dict[str, Document], known: Head) -> Copy:
    """A copy of these documents, with a head like a known one but for what follows from the documents."""
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
        DataError: It has none.
    """
    first, _, _ = content.partition(b"\n")
    try:
        return Head.model_validate_json(first)
    except ValidationError:
        raise DataError(_unreadable(place)) from None


def ids_of(content: bytes, place: str) -> list[str]:
    """The ids of all documents of a file's content.

    Raises:
        DataError: It is no copy.
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
        DataError: It is none.
    """
    head = head_of(content, place)
    documents = {document.document_id: document for document in read_documents(content.splitlines(), place)}
    if len(documents) != head.document_count:
        raise DataError(_unreadable(place))
    return Copy(head, documents)


def read_documents(lines: Iterable[bytes], place: str) -> Iterator[Document]:
    """The documents of a file's lines.

    Raises:
        DataError: A line is none.
    """
    for line in itertools.islice(lines, 2, None):
        fields = _loaded(line)
        is_whole = isinstance(fields, list) and len(fields) == len(Document._fields) and isinstance(fields[-1], dict)
        if not is_whole:
            raise DataError(_unreadable(place))
        yield Document(*fields)


def _loaded(line: bytes) -> Any:
    """What a line says; None where it is no JSON."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _unreadable(place: str) -> Problem:
    return Problem(place, "is no copy of a segment", "remove it: the next pull reads the segment anew")


def _as_json(value: Any) -> Any:
    """What JSON has instead of a value that only Firestore has; Coda itself writes none of these."""
    match value:
        case datetime():
            return value.isoformat(timespec="microseconds")
        case bytes():
            return base64.b64encode(value).decode()
    return str(value)
