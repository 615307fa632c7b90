"""The stored records of runs, one JSON line each, and of runs that are set aside (sources.md A.4 to A.7)."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from pipeline_lib.errors import DataError, Problem

TextSource = Literal["input", "archive", "no answer", "all responses", "message", "value", "unresolved"]
"""The rung by which a text was found (see `texts`); `unresolved` until `texts.resolved` has looked for its message."""


class Result(msgspec.Struct, frozen=True, gc=False):
    """One answer; its `repr` shows no text."""

    key: str
    name: str | None
    category: str | None
    value: str | None
    text: str | None
    text_source: TextSource
    time: str

    def __repr__(self) -> str:
        return f"Result({self.key})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("key", self.key)]


class Record(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One run; its `repr` shows no text. Times are in UTC as Python's isoformat writes them, so that the texts sort."""

    run: str
    """RapidPro's uuid."""
    id: int | None
    """RapidPro's number; newer servers may give none."""
    contact: str
    """RapidPro's uuid of the contact who wrote."""
    participant: str
    urn_type: str
    operator: str
    """The mobile network, by the first digits of the number."""
    created_on: str
    modified_on: str
    exited_on: str | None
    exit_type: str | None
    values: list[Result]
    """In the server's order; empty if nothing was answered."""
    taken_out: list[str] = []
    """The kinds of words that were removed, one entry per removal: `exit types`, `categories`."""

    def __repr__(self) -> str:
        return f"Record({self.run})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("run", self.run)]


class Quarantined(NamedTuple):
    """A run that was set aside."""

    run: str
    """Its uuid; empty if it has none."""
    reason: str
    """A fixed sentence, without any value."""
    modified_on: str | None = None
    """Its version, as in a record; None if it cannot be read, or was not kept yet."""


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Record)


def encode_records(records: Sequence[Record]) -> bytes:
    """JSON lines."""
    return _ENCODER.encode_lines(records)


def decode_records(lines: bytes) -> list[Record]:
    """The records of JSON lines.

    Raises:
        DataError: A line is not a record.
    """
    try:
        return _DECODER.decode_lines(lines)
    except msgspec.DecodeError:
        raise _no_record() from None


def decode_record(line: bytes) -> Record:
    """The record of one line.

    Raises:
        DataError: It is not a record.
    """
    try:
        return _DECODER.decode(line)
    except msgspec.DecodeError:
        raise _no_record() from None


def _no_record() -> DataError:
    return DataError(Problem("raw store", "a line is not a record of a run", "restore the segment from a backup"))
