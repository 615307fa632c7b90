"""Somebody who works out small numbers from published ones, by linear programming."""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from pipeline_lib.analysis.cells import Cell
from pipeline_lib.analysis.codings import Analysed, surveys
from pipeline_lib.analysis.distributions import Distribution
from pipeline_lib.analysis.participation import Participation
from pipeline_lib.analysis.published import Published
from pipeline_lib.model.coding_plan import CodingPlans

Person = Mapping[str, Sequence[str]]
Group = frozenset[tuple[str, str]]
"""People with each of some codes, by AnalysisFileKey. Instead of a code: `relevant`, or `answered`."""

STATE_OF = {"awdal": "somaliland", "togdheer": "somaliland", "bay": "south west", "bakool": "south west"}
MANY = 10**6


class Leak(NamedTuple):
    """A number of people that was worked out."""

    group: Group
    people: int


class Attacker:
    """Knows the tables, what the codes mean, and which regions are in which state."""

    def __init__(self, published: Published, plans: CodingPlans, threshold: int) -> None:
        self._plans, self._threshold = plans, threshold
        self._number: dict[Group, int] = {}
        self._bounds: list[tuple[int, int]] = []
        self._equal: list[dict[int, int]] = []
        self._at_most_zero: list[dict[int, int]] = []
        for distribution in (*published.themes, *published.places, *published.cross_tabs):
            self._read(distribution)
        self._read_participation(published.participation)
        self._know_the_codes(published)

    def worked_out(self, groups: Sequence[Group]) -> list[Leak]:
        """Those of some groups whose number of people is certain."""
        leaks = []
        for group in groups:
            lowest, highest = (self._extreme(self._number[group], sign) for sign in (1, -1))
            if lowest == highest:
                leaks.append(Leak(group, lowest))
        return leaks

    def bounds_of(self, group: Group) -> tuple[int, int]:
        return self._bounds[self._number[group]]

    def _extreme(self, number: int, sign: int) -> int:
        objective = np.zeros(len(self._bounds))
        objective[number] = sign
        found = linprog(
            objective,
            A_ub=self._matrix(self._at_most_zero),
            b_ub=np.zeros(len(self._at_most_zero)),
            A_eq=self._matrix(self._equal),
            b_eq=np.zeros(len(self._equal)),
            bounds=self._bounds,
            method="highs",
        )
        assert found.status == 0, found.message
        return math.ceil(found.fun - 1e-6) if sign > 0 else math.floor(-found.fun + 1e-6)

    def _matrix(self, rows: Sequence[Mapping[int, int]]) -> csr_matrix:
        entries = [(row, column, factor) for row, terms in enumerate(rows) for column, factor in terms.items()]
        where = np.array([entry[:2] for entry in entries]).T
        factors = [entry[2] for entry in entries]
        return csr_matrix((factors, where), shape=(len(rows), len(self._bounds)))

    def _of(self, *codes: tuple[str, str]) -> int:
        """The number of a group's unknown."""
        group = frozenset(codes)
        if group not in self._number:
            self._number[group] = len(self._bounds)
            self._bounds.append((0, MANY))
        return self._number[group]

    def _sees(self, unknown: int, cell: Cell, *, zeros_are_shown: bool) -> None:
        """What a cell says. Where zeros are shown, `<n` is not zero, and `*` is not small."""
        lowest, highest = self._bounds[unknown]
        if cell.count is not None:
            seen = cell.count, cell.count
        elif cell.text == "*":
            seen = self._threshold if zeros_are_shown else 0, MANY
        else:
            seen = 1 if zeros_are_shown else 0, self._threshold - 1
        self._bounds[unknown] = max(lowest, seen[0]), min(highest, seen[1])

    def _adds_up(self, parts: Sequence[int], whole: int) -> None:
        self._equal.append({whole: -1} | dict.fromkeys(parts, 1))

    def _at_most(self, parts: Sequence[int], wholes: Sequence[int]) -> None:
        self._at_most_zero.append(dict.fromkeys(wholes, -1) | dict.fromkeys(parts, 1))

    def _read(self, distribution: Distribution) -> None:
        own = distribution.coding
        table = {"relevant": distribution.relevant} | distribution.overall
        zeros_are_shown = not own.dataset.is_survey and "0" in {cell.text for cell in table.values()}
        for code, cell in table.items():
            self._sees(self._of((own.key, code)), cell, zeros_are_shown=zeros_are_shown)
        for by in distribution.by:
            rows = {code: distribution.among(by, None if code == "relevant" else code) for code in table}
            zeros = {code: "0" in {cell.text for cell in row.values()} for code, row in rows.items()}
            for other in by.codes:
                value = other.string_value
                in_column = "0" in {row[value].text for row in rows.values()}
                for code, row in rows.items():
                    unknown = self._of((own.key, code), (by.key, value))
                    self._sees(unknown, row[value], zeros_are_shown=in_column and zeros[code])

    def _read_participation(self, shown: Participation) -> None:
        for number, episode in enumerate(shown.episodes):
            _, answered, relevant = shown.people.cells(number)
            self._sees(self._of((episode.key, "answered")), answered, zeros_are_shown=True)
            self._sees(self._of((episode.key, "relevant")), relevant, zeros_are_shown=True)
        everybody = self._of()
        self._sees(everybody, shown.opted_in, zeros_are_shown=True)
        times = [self._of(("times", str(number))) for number in range(1, len(shown.episodes) + 1)]
        for unknown, cell in zip(times, shown.repeats.cells(), strict=True):
            self._sees(unknown, cell, zeros_are_shown=False)
        sets = [self._of(("just", name)) for name in map(str, shown.combinations)]
        for unknown, cell in zip(sets, shown.loyalty.cells(), strict=True):
            self._sees(unknown, cell, zeros_are_shown=False)
        pairs = list(zip(sets, shown.combinations, strict=True))
        self._adds_up(sets, everybody)
        for number, unknown in enumerate(times, start=1):
            self._adds_up([each for each, names in pairs if len(names) == number], unknown)
        for episode in shown.episodes:
            them = [each for each, names in pairs if episode.dataset.name in names]
            self._adds_up(them, self._of((episode.key, "answered")))

    def _know_the_codes(self, published: Published) -> None:
        among_all: list[tuple[tuple[str, str], ...]] = [()]
        described = [(each.key, code.string_value) for each in surveys(self._plans) for code in each.codes]
        for survey in surveys(self._plans):
            self._know_survey(survey, [])
        for table in published.cross_tabs:
            if table.coding.dataset.is_survey and table.by[0].dataset.is_survey:
                for code in table.by[0].codes:
                    self._know_survey(table.coding, [(table.by[0].key, code.string_value)])
                for code in table.coding.codes:
                    self._know_survey(table.by[0], [(table.coding.key, code.string_value)], is_column=True)
        for episode in published.participation.episodes:
            for context in [*among_all, *((each,) for each in described)]:
                self._know_episode(episode, context)
            values = ["relevant", "answered", *(code.string_value for code in episode.codes)]
            for survey, value in product(surveys(self._plans), values):
                self._know_survey(survey, [(episode.key, value)], is_column=True)

    def _know_survey(self, survey: Analysed, context: Sequence[tuple[str, str]], *, is_column: bool = False) -> None:
        """Everybody has one code of a survey, and one of a region has its state."""
        codes = {code.string_value: self._of((survey.key, code.string_value), *context) for code in survey.codes}
        self._adds_up(list(codes.values()), self._of(*context))
        if not is_column:
            themes = [codes[code.string_value] for code in survey.themes]
            self._adds_up(themes, self._of((survey.key, "relevant"), *context))
        for state in set(STATE_OF.values()) if survey.key == "region" and not context else ():
            inside = [codes[region] for region in STATE_OF if STATE_OF[region] == state]
            self._at_most(inside, [self._of(("state", state), *context)])

    def _know_episode(self, episode: Analysed, context: Sequence[tuple[str, str]]) -> None:
        """Who has which codes of an episode, among all people or those with a code of a survey."""

        def of(value: str) -> int:
            return self._of((episode.key, value), *context)

        codes = [code.string_value for code in episode.codes if code.string_value not in {"NA", "NS"}]
        themes = [code.string_value for code in episode.themes]
        others = [code for code in codes if code not in themes]
        self._equal.append({of("NA"): 1, of("NS"): 1, of("answered"): 1, self._of(*context): -1})
        self._at_most([of("relevant")], [of(theme) for theme in themes])
        self._at_most([of("relevant"), of("NR")], [of("answered")])
        self._at_most([of("answered")], [of(code) for code in codes])
        self._at_most([of("answered")], [of("relevant"), *(of(code) for code in others)])
        for code in codes:
            self._at_most([of(code)], [of("answered")])
        for theme in themes:
            self._at_most([of(theme)], [of("relevant")])


