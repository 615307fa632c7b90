"""How sure somebody can be of a small number who has all that a project publishes, in one night or over a season.

They know the method: the threshold, the perturbation table, how numbers add up, how often which number is small. They
look for numbers that follow exactly, by linear programs, and else work out how probable each number is, by weighted
least squares over all published numbers at once.

`python -m tests.unit.disclosure.attack 1000 5 4` prints what `docs/analysis.md` says of so many invented projects, with
the largest deviation and the variance of the perturbation.
"""

import math
import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import product
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import splu

from pipeline_lib.analysis.codings import Analysed, surveys
from pipeline_lib.analysis.publish import publish
from pipeline_lib.analysis.published import Distribution, Published
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.disclosure.perturbation_tables import PerturbationTable, maximum_entropy
from pipeline_lib.disclosure.release import Cell
from pipeline_lib.model.coding_plan import CodingPlans, MapLevel, PlacesOfMap
from tests.unit.analysis.conftest import REGIONS, frames_of, plans_of

Person = Mapping[str, Sequence[str]]
Group = frozenset[tuple[str, str]]
"""People with each of some codes, by AnalysisFileKey. Instead of a code: `relevant`, or `answered`."""
Terms = dict[Group, int]
"""Groups whose numbers, with these factors, add up to nothing."""

CROSS_TABS = [{"Rows": "gender", "Columns": "region"}, {"Rows": "gender", "Columns": "e01"}]
NIGHTS = 10
_SEASON_EVERY = 10
"""Which of the projects are attacked over a season."""
MANY = 10**4
_HIDDEN = (1 / 8, 2.0)
"""The weight and the value of a number that is not released, as long as nothing is known of it."""
_EXACT, _NOTHING = 1e4, 1e-4
"""The weight of a rule, and one that says nothing."""
_MOST_TARGETS = {"a whole night": 8, "a season": 2}
"""How many small numbers of a project are gone for by linear programs: those of which the most is known."""


class Rules(NamedTuple):
    """How the numbers of groups hang together."""

    equal: Sequence[Terms]
    at_most_zero: Sequence[Terms]


class Night(NamedTuple):
    """What is published, and the truth."""

    published: Published
    released: Mapping[Group, Cell]
    true: Mapping[Group, int]
    rules: Rules


class Target(NamedTuple):
    """A small number, and what is known of it before its probabilities are weighed."""

    true: int
    mean: float
    variance: float
    """Infinite where nothing tells."""


def invented_plans(episode_count: int) -> CodingPlans:
    """Some episodes of three themes, with gender, region and state, and a map of the regions."""
    plans = plans_of(episode_count, "water", "health", "roads")
    return replace(plans, maps=(PlacesOfMap(MapLevel.REGIONS, "region"),))


def invented_people(count: int, episode_count: int, chance: random.Random) -> list[Person]:
    """So many people's answers to so many episodes."""
    return [_invented_person(episode_count, chance) for _ in range(count)]


def _invented_person(episode_count: int, chance: random.Random) -> Person:
    person: dict[str, Sequence[str]] = {}
    for number in range(1, episode_count + 1):
        if chance.random() < 0.6:
            codes = chance.choices((1, 2), (4, 1))[0]
            person[f"e{number:02}"] = chance.sample(["water", "health", "roads", "NC", "NR"], codes)
    person["gender"] = chance.choices([["man"], ["woman"], ["NA"], ["NC"], ["NR"]], (10, 8, 3, 1, 1))[0]
    region = chance.choices([*REGIONS, "NA", "NC", "NR"], (8, 3, 2, 1, 4, 2, 1))[0]
    person["region"] = [region]
    person["state"] = [REGIONS.get(region, region)]
    return person


