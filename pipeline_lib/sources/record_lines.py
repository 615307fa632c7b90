"""The records of the raw store as JSON lines, whatever kind of record they are."""

from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

from pipeline_lib.errors import DataError, Problem

RecordT = TypeVar("RecordT", bound=msgspec.Struct)


class RecordLines(Generic[RecordT]):
    """One kind of record, as it is written to and read from lines.

    Args:
        kind: The records' class.
        name: What a record is of, for errors: `a comment`.
    """

    def __init__(self, kind: type[RecordT], name: str) -> None:
        self._encoder, self._decoder, self._name = msgspec.json.Encoder(), msgspec.json.Decoder(kind), name

    def encode(self, records: Sequence[RecordT]) -> bytes:
        """JSON lines."""
        return self._encoder.encode_lines(records)

    def decode(self, lines: bytes) -> list[RecordT]:
        """The records of JSON lines, in their order.

        Raises:
            DataError: A line is not such a record.
        """
        try:
            return self._decoder.decode_lines(lines)
        except msgspec.DecodeError:
            pass  # its message may quote what somebody wrote, and would stand in a traceback
        raise self._no_record()

    def decode_one(self, line: bytes) -> RecordT:
        """The record of one line.

        Raises:
            DataError: It is not such a record.
        """
        try:
            return self._decoder.decode(line)
        except msgspec.DecodeError:
            pass
        raise self._no_record()

    def _no_record(self) -> DataError:
        wrong = f"a line is not a record of {self._name}"
        return DataError(Problem("raw store", wrong, "restore the segment from a backup"))
