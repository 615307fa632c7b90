"""Somebody who knows every table and map, and looks for all worlds that would have given the same ones.

Who lies in which place is told by a hierarchy: a sub-district has its district, a district its region. A world is how
many people there are of each kind; a number is worked out where it is the same in all of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from pipeline_lib.analysis.cells import Cell
from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.distributions import Distribution
from pipeline_lib.analysis.published import Published

Person = Mapping[str, Sequence[str]]

DISTRICTS_OF = {
    "banadir": ("mogadishu",),
    "bay": ("baidoa", "burhakaba"),
    "awdal": ("borama", "zeila"),
    "bakool": ("hudur",),
}
STATE_OF = {"banadir": "banadir state", "bay": "south west", "bakool": "south west", "awdal": "somaliland"}
SUB_DISTRICTS = ("hodan", "wadajir", "karaan")
MANY = 10_000


class Number(NamedTuple):
    """A number of people that some table or map has a cell for."""

    name: tuple[str, ...]
    kinds: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
    """Which kinds of people it counts."""
    people: int
    cell: Cell
    lowest: int
    highest: int


def locations() -> Iterator[Person]:
    """Every answer to where somebody is that the hierarchy allows: to the last level, or to one above it."""
    for region, districts in DISTRICTS_OF.items():
        wide = {"region": [region], "state": [STATE_OF[region]]}
        yield wide | {"district": ["NC"], "sub_district": ["NC"]}
        for district in districts:
            for sub_district in ("NC", *(SUB_DISTRICTS if district == "mogadishu" else ())):
                yield wide | {"district": [district], "sub_district": [sub_district]}
    for control in ("NA", "NC"):
        yield {level: [control] for level in ("region", "state", "district", "sub_district")}


def kinds_of_people(codes: Sequence[str], genders: Sequence[str]) -> list[Person]:
    """Everybody whom there could be: any codes of the episode, a gender and a location."""
    answers = [list(some) for size in range(1, len(codes) + 1) for some in combinations(codes, size)]
    return [
        {"e01": answer, "gender": [gender], **location}
        for answer, gender, location in product(answers, genders, locations())
    ]


class Attacker:
    """Knows what is shown, and who could have said what."""

    def __init__(self, published: Published, kinds: Sequence[Person], threshold: int) -> None:
        self._kinds, self._threshold = kinds, threshold
        self.numbers: list[Number] = []
        for distribution in (
            *published.themes,
            *published.places,
            *published.cross_tabs,
            # Everybody said something of themselves: these tell of the same people.
            *(replace(each, by=()) for each in published.demographics),
        ):
            self._read(distribution)
        everybody = np.ones(len(kinds), np.bool_)
        opted_in = published.participation.opted_in
        self._see(("everybody",), everybody, int(published.participation.people.counts[-1, 1]), opted_in, zeros=True)
        rows = np.array([number.kinds for number in self.numbers], np.float64)
        bounds = np.array([(number.lowest, number.highest) for number in self.numbers], np.float64)
        self._constraint = LinearConstraint(rows, bounds[:, 0], bounds[:, 1])

    def small_ones(self) -> list[Number]:
        """The numbers that tell of few people, each once."""
        found = {number.kinds.tobytes(): number for number in self.numbers if 0 < number.people < self._threshold}
        return list(found.values())

    def worked_out(self, numbers: Sequence[Number]) -> list[Number]:
        """Those of some numbers that no world could have otherwise."""
        return [number for number in numbers if not (self._may_be(number, -1) or self._may_be(number, 1))]

    def _may_be(self, number: Number, sign: int) -> bool:
        """Whether there is a world with less, or with more."""
        row = number.kinds.astype(np.float64)
        limits = (0, number.people - 1) if sign < 0 else (number.people + 1, np.inf)
        found = milp(
            np.zeros(len(self._kinds)),
            constraints=[self._constraint, LinearConstraint(row, *limits)],
            integrality=np.ones(len(self._kinds)),
            bounds=Bounds(0, MANY),
        )
        assert found.status in {0, 2}, found.message  # there is one, or there is none
        return bool(found.status == 0)

    def _read(self, distribution: Distribution) -> None:
        own = distribution.coding
        counts = distribution.numbers.counts
        columns: list[tuple[Analysed | None, range]] = [(None, range(1))]
        columns += [(by, distribution.columns(by)) for by in distribution.by]
        for by, places in columns:
            of_rows = [(own.key, code) for code in ("relevant", *(code.string_value for code in own.codes))]
            of_columns = [None] if by is None else [(by.key, code.string_value) for code in by.codes]
            cells = [[distribution.numbers.cell(n, place) for place in places] for n in range(len(of_rows))]
            in_row = [any(cell.count == 0 for cell in row) for row in cells]
            in_column = [any(cell.count == 0 for cell in column) for column in zip(*cells, strict=True)]
            for (n, row), (m, column) in product(enumerate(of_rows), enumerate(of_columns)):
                kinds = self._have(own, row[1])
                if by is not None and column is not None:
                    kinds = kinds & self._have(by, column[1])
                people = int(counts[n, places[m]])
                zeros = in_column[m] and (by is None or in_row[n])
                self._see((*row, *(column or ())), kinds, people, cells[n][m], zeros=zeros)

    def _have(self, coding: Analysed, code: str) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        themes = {each.string_value for each in coding.themes}
        said = [set(kind[coding.key]) for kind in self._kinds]
        wanted = themes if code == "relevant" else {code}
        is_theme = wanted <= themes
        return np.array([bool(codes & wanted) and not (is_theme and "NR" in codes) for codes in said])

    def _see(
        self,
        name: tuple[str, ...],
        kinds: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
        people: int,
        cell: Cell,
        *,
        zeros: bool,
    ) -> None:
        """What a cell says. Where zeros are shown, `<n` is none, and `*` is not small."""
        lowest, highest = 0, MANY
        if cell.count is not None:
            lowest = highest = cell.count
        elif cell.text.startswith("<"):
            lowest, highest = int(zeros), self._threshold - 1
        elif zeros:
            lowest = self._threshold
        assert lowest <= people <= highest, name
        self.numbers.append(Number(name, kinds, people, cell, lowest, highest))
