"""The objects of the raw data files, found again by their place."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from pipeline_lib.exports.traced.parts import Part, Signature
from pipeline_lib.processing.raw_data import received_before
from pipeline_lib.trace.history import Update, encoded
from pipeline_lib.trace.reader import latest_items


class RawObjects:
    """One raw data file, read again object by object."""

    def __init__(self, path: Path, as_of: datetime | None, signature: Signature) -> None:
        self._file = path.open("rb")
        self._as_of = as_of
        self._signature = signature
        self._offsets = list(_offsets(path))

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def parts(self, row: int) -> list[Part]:
        """What fetching recorded of an object; what came too late for the run is left out."""
        self._file.seek(self._offsets[row])
        written = orjson.loads(self._file.readline())
        if isinstance(written, dict):
            return [self._signature.part("fetch", received_before(written, self._as_of))]
        return [self._part(update) for update in reversed(written)]

    def _part(self, update: dict[str, Any]) -> Part:
        items = latest_items([update])
        data = received_before(items, self._as_of)
        return Part(0, Update(encoded(data), encoded(update["Metadata"])), tuple(data))


def _offsets(path: Path) -> Iterator[int]:
    """Where each object's line begins."""
    offset = 0
    with path.open("rb") as lines:
        for line in lines:
            if not line.isspace():
                yield offset
            offset += len(line)
