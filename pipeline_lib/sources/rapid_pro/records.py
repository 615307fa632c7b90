"""The stored records of runs, one JSON line each, and of runs that are set aside (sources.md A.4 to A.7)."""

from typing import Any, Literal, NamedTuple

import msgspec

from pipeline_lib.sources.record_lines import RecordLines

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


_LINES = RecordLines(Record, "a run")
encode_records, decode_records, decode_record = _LINES.encode, _LINES.decode, _LINES.decode_one
