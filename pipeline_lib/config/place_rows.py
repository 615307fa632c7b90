"""The lines of a project's own table of places: what they say together, and where they contradict one another."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline_lib.errors import Problem, did_you_mean
from pipeline_lib.model.places import folded_name

Key = tuple[str, str]
"""A level and the folded name of a place."""


class Row(NamedTuple):
    """A place and those that it lies in."""

    place: str
    """Where it stands, such as `places.csv: line 3`."""
    level: str
    name: str
    around: Mapping[str, str]
    """By level, its own included: there an alternative name has the usual one."""

    @property
    def usual(self) -> Key:
        """The place that its name stands for."""
        return self.level, folded_name(self.around[self.level])

    @property
    def is_usual(self) -> bool:
        """Whether its name is the place's usual one."""
        return self.usual == (self.level, folded_name(self.name))


def complete(rows: Sequence[Row], levels: Sequence[str], listed: Collection[str]) -> tuple[list[Row], list[Problem]]:
    """The rows, each with all that it lies in by the other rows too, and what is wrong with them.

    Args:
        rows: The rows.
        levels: From the smallest to the largest.
        listed: Levels whose places all have a row; those of others follow from the rows that name them.
    """
    implied = [
        Row(row.place, level, name, {wider: row.around[wider] for wider in levels[number:] if wider in row.around})
        for row in rows
        for number, level in enumerate(levels)
        if level not in listed and (name := row.around.get(level))
    ]
    known: dict[Key, Row] = {}
    problems: list[Problem] = []
    for row in rows:
        first = known.setdefault((row.level, folded_name(row.name)), row)
        problems += _differences(row, first) if first is not row else []
    for row in implied:
        known.setdefault((row.level, folded_name(row.name)), row)
    # From the largest places on, so that what a row leaves out is there when smaller ones ask for it.
    order = sorted(known.values(), key=lambda row: (-levels.index(row.level), not row.is_usual))
    done: dict[Key, Row] = {}
    for row in order:
        around: dict[str, str] = {}
        for level, name in row.around.items():
            key = level, folded_name(name)
            if key == (row.level, folded_name(row.name)):
                around[level] = row.name
                continue
            other = known.get(key)
            wrong = _wrong_with(other, row, level, name, known)
            if wrong is not None:
                problems.append(wrong)
            elif other is not None:
                problems += _contradictions(row, other)
                whole = done.get(key, other)
                around = {**whole.around, **around, level: other.name}
        done[row.level, folded_name(row.name)] = row._replace(around=around)
    return list(done.values()), list(dict.fromkeys(problems))


def _wrong_with(other: Row | None, row: Row, level: str, name: str, known: Mapping[Key, Row]) -> Problem | None:
    if other is None:
        names = [each.name for (of, _), each in known.items() if of == level]
        return Problem(row.place, f'there is no line of the {level} "{name}"', did_you_mean(name, names))
    if not other.is_usual:
        wrong = f'the {level} "{name}" is only another name, of "{other.around[level]}"'
        return Problem(row.place, wrong, "write the usual name, which has a line where both are the same")
    return None


def _differences(row: Row, first: Row) -> Iterator[Problem]:
    """A place that stands in two lines, in different places."""
    for level in row.around.keys() & first.around.keys():
        if folded_name(row.around[level]) != folded_name(first.around[level]):
            yield Problem(row.place, *_two(row, level, first))


def _contradictions(row: Row, other: Row) -> Iterator[Problem]:
    """A row that says otherwise than the line of a place that it lies in."""
    for level in row.around.keys() & other.around.keys():
        if folded_name(row.around[level]) != folded_name(other.around[level]):
            said = f'here the {other.level} "{other.name}" lies in the {level} "{row.around[level]}"'
            wrong = f'{said}, and in "{other.around[level]}" by {_line(other)}'
            yield Problem(row.place, wrong, "correct one of the two")


def _two(row: Row, level: str, first: Row) -> tuple[str, str]:
    wrong = f'the {row.level} "{row.name}" lies in two places of the level {level}: "{row.around[level]}" here, '
    wrong += f'"{first.around[level]}" by {_line(first)}'
    return wrong, "correct one of the two, or give two places of one name two names"


def _line(row: Row) -> str:
    return row.place.rpartition(": ")[2]
