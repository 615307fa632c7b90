"""Reading traced data, and proving that nobody has changed it since it was written."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.input_files import data_file, is_input
from pipeline_lib.model.lenient_json import parse_exactly
from pipeline_lib.trace.history import HIDDEN_VALUE, chained_sha, encoded

Updates = list[dict[str, Any]]
"""An object's updates as its line has them, newest first."""


def read_objects(path: Path) -> Iterator[Updates]:
    """The objects of a file of traced data, line by line.

    Raises:
        DataError: There is no such file, or a line is no list of updates.
    """
    for place, line in lines_of(path):
        yield read_object(place, line)


def lines_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """The lines of a file, each with its place as an error would name it.

    Raises:
        DataError: There is no such file.
    """
    if not is_input(path):
        raise DataError(Problem(str(path), "is no file", "name one that process made, with traced data"))
    with data_file(path) as lines:
        for number, line in enumerate(lines, start=1):
            yield f"{path}: line {number}", line


def read_object(place: str, line: bytes) -> Updates:
    """The object on a line.

    Raises:
        DataError: It is no list of updates.
    """
    try:
        written = parse_exactly(line)
    except (ValueError, RecursionError):
        raise DataError(Problem(place, "is no complete JSON")) from None
    if not isinstance(written, list):
        raise DataError(Problem(place, "is not a list of updates"))
    return written


def latest_items(updates: Updates | dict[str, Any]) -> dict[str, Any]:
    """The keys that an object shows, with their newest values; a flat object, which has no updates, shows all."""
    if isinstance(updates, dict):
        return updates
    items: dict[str, Any] = {}
    for update in reversed(updates):
        for nested in (update.get("NestedTracedData") or {}).values():
            items.update(latest_items(nested))
        for key, value in update["Data"].items():
            if value == HIDDEN_VALUE:
                items.pop(key, None)
            else:
                items[key] = value
    return items


def verify(path: Path) -> int:
    """Recomputes every hash of a file, and returns the number of its objects.

    Raises:
        DataError: A hash differs: what it covers was changed.
    """
    count = 0
    for count, updates in enumerate(read_objects(path), start=1):
        try:
            _recompute(updates)
        except _ChangedError as changed:
            place = f"{path}: line {count}, update {changed.number} from the newest"
            raise DataError(Problem(place, "its hash does not match what it says", "make the file again")) from None
        except (KeyError, TypeError, AttributeError):
            raise DataError(Problem(f"{path}: line {count}", "has an update that is damaged")) from None
    return count


class _ChangedError(Exception):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def _recompute(updates: Updates) -> str:
    """The newest hash of updates, after checking the hash of each."""
    sha = ""
    for number, update in reversed(list(enumerate(updates, start=1))):
        nested = {key: _recompute(other) for key, other in update["NestedTracedData"].items()}
        sha = chained_sha(encoded(update["Data"] | nested), sha)
        if update["SHA"] != sha:
            raise _ChangedError(number)
    return sha
