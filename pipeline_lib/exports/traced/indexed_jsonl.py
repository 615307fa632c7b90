"""Histories that are already in a file, so that they can be put into others without being made again."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.trace.history import History


class TracedObject(NamedTuple):
    """An object's history, and the keys that it shows."""

    history: History
    keys: frozenset[str]


class _Place(NamedTuple):
    offset: int
    length: int
    sha: str
    keys: frozenset[str]


class WrittenObjects:
    """The objects of a file of traced data, by their line."""

    def __init__(self, path: Path, objects: Iterable[TracedObject]) -> None:
        """Writes the objects to the file, a line each."""
        self._places: list[_Place] = []
        same_keys: dict[frozenset[str], frozenset[str]] = {}
        offset = 0
        with path.open("w", encoding="ascii") as lines:
            for history, keys in objects:
                lines.write(history.text + "\n")
                shared = same_keys.setdefault(keys, keys)
                self._places.append(_Place(offset, len(history.text), history.sha, shared))
                offset += len(history.text) + 1
        self._file = path.open("rb")

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, line: int) -> TracedObject:
        place = self._places[line]
        self._file.seek(place.offset)
        text = self._file.read(place.length).decode("ascii")
        return TracedObject(History(text, place.sha), place.keys)

    def keys(self, line: int) -> frozenset[str]:
        """The keys that an object shows."""
        return self._places[line].keys

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
