"""The objects of the raw data files, found again by their place."""

import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.exports.traced.updates import Part, Signature
from pipeline_lib.input_files import open_input
from pipeline_lib.model.lenient_json import is_nested_too_deeply, parse_as_python, repaired
from pipeline_lib.processing.text_limit import cut_off
from pipeline_lib.processing.time_of_receipt import received_before
from pipeline_lib.sources.files.kept_fields import is_harmless
from pipeline_lib.trace.history import HIDDEN_VALUE, Update, encoded
from pipeline_lib.trace.reader import latest_items

_OF_A_COMMENT = re.compile(r".+\.(from|parent)")
"""Who wrote a comment, by their account; and the comment that it answers, with its writer's name and words."""

Items = dict[str, Any]

TEXTS_CUT = "texts_cut"
"""Key that lists the fields that were cut off, and how many bytes they had before."""


@dataclass(frozen=True)
class Shown:
    """How much of an object is shown."""

    as_of: datetime | None
    text_limit_bytes: int | None
    known_fields: frozenset[str] = frozenset()
    """Those that the project reads; others are left out where they hold an address."""
    as_predecessor: bool = False


class RawObjects:
    """One raw data file, read again object by object."""

    def __init__(self, path: Path, how: Shown, signature: Signature) -> None:
        self._name = path.name
        self._file = open_input(path)
        self._how = how
        self._signature = signature
        self._offsets = list(_offsets(path))

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def parts(self, row: int) -> list[Part]:
        """What fetching recorded of an object; what came too late for the run is left out.

        Raises:
            DataError: The file has been changed since it was processed.
        """
        self._file.seek(self._offsets[row])
        written = _read(self._file.readline(), f"{self._name}: object {row + 1}")
        if isinstance(written, dict):
            return [self._signature.part("fetch", self._shown(written, self._late(written)))]
        late = self._late(latest_items(written))  # of all updates, since one may set an answer and another its time
        return [self._part(update, late) for update in reversed(written)]

    def _part(self, update: dict[str, Any], late: Collection[str]) -> Part:
        nested = (update.get("NestedTracedData") or {}).values()
        items = {key: value for other in nested for key, value in latest_items(other).items()} | update["Data"]
        data = self._shown(items, late)
        if not isinstance(update.get("Metadata"), dict):
            return self._signature.part("fetch", data)
        hidden = tuple(key for key, value in data.items() if value == HIDDEN_VALUE)
        return Part(0, Update(encoded(data), encoded(self._metadata(update["Metadata"]))), tuple(data), hidden)

    def _metadata(self, written: dict[str, Any]) -> dict[str, Any]:
        """Who set something, how and when; users may be e-mail addresses, but no numbers."""
        if self._how.as_predecessor:
            return written
        return {key: value if is_harmless(key, str(value).replace("@", " ")) else "" for key, value in written.items()}

    def _late(self, items: Items) -> frozenset[str]:
        return frozenset(items.keys() - received_before(items, self._how.as_of).keys())

    def _shown(self, items: Items, late: Collection[str]) -> Items:
        kept = {key: value for key, value in items.items() if key not in late and not is_nested_too_deeply(value)}
        if self._how.as_predecessor:
            return kept
        own, byte_counts = _cut(_of_the_writer_alone(kept), self._how.text_limit_bytes)
        shown = {key: value for key, value in own.items() if key in self._how.known_fields or is_harmless(key, value)}
        told = {key: byte_counts[key] for key in byte_counts if key in shown}
        return shown | ({TEXTS_CUT: told} if told else {})


def _read(line: bytes, place: str) -> Any:
    """A line's object. Values that cannot be stored, which processing mends or skips too, are replaced."""
    try:
        return msgspec.json.decode(line)
    except (ValueError, RecursionError):
        pass
    for each in (line, line.decode("utf-8", "replace").encode()):
        with suppress(ValueError, RecursionError):
            return repaired(parse_as_python(each), Counter())
    raise DataError(Problem(place, "is no complete JSON", "process the raw data again"))


def _cut(items: Items, limit_bytes: int | None) -> tuple[Items, dict[str, int]]:
    """An object with its texts cut to the limit, and how many bytes the longer ones had, by their keys."""
    if limit_bytes is None:
        return items, {}
    byte_counts = {
        key: byte_count
        for key, value in items.items()
        if isinstance(value, str) and 4 * len(value) > limit_bytes
        if (byte_count := len(value.encode())) > limit_bytes
    }
    return items | {key: cut_off(items[key], limit_bytes) for key in byte_counts}, byte_counts


def _of_the_writer_alone(items: Items) -> Items:
    """An object without accounts, and without the names and words of others, since those may have withdrawn."""
    own = dict(items)
    for key, value in items.items():
        found = _OF_A_COMMENT.fullmatch(key)
        if found and isinstance(value, dict):
            del own[key]
            if found[1] == "parent":
                own[key] = {"id": value["id"]} if "id" in value else {}
    return own


def _offsets(path: Path) -> Iterator[int]:
    """Where each object's line begins."""
    with open_input(path) as lines:
        offset = len(BOM_UTF8) if lines.read(len(BOM_UTF8)) == BOM_UTF8 else 0
        lines.seek(offset)
        for line in lines:
            if not line.isspace():
                yield offset
            offset += len(line)