def season(people: Sequence[Person], episode_count: int, chance: random.Random) -> Iterator[list[Person]]:
    """The people of some nights, in which some come, some say something else, and a few withdraw."""
    now = list(people)
    for _ in range(NIGHTS):
        yield list(now)
        for number, person in enumerate(now):
            change = chance.random()
            if change < 0.01:
                now[number] = {}
            elif change < 0.06 and person:
                now[number] = _invented_person(episode_count, chance)
        now += invented_people(chance.randrange(1, 2 + len(people) // 10), episode_count, chance)


def publish_night(plans: CodingPlans, people: Sequence[Person], table: PerturbationTable) -> Night:
    """What a night publishes of some people."""
    frames, asked = frames_of(plans, people), AutomatedAnalysis.model_validate({"CrossTabs": CROSS_TABS})
    published = publish(frames, plans, asked, table=table)
    true = {group: cell.count or 0 for group, cell in numbers_of(publish(frames, plans, asked))}
    return Night(published, dict(numbers_of(published)), true, _Rulebook(plans, published).rules())


def numbers_of(published: Published) -> Iterator[tuple[Group, Cell]]:
    """All numbers of people that are published, each of its group."""
    for distribution in (*published.themes, *published.places, *published.cross_tabs):
        yield from _of_distribution(distribution, ())
    for distribution in published.demographics:
        yield from _of_distribution(distribution, (("described", ""),))
    yield frozenset({("described", "")}), published.described
    shown = published.participation
    for number, episode in enumerate(shown.episodes):
        _, answered, relevant = shown.people.cells(number)
        yield frozenset({(episode.key, "answered")}), answered
        yield frozenset({(episode.key, "relevant")}), relevant
        yield frozenset({(episode.key, "partly reviewed")}), shown.partly_reviewed.cell(number)
    yield frozenset(), shown.opted_in
    for season, weeks in published.weeks.items():
        for number, week in enumerate(weeks):
            yield frozenset({("week", f"{season} {number}")}), week.people
    for place, elsewhere in published.elsewhere.items():
        yield frozenset({("elsewhere", place)}), elsewhere.people
    yield frozenset({("times", "several")}), shown.repeated
    for number, cell in enumerate(shown.repeats.cells(), start=1):
        yield frozenset({("times", str(number))}), cell
    for names, cell in zip(shown.combinations, shown.loyalty.cells(), strict=True):
        yield frozenset({("just", str(names))}), cell


def _of_distribution(shown: Distribution, context: Sequence[tuple[str, str]]) -> Iterator[tuple[Group, Cell]]:
    rows = ["relevant", *(code.string_value for code in shown.coding.codes)]
    columns = [None, *((by.key, code.string_value) for by in shown.by for code in by.codes)]
    for (row, code), (column, other) in product(enumerate(rows), enumerate(columns)):
        group = frozenset({(shown.coding.key, code), *([other] if other else []), *context})
        yield group, shown.numbers.cell(row, column)


class _Rulebook:
    """What somebody knows of numbers who has read what the tables show."""

    def __init__(self, plans: CodingPlans, published: Published) -> None:
        self._plans, self._published = plans, published
        self._equal: list[Terms] = []
        self._at_most_zero: list[Terms] = []

    def rules(self) -> Rules:
        shown = self._published.participation
        described = [(each.key, code.string_value) for each in surveys(self._plans) for code in each.codes]
        for survey in surveys(self._plans):
            self._survey(survey, ())
            self._survey(survey, (("described", ""),))
            for code in survey.themes:
                own = (survey.key, code.string_value)
                self._at_most([_of(own)], [_of(own, ("described", ""))])
        for table in self._published.cross_tabs:
            if table.by[0].dataset.is_survey:
                for code in table.by[0].codes:
                    self._survey(table.coding, ((table.by[0].key, code.string_value),))
                for code in table.coding.codes:
                    self._survey(table.by[0], ((table.coding.key, code.string_value),), is_column=True)
        for episode in shown.episodes:
            for context in [(), *((each,) for each in described)]:
                self._episode(episode, context)
            values = ["relevant", "answered", *(code.string_value for code in episode.codes)]
            for survey, value in product(surveys(self._plans), values):
                self._survey(survey, ((episode.key, value),), is_column=True)
        self._participation()
        return Rules(self._equal, self._at_most_zero)

    def _adds_up(self, parts: Iterable[Group], whole: Group) -> None:
        self._equal.append({whole: -1} | dict.fromkeys(parts, 1))

    def _at_most(self, parts: Iterable[Group], wholes: Iterable[Group]) -> None:
        self._at_most_zero.append(dict.fromkeys(wholes, -1) | dict.fromkeys(parts, 1))

    def _participation(self) -> None:
        shown = self._published.participation
        sets = {names: _of(("just", str(names))) for names in shown.combinations}
        self._adds_up(sets.values(), _of())
        for number in range(1, shown.repeats.row_count + 1):
            self._adds_up([one for names, one in sets.items() if len(names) == number], _of(("times", str(number))))
        self._adds_up([_of(("times", "1")), _of(("times", "several"))], _of())
        for season, weeks in self._published.weeks.items():
            of_weeks = [_of(("week", f"{season} {number}")) for number in range(len(weeks))]
            for one in of_weeks:
                self._at_most([one], [_of()])
        for episode in shown.episodes:
            them = [one for names, one in sets.items() if episode.dataset.name in names]
            self._adds_up(them, _of((episode.key, "answered")))

    def _survey(self, survey: Analysed, context: Sequence[tuple[str, str]], *, is_column: bool = False) -> None:
        """Everybody has one code of a survey, and one of a region has its state."""
        codes = {code.string_value: _of((survey.key, code.string_value), *context) for code in survey.codes}
        self._adds_up(codes.values(), _of(*context))
        if not is_column:
            themes = [codes[code.string_value] for code in survey.themes]
            self._adds_up(themes, _of((survey.key, "relevant"), *context))
        if survey.key == "region" and (not context or context[0][0] != "gender"):
            for state in dict.fromkeys(REGIONS.values()):
                inside = [codes[region] for region in REGIONS if REGIONS[region] == state]
                self._adds_up(inside, _of(("state", state), *context))

    def _episode(self, episode: Analysed, context: Sequence[tuple[str, str]]) -> None:
        """Who has which codes of an episode, among all people or those with a code of a survey."""

        def of(value: str) -> Group:
            return _of((episode.key, value), *context)

        codes = [code.string_value for code in episode.codes if code.string_value not in {"NA", "NS"}]
        themes = [code.string_value for code in episode.themes]
        others = [code for code in codes if code not in themes]
        self._equal.append({of("NA"): 1, of("NS"): 1, of("answered"): 1, _of(*context): -1})
        self._at_most([of("relevant")], [of(theme) for theme in themes])
        self._at_most([of("relevant"), of("NR")], [of("answered")])
        self._at_most([of("answered")], [of("relevant"), *(of(code) for code in others)])
        for code in codes:
            self._at_most([of(code)], [of("relevant") if code in themes else of("answered")])
        if not context:
            self._at_most([of("partly reviewed")], [of("NR")])
            self._at_most([of("partly reviewed"), of("relevant")], [of("answered")])


def _of(*codes: tuple[str, str]) -> Group:
    return frozenset(codes)


def small_ones(night: Night, threshold: int) -> list[Group]:
    """The groups whose number is small, and not zero."""
    return [group for group, people in night.true.items() if 0 < people < threshold]


class Unknowns(NamedTuple):
    """The numbers behind all that some nights published, each once while it stayed what it was."""

    places: Mapping[tuple[int, Group], int]
    """The place of the number of each group in each night."""
    cells: Mapping[int, Cell]
    """What was published of a number."""
    count: int

    def last(self, groups: Iterable[Group]) -> dict[Group, int]:
        """The places of some groups' numbers in the last night."""
        night = max(night for night, _ in self.places)
        return {group: self.places[night, group] for group in groups}


def unknowns_of(nights: Sequence[Night]) -> Unknowns:
    """Of nights before, somebody knows whether a number was another one then, even where it is not released."""
    last: dict[Group, tuple[tuple[int, str], int]] = {}
    places: dict[tuple[int, Group], int] = {}
    cells: dict[int, Cell] = {}
    count = 0
    for number, night in enumerate(nights):
        for group in _groups_of(night):
            cell = night.released.get(group)
            now = (night.true.get(group, -1), cell.text if cell else "")
            if cell is None or last.get(group, (None, 0))[0] != now:
                last[group] = (now, count)
                cells |= {} if cell is None else {count: cell}
                count += 1
            places[number, group] = last[group][1]
    return Unknowns(places, cells, count)


def _groups_of(night: Night) -> list[Group]:
    in_rules = (group for terms in (*night.rules.equal, *night.rules.at_most_zero) for group in terms)
    return list(dict.fromkeys([*night.released, *in_rules]))


def _matrix(rules: Sequence[Sequence[Terms]], unknowns: Unknowns) -> csr_matrix:
    """A row per rule of each night."""
    terms = [(number, each) for number, of_night in enumerate(rules) for each in of_night]
    entries = [
        (row, unknowns.places[number, group], factor)
        for row, (number, each) in enumerate(terms)
        for group, factor in each.items()
    ]
    rows, columns, factors = zip(*entries, strict=True)
    return csr_matrix((np.array(factors, float), (rows, columns)), shape=(len(terms), unknowns.count))


def worked_out(nights: Sequence[Night], table: PerturbationTable, groups: Sequence[Group]) -> list[Group]:
    """Those of some groups whose number in the last night follows exactly from what is published.

    Each released number is the true one, but for the largest deviation; each other is below the threshold, or has
    become so.
    """
    unknowns, deviation = unknowns_of(nights), table.largest_deviation
    bounds = [(0, MANY)] * unknowns.count
    for place, cell in unknowns.cells.items():
        hidden = (0, table.threshold - 1 + deviation)
        is_shown = cell.count is not None
        bounds[place] = (max(table.threshold, cell.count - deviation), cell.count + deviation) if is_shown else hidden
    equal = _matrix([night.rules.equal for night in nights], unknowns)
    at_most_zero = _matrix([night.rules.at_most_zero for night in nights], unknowns)

    def extreme(place: int, sign: int) -> int:
        objective = np.zeros(unknowns.count)
        objective[place] = sign
        found = linprog(
            objective,
            A_ub=at_most_zero,
            b_ub=np.zeros(at_most_zero.shape[0]),
            A_eq=equal,
            b_eq=np.zeros(equal.shape[0]),
            bounds=bounds,
            method="highs",
        )
        assert found.status == 0, found.message
        return math.ceil(found.fun - 1e-6) if sign > 0 else math.floor(-found.fun + 1e-6)

    return [group for group, place in unknowns.last(groups).items() if extreme(place, 1) == extreme(place, -1)]


def estimates(nights: Sequence[Night], table: PerturbationTable) -> dict[Group, Target]:
    """What all published numbers together say of each small number of the last night: weighted least squares."""
    unknowns = unknowns_of(nights)
    hidden = unknowns.last(small_ones(nights[-1], table.threshold))
    weights, values = np.full(unknowns.count, 1e-4), np.zeros(unknowns.count)
    for place, cell in unknowns.cells.items():
        if cell.count is not None:
            weights[place], values[place] = 1 / float((table.perturbations[-1] ** 2).mean()), cell.count
        else:
            weights[place], values[place] = _HIDDEN
    sums = _matrix([night.rules.equal for night in nights], unknowns)
    solver = splu((diags(weights) + _EXACT * (sums.T @ sums)).tocsc())
    means = solver.solve(weights * values)
    found = {}
    for group, place in hidden.items():
        unit = np.zeros(unknowns.count)
        unit[place] = 1.0
        spread = solver.solve(unit)[place]
        # What the others say, without what a hidden number is taken for.
        precision = 1 / spread - weights[place]
        true = nights[-1].true[group]
        if precision > _NOTHING:
            mean = (means[place] / spread - weights[place] * values[place]) / precision
            found[group] = Target(true, float(mean), float(1 / precision))
        else:
            found[group] = Target(true, 0.0, math.inf)
    return found


class Guess(NamedTuple):
    """The small number that is the most probable."""

    probability: float
    is_right: bool


def guesses(targets: Sequence[Target], prior: NDArray[np.float64]) -> list[Guess]:
    """What somebody guesses who knows that a number is not zero, and how often which number is not released.

    Args:
        targets: What is known of each.
        prior: How probable each number from zero is, before anything is known.
    """
    values = np.arange(1, len(prior))
    made = []
    for target in targets:
        likelihood = np.exp(-((values - target.mean) ** 2) / (2 * target.variance))
        probabilities = prior[1:] * likelihood
        probabilities /= probabilities.sum()
        best = int(probabilities.argmax())
        made.append(Guess(float(probabilities[best]), int(values[best]) == target.true))
    return made


class Project(NamedTuple):
    """What attacks on one invented project came to, by what was attacked."""

    tried: Mapping[str, int]
    """For how many small numbers linear programs were solved."""
    exact: Mapping[str, int]
    """How many of them follow exactly."""
    targets: Mapping[str, Sequence[Target]]
    hidden: Sequence[int]
    """The true numbers in the place of those that are not released."""


def attack(seed: int, table: PerturbationTable) -> Project:
    """Attacks one project of 8 to 150 people, in one to three episodes: its tables, all of a night, its season."""
    chance = random.Random(seed)  # noqa: S311 - nothing is kept secret by it
    episode_count = 1 + seed % 3
    plans, people = invented_plans(episode_count), invented_people(8 + seed * 37 % 143, episode_count, chance)
    has_season = seed % _SEASON_EVERY == 0
    of_nights = season(people, episode_count, chance) if has_season else [people]
    nights = [publish_night(plans, them, table) for them in of_nights]
    first = nights[0]
    of_tables = first._replace(released={each: cell for each, cell in first.released.items() if _is_in_tables(each)})
    seen = {"tables": [of_tables], "a whole night": [first]} | ({"a season": nights} if has_season else {})
    known = {name: estimates(each, table) for name, each in seen.items()}
    surest = {
        name: sorted(known[name], key=lambda group, name=name: known[name][group].variance)[:most]
        for name, most in _MOST_TARGETS.items()
        if name in seen
    }
    exact = {name: len(worked_out(seen[name], table, groups)) for name, groups in surest.items()}
    hidden = [first.true[group] for group, cell in first.released.items() if cell.count is None]
    targets = {name: list(each.values()) for name, each in known.items()}
    return Project({name: len(groups) for name, groups in surest.items()}, exact, targets, hidden)


def _is_in_tables(group: Group) -> bool:
    """Whether a number is not only in a graph, a map or the report."""
    codes = dict(group)
    is_of_map = len(group) == 1 and not codes.keys().isdisjoint({"region", "week", "elsewhere"})
    return not is_of_map and codes.get("times") != "several"


def prior_of(projects: Sequence[Project]) -> NDArray[np.float64]:
    """How often which number stands where none is released."""
    counts = np.bincount([number for project in projects for number in project.hidden])
    return np.asarray(counts / counts.sum())


def summary(projects: Sequence[Project]) -> Iterator[str]:
    """How sure the attackers are, in a line for each thing that they attacked."""
    prior = prior_of(projects)
    shares = ", ".join(f"{share:.1%}" for share in prior)
    yield f"{len(projects):,} projects; what is not released is 0, 1, 2, … in {shares} of all cases"
    for name in ("tables", "a whole night", "a season"):
        having = [project for project in projects if name in project.targets]
        made = sorted((guess for each in having for guess in guesses(each.targets[name], prior)), reverse=True)
        surest = made[: -(-len(made) // 1000)]
        tried = sum(each.tried.get(name, 0) for each in having)
        exact = sum(each.exact.get(name, 0) for each in having)
        yield (
            f"{name}, {len(having):,} projects: {exact} of {tried:,} tried follow exactly; of {len(made):,} small "
            f"numbers the surest guess has {made[0].probability:.0%}; of the {len(surest):,} surest, from "
            f"{surest[-1].probability:.0%}, {_right(surest)} are right, and {_right(made)} of all"
        )


def _right(made: Sequence[Guess]) -> str:
    return f"{sum(guess.is_right for guess in made) / len(made):.0%}"


def attack_all(count: int, table: PerturbationTable) -> list[Project]:
    """Attacks so many projects, on all cores."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return list(pool.map(partial(attack, table=table), range(count), chunksize=_SEASON_EVERY + 1))


if __name__ == "__main__":
    COUNT, DEVIATION, VARIANCE = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    print(*summary(attack_all(COUNT, maximum_entropy(5, DEVIATION, VARIANCE))), sep="\n")  # noqa: T201
