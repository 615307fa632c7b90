"""The objects of the raw data files, found again by their place."""

import re
from codecs import BOM_UTF8
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from pipeline_lib.exports.traced.parts import Part, Signature
from pipeline_lib.processing.raw_data import received_before
from pipeline_lib.processing.raw_objects import problem_of
from pipeline_lib.sources.kept_fields import is_harmless
from pipeline_lib.trace.history import HIDDEN_VALUE, Update, encoded
from pipeline_lib.trace.reader import latest_items

_OF_A_COMMENT = re.compile(r".+\.(from|parent)")
"""Who wrote a comment, by their account; and the comment that it answers, with its writer's name and words."""

Items = dict[str, Any]


class RawObjects:
    """One raw data file, read again object by object."""

    def __init__(
        self,
        path: Path,
        as_of: datetime | None,
        signature: Signature,
        *,
        as_predecessor: bool,
        known_fields: Collection[str] = (),
    ) -> None:
        self._name = path.name
        self._file = path.open("rb")
        self._as_predecessor = as_predecessor
        self._known_fields = frozenset(known_fields)
        self._as_of = as_of
        self._signature = signature
        self._offsets = list(_offsets(path))

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def parts(self, row: int) -> list[Part]:
        """What fetching recorded of an object; what came too late for the run is left out.

        Raises:
            DataError: A field that processing passes over is no JSON.
        """
        self._file.seek(self._offsets[row])
        try:
            written = orjson.loads(self._file.readline())
        except orjson.JSONDecodeError as error:
            raise problem_of(error, f"{self._name}: object {row + 1}") from None
        if isinstance(written, dict):
            return [self._signature.part("fetch", self._shown(written, self._late(written)))]
        late = self._late(latest_items(written))  # of all updates, since one may set an answer and another its time
        return [self._part(update, late) for update in reversed(written)]

    def _part(self, update: dict[str, Any], late: Collection[str]) -> Part:
        nested = (update.get("NestedTracedData") or {}).values()
        items = {key: value for other in nested for key, value in latest_items(other).items()} | update["Data"]
        data = self._shown(items, late)
        if "Metadata" not in update:
            return self._signature.part("fetch", data)
        hidden = tuple(key for key, value in data.items() if value == HIDDEN_VALUE)
        return Part(0, Update(encoded(data), encoded(self._metadata(update["Metadata"]))), tuple(data), hidden)

    def _metadata(self, written: dict[str, Any]) -> dict[str, Any]:
        """Who set something, how and when; users may be e-mail addresses, but no numbers."""
        if self._as_predecessor:
            return written
        return {key: value if is_harmless(key, str(value).replace("@", " ")) else "" for key, value in written.items()}

    def _late(self, items: Items) -> frozenset[str]:
        return frozenset(items.keys() - received_before(items, self._as_of).keys())

    def _shown(self, items: Items, late: Collection[str]) -> Items:
        kept = {key: value for key, value in items.items() if key not in late}
        if self._as_predecessor:
            return kept
        own = _of_the_writer_alone(kept)
        return {key: value for key, value in own.items() if key in self._known_fields or is_harmless(key, value)}


def _of_the_writer_alone(items: Items) -> Items:
    """An object without accounts, and without others' names and words, who may have withdrawn."""
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
    with path.open("rb") as lines:
        offset = len(BOM_UTF8) if lines.read(len(BOM_UTF8)) == BOM_UTF8 else 0
        lines.seek(offset)
        for line in lines:
            if not line.isspace():
                yield offset
            offset += len(line)
