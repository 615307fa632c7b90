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


class _Lookup(NamedTuple):
    """Places by what is left of their names; no place where several are alike."""

    spelling: Callable[[str], str]
    places: Mapping[tuple[str, str], Mapping[str, str] | None]

    @classmethod
    def of(cls, places: Mapping[tuple[str, str], Mapping[str, str]], spelling: Callable[[str], str]) -> "_Lookup":
        found: dict[tuple[str, str], Mapping[str, str] | None] = {}
        for (level, name), place in places.items():
            key = level, spelling(name)
            found[key] = place if found.get(key, place) == place else None
        return cls(spelling, found)

    def get(self, level: str, name: str) -> Mapping[str, str] | None:
        return self.places.get((level, self.spelling(name)))


@dataclass(frozen=True)
class PlaceTable:
    """The places of one country or project, on each of its levels."""

    levels: tuple[str, ...]
    """From the smallest to the largest."""
    places: Mapping[tuple[str, str], Mapping[str, str]] = field(hash=False)
    """By level and name, the usual name of the place on its own level, and of those that it lies in, by level.

    Alternative names lead to the place's usual name.
    """

    @cached_property
    def _lookups(self) -> tuple["_Lookup", "_Lookup"]:
        return _Lookup.of(self.places, folded_name), _Lookup.of(self.places, _letters)

    @cached_property
    def _named(self) -> dict[tuple[str, str], Mapping[str, str] | None]:
        """What `named` has found: schemes of many projects have the same names, each asked for on every level."""
        return {}

    def around(self, level: str, code: Code) -> Mapping[str, str] | None:
        """The usual names of a code's place and of those that it lies in, by level; None if the place is unknown."""
        for name in names_of(code):
            place = self.named(level, name)
            if place is not None:
                return place
        return None

    def named(self, level: str, name: str) -> Mapping[str, str] | None:
        """As `around`, by a name: its letters and digits, and its blanks and signs where they tell places apart."""
        if (level, name) not in self._named:
            found = (lookup.get(level, name) for lookup in self._lookups)
            self._named[level, name] = next((place for place in found if place is not None), None)
        return self._named[level, name]

    def codes(self, level: str, scheme: CodeScheme) -> dict[str, Code]:
        """The code of each place of a level that the scheme has, by the place's usual name.

        Of several codes for one place, the one that is called by its usual name.
        """
        found: dict[str, Code] = {}
        for code in scheme.normal_codes:
            place = self.around(level, code)
            if place is not None and (place[level] in names_of(code) or place[level] not in found):
                found[place[level]] = code
        return found

    def levels_of(self, schemes: Sequence[CodeScheme]) -> tuple[str, ...]:
        """The level of each scheme: all differ, and as many codes as can be are places of their level.

        Where that leaves a choice, schemes stand from the smallest level to the largest.

        Args:
            schemes: Of the codings of one dataset, at most as many as there are levels.
        """
        known = [{level: len(self.codes(level, scheme)) for level in self.levels} for scheme in schemes]
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
