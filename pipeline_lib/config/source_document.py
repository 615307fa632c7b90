"""A file as its author wrote it, to point at places in it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    given: Mapping[tuple[Step, ...], "WrittenFile"] = field(default_factory=dict)
    """Places of the content whose values a template gives, and that template."""

    def at(self, *path: Step) -> str:
        """`pipeline.json: RawDataSources[1].SourceType`: a place in the content, by the author's own keys."""
        steps = self._original(path)
        for length in range(len(steps), 0, -1) if self.given else ():
            if (template := self.given.get(steps[:length])) is not None:
                return template.at(*_as_far_as_written(template.content, steps[length:]))
        place = ""
        for step in (*self.part, *(self.where_written(steps) if self.moved else steps)):
            place = _extended(place, step)
        return f"{self.name}: {place}" if self.name and place else self.name or place

    def with_items_before(self, path: tuple[Step, ...], items: Sequence[tuple[Any, "WrittenFile"]]) -> "WrittenFile":
        """The file with more items before those of a list, each from a template; unchanged where there is no list.

        Args:
            path: To the list. An absent one is an empty one.
            items: Each with its template.
        """
        *parent, key = path
        holder = value_at(self.content, tuple(parent))
        own = holder.get(key, []) if isinstance(holder, dict) else None
        if not items or not isinstance(own, list):
            return self
        count = len(items)
        moved = {(*path, count + place): self.where_written((*path, place)) for place in range(len(own))}
        given = {(*path, place): template for place, (_, template) in enumerate(items)}
        content = _replaced(self.content, path, [*(item for item, _ in items), *own])
        return replace(self, content=content, moved={**self.moved, **moved}, given={**self.given, **given})

    def _original(self, path: tuple[Step, ...]) -> tuple[Step, ...]:
        """The steps as the author spells them, and as they count."""
        written = self.content
        steps: list[Step] = []
        for step in path:
            if isinstance(step, str):
                steps.append(written_key(step, written))
                written = written.get(steps[-1]) if isinstance(written, dict) else None
            else:
                is_there = isinstance(written, list) and step < len(written)
                steps.append(written.places[step] if is_there and isinstance(written, KeptItems) else step)
                written = written[step] if is_there else None
        return tuple(steps)

    def where_written(self, path: tuple[Step, ...]) -> tuple[Step, ...]:
        """Where in the part its author wrote what stands at a place."""
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


def _replaced(content: Any, path: tuple[Step, ...], value: Any) -> Any:
    """The content with another value at a path, whose objects and lists are copied."""
    if not path:
        return value
    first, *rest = path
    copy: Any = dict(content) if isinstance(content, dict) else list(content)
    copy[first] = _replaced(content[first] if rest else None, tuple(rest), value)
    return copy


def _as_far_as_written(content: Any, path: tuple[Step, ...]) -> tuple[Step, ...]:
    """The beginning of a path at which something stands."""
    lengths = range(len(path), 0, -1)
    return next((path[:length] for length in lengths if value_at(content, path[:length]) is not None), ())


def _extended(place: str, step: Step) -> str:
    if isinstance(step, int):
        return f"{place}[{step}]"
    key = step if step.isprintable() and step else json.dumps(step)
    return f"{place}.{key}" if place else key
