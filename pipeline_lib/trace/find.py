"""Finding an object in a file of traced data without reading all of it as JSON."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import orjson

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.trace.reader import Updates, latest_items


def objects_that_say(path: Path, value: str) -> Iterator[Updates]:
    """The objects that show a value under any key, in file order."""
    needle = orjson.dumps(value)
    with path.open("rb") as lines:
        for line in lines:
            if needle in line:
                updates = orjson.loads(line)
                if value in latest_items(updates).values():
                    yield updates


def object_at(path: Path, row: int) -> Updates:
    """The object on a line; the first is 1.

    Raises:
        DataError: The file has fewer.
    """
    with path.open("rb") as lines:
        line = next(islice(lines, max(row - 1, 0), row), None)
    if line is None:
        raise DataError(Problem(path.name, f"has no row {row}"))
    updates: Updates = orjson.loads(line)
    return updates