def small_groups(published: Published, threshold: int) -> dict[Group, int]:
    """Every group of few people that a table has a cell for, and how many they are."""
    return {group: people for group, people in _groups(published) if 0 < people < threshold}


def _groups(published: Published) -> Iterator[tuple[Group, int]]:
    for distribution in (*published.themes, *published.places, *published.cross_tabs):
        names = ["relevant", *(code.string_value for code in distribution.coding.codes)]
        others = [(by.key, code.string_value) for by in distribution.by for code in by.codes]
        for (row, name), (column, other) in product(enumerate(names), enumerate([None, *others])):
            group = frozenset({(distribution.coding.key, name), *([other] if other else [])})
            yield group, int(distribution.numbers.counts[row, column])
    shown = published.participation
    for number, episode in enumerate(shown.episodes):
        for column, name in ((1, "answered"), (2, "relevant")):
            yield frozenset({(episode.key, name)}), int(shown.people.counts[number, column])
    for number, people in enumerate(shown.repeats.counts, start=1):
        yield frozenset({("times", str(number))}), int(people)
    for names, people in zip(shown.combinations, shown.loyalty.counts, strict=True):
        yield frozenset({("just", str(names))}), int(people)


def invented_people(count: int, episode_count: int, seed: int) -> list[Person]:
    """So many people's answers to so many episodes."""
    chance = random.Random(seed)  # noqa: S311 - nothing is kept secret by it
    people: list[Person] = []
    for _ in range(count):
        person: dict[str, Sequence[str]] = {}
        for number in range(1, episode_count + 1):
            if chance.random() < 0.45:
                codes = chance.choices((1, 2), (4, 1))[0]
                person[f"e{number:02}"] = chance.sample(["water", "health", "roads", "NC", "NR"], codes)
        person["gender"] = chance.choices([["man"], ["woman"], ["NA"], ["NC"], ["NR"]], (10, 8, 3, 1, 1))[0]
        region = chance.choices([*STATE_OF, "NA", "NC", "NR"], (8, 3, 2, 1, 4, 2, 1))[0]
        person["region"] = [region]
        person["state"] = [STATE_OF.get(region, chance.choice(["south west", "NC"]) if region == "NC" else region)]
        people.append(person)
    return people
