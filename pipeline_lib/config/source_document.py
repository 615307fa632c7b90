"""A file as its author wrote it, to point at places in it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline_lib.config.model_introspection import Step, written_key


class KeptItems(list[Any]):
    """What is left of a list after its broken items are gone; an item's place is its original one."""

    def __init__(self, items: list[Any]) -> None:
        super().__init__(items)
        self.places = list(range(len(items)))

    def drop(self, indexes: set[int]) -> None:
        """Removes items by their present indexes."""
        kept = [index for index in range(len(self)) if index not in indexes]
        self.places = [self.places[index] for index in kept]
        self[:] = [self[index] for index in kept]


@dataclass(frozen=True)
class WrittenFile:
    """What a file, or a part of one, holds."""

    name: str
    """As problems call it: relative to the project's folder where it lies there."""
    content: Any
    """Its JSON."""
    part: tuple[Step, ...] = ()
    """Where in the file the content lies."""
    moved: Mapping[tuple[Step, ...], tuple[Step, ...]] = field(default_factory=dict)
    """Places of the content whose values its author wrote at other places, and those; what lies below moved along."""

    def at(self, *path: Step) -> str:
        """`pipeline.json: RawDataSources[1].SourceType`: a place in the content, by the author's own keys."""
        place = ""
        for step in (*self.part, *self._where_written(self._original(path))):
            place = _extended(place, step)
        return ": ".join(part for part in (self.name, place) if part)

    def _original(self, path: tuple[Step, ...]) -> Iterator[Step]:
        """The steps as the author spells them, and as they count."""
        written = self.content
        for step in path:
            if isinstance(step, int):
                places = written.places if isinstance(written, KeptItems) else None
                yield places[step] if places and step < len(places) else step
            else:
                step = written_key(step, written)  # noqa: PLW2901 - the same step, as the author spells it
                yield step
            written = value_at(written, (step,))

    def _where_written(self, steps: Iterable[Step]) -> tuple[Step, ...]:
        path = tuple(steps)
        for length in range(len(path), 0, -1):
            if path[:length] in self.moved:
                return (*self.moved[path[:length]], *path[length:])
        return path


def value_at(written: Any, path: tuple[Step, ...]) -> Any:
    """What stands at a path, or null."""
    for step in path:
        if isinstance(written, dict):
            written = written.get(step)
        elif isinstance(written, list) and isinstance(step, int) and step < len(written):
            written = written[step]
        else:
            return None
    return written


def _extended(place: str, step: Step) -> str:
    if isinstance(step, int):
        return f"{place}[{step}]"
    key = step if step.isprintable() and step else json.dumps(step)
    return f"{place}.{key}" if place else key
