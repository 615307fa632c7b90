"""Tables of places: which lies in which, and what else each is called (semantics.md 6 and 14)."""

import csv
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from itertools import permutations
from typing import NamedTuple

from pipeline_lib.model.code_scheme import Code, CodeScheme

NOWHERE = ("", "NC")
"""What stands in a table for the levels below a place's own."""


def folded_name(name: str) -> str:
    """A name in lower case, with one blank between words: `Homa_Bay` and `homa bay` are one place."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").split())


def _letters(name: str) -> str:
    """A name's letters and digits: `lang'ata` and `langata` are one place unless the table has both."""
    return "".join(each for each in folded_name(name) if each.isalnum()) or name


Place = Mapping[str, str]
"""The usual names of a place and of those that it lies in, by level."""


class _Lookup(NamedTuple):
    """Places by what is left of their names; no place where several of a level are alike."""

    spelling: Callable[[str], str]
    places: Mapping[str, Mapping[str, Place | None]]
    """By name and level."""

    @classmethod
    def of(cls, places: Mapping[tuple[str, str], Place], spelling: Callable[[str], str]) -> "_Lookup":
        found: dict[str, dict[str, Place | None]] = {}
        for (level, name), place in places.items():
            named = found.setdefault(spelling(name), {})
            named[level] = place if named.get(level, place) == place else None
        return cls(spelling, found)

    def get(self, name: str) -> dict[str, Place]:
        named = self.places.get(self.spelling(name), {})
        return {level: place for level, place in named.items() if place is not None}


@dataclass(frozen=True)
class PlaceTable:
    """The places of one country or project, on each of its levels."""

    levels: tuple[str, ...]
    """From the smallest to the largest."""
    places: Mapping[tuple[str, str], Place] = field(hash=False)
    """By level and name. Alternative names lead to the same place."""

    @cached_property
    def _lookups(self) -> tuple["_Lookup", "_Lookup"]:
        return _Lookup.of(self.places, folded_name), _Lookup.of(self.places, _letters)

    @cached_property
    def _by_name(self) -> dict[str, Mapping[str, Place]]:
        """What `by_level` has found: schemes of many projects have the same names."""
        return {}

    def by_level(self, *names: str) -> Mapping[str, Place]:
        """The place of each level that has one of these names; the first that is known decides.

        A name goes by its letters and digits, and by its blanks and signs where they tell places apart.
        """
        if len(names) != 1:
            return {level: place for name in reversed(names) for level, place in self.by_level(name).items()}
        (name,) = names
        if name not in self._by_name:
            exact, loose = (lookup.get(name) for lookup in self._lookups)
            self._by_name[name] = loose | exact
        return self._by_name[name]

    def around(self, level: str, code: Code) -> Place | None:
        """A code's place on a level; None if it is unknown."""
        return self.by_level(*names_of(code)).get(level)

    def named(self, level: str, name: str) -> Place | None:
        """The place of a level that has a name; None if it is unknown."""
        return self.by_level(name).get(level)

    def codes(self, level: str, scheme: CodeScheme) -> dict[str, Code]:
        """The code of each place of a level that the scheme has, by the place's usual name.

        Of several codes for one place, the one that is called by its usual name.
        """
        return self.codes_by_level(scheme)[level]

    def codes_by_level(self, scheme: CodeScheme) -> dict[str, dict[str, Code]]:
        """As `codes`, for every level."""
        found: dict[str, dict[str, Code]] = {level: {} for level in self.levels}
        for code in scheme.normal_codes:
            names = names_of(code)
            for level, place in self.by_level(*names).items():
                if place[level] in names or place[level] not in found[level]:
                    found[level][place[level]] = code
        return found

    def levels_of(self, schemes: Sequence[CodeScheme]) -> tuple[str, ...]:
        """The level of each scheme: all differ, and as many codes as can be are places of their level.

        Where that leaves a choice, schemes stand from the smallest level to the largest.

        Args:
            schemes: Of the codings of one dataset, at most as many as there are levels.
        """
        known = [{level: len(codes) for level, codes in self.codes_by_level(each).items()} for each in schemes]
        choices = permutations(self.levels, len(schemes))
        return max(choices, key=lambda levels: sum(map(dict.__getitem__, known, levels)))


def names_of(code: Code) -> tuple[str, ...]:
    """What a table of places may call the place that a code stands for."""
    return code.match_values or (code.string_value,)


def place_table(levels: Sequence[str], rows: Iterable[Mapping[str, str]]) -> PlaceTable:
    """The table that rows describe: columns `level`, `code` (the place's name) and one for each level."""
    places = {
        (row["level"], row["code"]): {level: row[level] for level in levels if row.get(level, "") not in NOWHERE}
        for row in rows
    }
    return PlaceTable(tuple(levels), places)


def packaged_table(name: str, levels: Sequence[str]) -> PlaceTable:
    """A table of this package, by the name of its file."""
    lines = files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()
    return place_table(levels, csv.DictReader(lines))
