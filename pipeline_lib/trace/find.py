"""Finding an object in a file of traced data without reading all of it as JSON."""

from collections.abc import Iterator
from pathlib import Path

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.trace.history import encoded
from pipeline_lib.trace.reader import Updates, latest_items, lines_of, read_object


def objects_that_say(path: Path, value: str) -> Iterator[Updates]:
    """The objects that show a value under any key, in file order.

    Raises:
        DataError: There is no such file, or a line that has the value is no list of updates.
    """
    needle = encoded(value).encode()
    for place, line in lines_of(path):
        if needle in line:
            updates = read_object(place, line)
            if value in latest_items(updates).values():
                yield updates


def object_at(path: Path, row: int) -> Updates:
    """The object on a line; the first is 1.

    Raises:
        DataError: There is no such file or row, or it is no list of updates.
    """
    for number, (place, line) in enumerate(lines_of(path), start=1):
        if number == row:
            return read_object(place, line)
    raise DataError(Problem(str(path), f"has no row {row}"))
