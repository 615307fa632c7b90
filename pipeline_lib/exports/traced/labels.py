"""The labels of a Coda file, each in full; processing reads only some of their fields."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline_lib.exports.traced.texts import LabelsById
from pipeline_lib.input_files import is_there, read_data
from pipeline_lib.model.coda_file import read_coda_file
from pipeline_lib.model.times import parse_instant

_END = datetime.max.replace(tzinfo=UTC)
_READ = ("SchemeID", "CodeID", "DateTimeUTC")


def labels_by_id(path: Path, as_of: datetime | None) -> LabelsById:
    """The labels that were made before `as_of`, newest first, without what processing sets aside.

    A message that stands several times has all its labels, as in processing.

    Raises:
        DataError: The file is no list of Coda messages.
    """
    labels: dict[str, list[dict[str, Any]]] = {}
    repeated: set[str] = set()
    for message in read_coda_file(read_data(path), str(path)).messages if is_there(path) else ():
        message_id, listed = (message.get("MessageID"), message.get("Labels")) if isinstance(message, dict) else (0, 0)
        if isinstance(message_id, str) and isinstance(listed, list):
            made = [label for label in listed if _is_made_before(label, as_of)]
            if message_id in labels:
                repeated.add(message_id)
                made = [*labels[message_id], *made]
            labels[message_id] = made
    for message_id in repeated:
        made = [label for label in labels[message_id] if _is_made_before(label, _END)]
        labels[message_id] = sorted(made, key=_made_at, reverse=True)
    return labels


def _is_made_before(label: Any, as_of: datetime | None) -> bool:
    if not isinstance(label, dict) or not all(isinstance(label.get(key), str) for key in _READ):
        return False
    try:
        return as_of is None or _made_at(label) < as_of
    except ValueError:
        return False


def _made_at(label: dict[str, Any]) -> datetime:
    return parse_instant(label["DateTimeUTC"])
