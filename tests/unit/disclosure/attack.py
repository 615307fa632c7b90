"""How sure somebody can be of a small number who has all that a project publishes, or a part, in one night or in many.

They know the method: the threshold, the perturbation table, how numbers add up, how often which number is small, how
much people write, and how many times a perturbation a number of messages is changed by. They look for numbers that
follow exactly, by linear programs, and else work out how probable each number is: by each sum of which nothing else is
missing, with the exact distribution of what the others may be, and by weighted least squares over all numbers at once.

`python -m tests.unit.disclosure.attack --projects 1000` prints what `docs/analysis.md` says of a night; with `--nights
20`, of a season; with `--table 10-5`, of the 10-5 rule. It takes the first so many invented projects.
"""

import argparse
import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
import scipy  # whose parts it imports where they are asked for: other tests need not wait for them
from numpy.typing import NDArray

from pipeline_lib.disclosure.perturbation_tables import KEY_COUNT, PerturbationTable, maximum_entropy, ten_five_rule
from tests.unit.disclosure.attacker_knowledge import MESSAGES, SOURCES, Group, Night, Terms, Told, publish_night
from tests.unit.disclosure.invented_projects import invented_people, invented_plans, season

METHODS = ("sums", "squares")
"""Each sum of which nothing else is missing, and all sums at once. The former is right as often as it says; the latter
takes perturbations for normal and for independent where two groups are the same people, and is less often right."""
AFTER_NIGHTS = (5, 10, 20)
"""After how many nights somebody attacks all of them."""
MANY = 10**4
_HIDDEN = (1 / 8, 2.0)
"""The weight and the value of a number of people that is not released, as long as nothing is known of it."""
_EXACT, _NOTHING = 1e4, 1e-4
"""The weight of a rule, and one that says nothing."""
_PROGRAMS_OF_SEASON, _SEASONS = 2, 10
"""For how many small numbers of ten nights linear programs are solved, and in one project of how many."""
_OF_HIDDEN = (0, np.array([64, 14, 8, 6, 5, 1, 0.8, 0.5, 0.3, 0.2, *[0.01] * 20]) / 100)
"""How often a number that is not released is 0, 1, 2, and so on."""


class Target(NamedTuple):
    """A small number, and what is known of it before its probabilities are weighed."""

    true: int
    of_senders: bool
    """Whether it is the number of those who sent some messages, which are small more often."""
    mean: float
    variance: float
    """Infinite where nothing tells."""
    likelihood: Sequence[float]
    """Of each number from 1 on, by the sums that it alone is missing from."""


def small_ones(night: Night, threshold: int) -> list[Group]:
    """The groups of people whose number is small, and not zero."""
    return [group for group, people in night.true.items() if 0 < people < threshold and MESSAGES not in group]


class Unknowns(NamedTuple):
    """The numbers behind all that some nights published, each once while it stayed what it was."""

    places: Mapping[tuple[int, Group], int]
    """The place of the number of each group in each night."""
    told: Mapping[tuple[tuple[int, int], ...], Told]
    """What was published, by places, each with its factor."""
    size: int

    def last(self, groups: Iterable[Group]) -> dict[Group, int]:
        """The places of some groups' numbers in the last night."""
        night = max(night for night, _ in self.places)
        return {group: self.places[night, group] for group in groups}


def unknowns_of(nights: Sequence[Night]) -> Unknowns:
    """Of nights before, somebody knows whether a number was another one then, even where it is not released."""
    last: dict[Group, tuple[tuple[int, frozenset[str]], int]] = {}
    places: dict[tuple[int, Group], int] = {}
    found: dict[tuple[tuple[int, int], ...], Told] = {}
    count = 0
    for number, night in enumerate(nights):
        texts: dict[Group, set[str]] = defaultdict(set)
        for told in night.told:
            for group in told.terms:
                texts[group].add(told.text)
        in_rules = (group for terms in (*night.rules.equal, *night.rules.at_most_zero) for group in terms)
        for group in dict.fromkeys([*texts, *night.true, *in_rules]):
            now = (night.true.get(group, -1), frozenset(texts[group]))
            if group not in night.true or group not in last or last[group][0] != now:
                last[group] = (now, count)
                count += 1
            places[number, group] = last[group][1]
        for told in night.told:
            found[tuple(sorted((places[number, group], factor) for group, factor in told.terms.items()))] = told
    return Unknowns(places, found, count)


def _matrix(rules: Sequence[Sequence[Terms]], unknowns: Unknowns) -> "scipy.sparse.csr_matrix":
    """A row per rule of each night."""
    terms = [
        [(unknowns.places[number, group], factor) for group, factor in each.items()]
        for number, of_night in enumerate(rules)
        for each in of_night
    ]
    return _of_rows(terms, unknowns.size)


def _of_rows(terms: Sequence[Sequence[tuple[int, float]]], width: int) -> "scipy.sparse.csr_matrix":
    entries = [(row, place, factor) for row, each in enumerate(terms) for place, factor in each]
    rows, columns, factors = np.array(entries, float).reshape(-1, 3).T
    return scipy.sparse.csr_matrix((factors, (rows.astype(int), columns.astype(int))), shape=(len(terms), width))


def worked_out(nights: Sequence[Night], table: PerturbationTable, groups: Sequence[Group]) -> list[Group]:
    """Those of some groups whose number in the last night follows exactly from what is published, if it is not zero.

    Each released number is the true one, but for the largest deviation; each other is of fewer people than the
    threshold, or of so few that they have become so.
    """
    unknowns, deviation, most_hidden = unknowns_of(nights), table.largest_deviation, _most_hidden(table)
    bounds = np.tile([0.0, MANY], (unknowns.size, 1))
    sums: list[tuple[Sequence[tuple[int, int]], int, int]] = []
    for places, told in unknowns.told.items():
        if told.value is not None:
            off = deviation * sum(told.perturbations)
            sums.append((places, max(0, told.value - off), told.value + off))
    for number, night in enumerate(nights):
        for told in night.told:
            if len(told.terms) == 1:
                [group] = told.terms
                place = unknowns.places[number, group - {MESSAGES}]
                least, most = bounds[place]
                bounds[place] = (least, min(most, most_hidden)) if told.value is None else (table.threshold, most)
        for group, limits in night.samples.items():
            if (number, group) in unknowns.places:
                bounds[unknowns.places[number, group]] = limits
    equal = _matrix([night.rules.equal for night in nights], unknowns)
    told_sums = _of_rows([places for places, _, _ in sums], unknowns.size)
    at_most = scipy.sparse.vstack(
        [_matrix([night.rules.at_most_zero for night in nights], unknowns), told_sums, -told_sums]
    ).tocsr()
    limits_of_sums = np.concatenate(
        [
            np.zeros(at_most.shape[0] - 2 * len(sums)),
            [most for _, _, most in sums],
            [-least for _, least, _ in sums],
        ]
    )

    def extreme(place: int, sign: int) -> int:
        objective, above_zero = np.zeros(unknowns.size), bounds.copy()
        objective[place], above_zero[place, 0] = sign, max(1, bounds[place, 0])
        found = scipy.optimize.linprog(
            objective,
            A_ub=at_most,
            b_ub=limits_of_sums,
            A_eq=equal,
            b_eq=np.zeros(equal.shape[0]),
            bounds=above_zero,
            method="highs",
        )
        assert found.status == 0, found.message
        return math.ceil(found.fun - 1e-6) if sign > 0 else math.floor(-found.fun + 1e-6)

    def follows(place: int, true: int) -> bool:
        least = extreme(place, 1)
        assert least <= true  # the truth is possible, so that one extreme beyond it settles that it does not follow
        return least == true == extreme(place, -1)

    true = nights[-1].true
    return [group for group, place in unknowns.last(groups).items() if follows(place, true[group])]


def _most_hidden(table: PerturbationTable) -> int:
    """The largest number that is ever not released, since it may become as small."""
    counts = np.arange(3 * table.threshold)
    least = counts + np.min([table.of(counts, np.full_like(counts, key)) for key in (0, KEY_COUNT - 1)], axis=0)
    return int(counts[least < table.threshold].max())


def estimates(nights: Sequence[Night], table: PerturbationTable, groups: Sequence[Group]) -> dict[Group, Target]:
    """What all published numbers together say of some groups of the last night: weighted least squares."""
    unknowns = unknowns_of(nights)
    variance = float((table.of_large(np.arange(1000), np.arange(1000) * 4 + 2) ** 2).mean())
    of_hidden = np.zeros(unknowns.size)
    rows: list[Sequence[tuple[int, float]]] = []
    values: list[float] = []
    weights: list[float] = []
    ratio, spread_of_ratio = _messages_per_sender(nights[-1])
    for own, told in unknowns.told.items():
        if told.value is not None:
            rows.append(own)
            values.append(told.value)
            weights.append(1 / max(1 / _EXACT, variance * sum(times**2 for times in told.perturbations)))
    for (number, group), place in unknowns.places.items():
        if MESSAGES in group and group in nights[number].true:
            senders = unknowns.places[number, group - {MESSAGES}]
            rows.append([(place, 1), (senders, -ratio)])
            values.append(0.0)
            weights.append(1 / (spread_of_ratio * max(1, nights[number].true[group - {MESSAGES}])))
    for number, night in enumerate(nights):
        for told in night.told:
            if told.value is None:
                [group] = told.terms
                of_hidden[unknowns.places[number, group - {MESSAGES}]] = _HIDDEN[0]
    observed = _of_rows(rows, unknowns.size)
    equal = _matrix([night.rules.equal for night in nights], unknowns)
    normal = (
        scipy.sparse.diags(of_hidden + _NOTHING)
        + observed.T @ scipy.sparse.diags(weights) @ observed
        + _EXACT * (equal.T @ equal)
    )
    # Symmetric and positive definite: without pivots, ordered as one, its factors have a third less to go through.
    solver = scipy.sparse.linalg.splu(
        normal.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    )
    means = solver.solve(of_hidden * _HIDDEN[1] + observed.T @ (np.array(weights) * values))
    asked, likelihoods = unknowns.last(groups), _Sums(nights, unknowns, table).likelihoods(groups, table.threshold - 1)
    places = list(asked.values())
    units = np.zeros((unknowns.size, len(places)))
    units[places, range(len(places))] = 1.0
    spreads = solver.solve(units)[places, range(len(places))] if places else []
    found = {}
    for group, place, spread in zip(asked, places, spreads, strict=True):
        # What the others say, without what a hidden number is taken for.
        precision = 1 / spread - of_hidden[place]
        true, of_senders = nights[-1].true[group], group | {MESSAGES} in nights[-1].true
        if precision > 2 * _NOTHING:
            mean = (means[place] / spread - of_hidden[place] * _HIDDEN[1]) / precision
            found[group] = Target(true, of_senders, float(mean), float(1 / precision), likelihoods[group])
        else:
            found[group] = Target(true, of_senders, 0.0, math.inf, likelihoods[group])
    return found


def _messages_per_sender(night: Night) -> tuple[float, float]:
    """How many messages a sender sends, and the variance of that."""
    pairs = [(night.true[each], night.true[each - {MESSAGES}]) for each in night.true if MESSAGES in each]
    messages, people = np.array([pair for pair in pairs if pair[1]], float).T
    ratio = messages.sum() / people.sum()
    return float(ratio), float(max(0.1, np.mean((messages - ratio * people) ** 2 / people)))


class _Sums:
    """The sums of all nights of which every number is known, more or less."""

    def __init__(self, nights: Sequence[Night], unknowns: Unknowns, table: PerturbationTable) -> None:
        self._unknowns = unknowns
        self._perturbation = np.bincount(table.perturbations[-table.period :].ravel() + MANY)
        self._threshold = table.threshold
        first = int(self._perturbation.nonzero()[0][0])
        self._lowest = first - MANY
        self._chances = self._perturbation[first:] / self._perturbation.sum()
        self._groups = {place: group for (_, group), place in unknowns.places.items()}
        self._known: dict[int, tuple[int, NDArray[np.float64]]] = {}
        for places, told in self._unknowns.told.items():
            [(place, factor), *others] = places
            if not others and told.perturbations == (1,) and factor == 1:
                self._known[place] = self._of_shown(told.value) if told.value is not None else _OF_HIDDEN
        rules = (
            tuple((self._unknowns.places[number, group], factor) for group, factor in terms.items())
            for number, night in enumerate(nights)
            for terms in night.rules.equal
        )
        self._of_place: dict[int, list[tuple[float, tuple[tuple[int, int], ...]]]] = defaultdict(list)
        for rule in dict.fromkeys(rules):
            spreads = [self._spread(place) for place, _ in rule]
            for (place, _), own in zip(rule, spreads, strict=True):
                if math.isfinite(rest := sum(spreads) - (0 if math.isinf(own) else own)) and own == _spread(_OF_HIDDEN):
                    self._of_place[place].append((rest, rule))

    def likelihoods(self, groups: Iterable[Group], greatest: int) -> dict[Group, Sequence[float]]:
        """Of each number from 1 to the greatest, for groups of the last night."""
        return {group: tuple(self._likelihood(place, greatest)) for group, place in self._unknowns.last(groups).items()}

    def _likelihood(self, place: int, greatest: int) -> NDArray[np.float64]:
        """Sums are independent that have no number in common, nor one that is not released in several nights."""
        found = np.ones(greatest)
        used: set[int | Group] = {place}
        for _, rule in sorted(self._of_place.get(place, ())):
            others = [(other, factor) for other, factor in rule if other != place]
            theirs = {self._groups[other] if self._known[other] is _OF_HIDDEN else other for other, _ in others}
            if used.isdisjoint(theirs):
                used |= theirs
                [own] = [factor for other, factor in rule if other == place]
                least, chances = 0, np.ones(1)
                for other, factor in others:
                    start, of_other = self._known[other]
                    if factor * own > 0:  # on the same side of the equation
                        start, of_other = -(start + len(of_other) - 1), of_other[::-1]
                    least, chances = least + start, np.convolve(chances, of_other)
                wanted = np.arange(1, greatest + 1) - least
                inside = (wanted >= 0) & (wanted < len(chances))
                found *= np.where(inside, chances[np.clip(wanted, 0, len(chances) - 1)], 0)
        return found

    def _of_shown(self, value: int) -> tuple[int, NDArray[np.float64]]:
        """What a number may have been, and how probably, that is released as this one."""
        highest = self._lowest + len(self._chances) - 1
        least, chances = value - highest, self._chances[::-1]
        cut = max(0, self._threshold - least)
        return least + cut, chances[cut:] / chances[cut:].sum()

    def _spread(self, place: int) -> float:
        return _spread(self._known[place]) if place in self._known else math.inf


def _spread(of: tuple[int, NDArray[np.float64]]) -> float:
    values = np.arange(len(of[1]))
    return float(of[1] @ values**2 - (of[1] @ values) ** 2)


class Guess(NamedTuple):
    """The small number that is the most probable."""

    probability: float
    is_right: bool


class Priors(NamedTuple):
    """How probable each number from zero is, before anything is known."""

    of_people: NDArray[np.float64]
    of_senders: NDArray[np.float64]


def guesses(targets: Sequence[Target], priors: Priors, method: str) -> list[Guess]:
    """What somebody guesses who knows that a number is not zero, and how often which number is not released.

    Args:
        targets: What is known of each number.
        priors: How often which number is not released.
        method: One of `METHODS`.
    """
    made = []
    for target in targets:
        prior = priors.of_senders if target.of_senders else priors.of_people
        squares = (np.arange(1, 1 + len(target.likelihood)) - target.mean) ** 2
        by_squares = np.exp(-(squares - squares.min()) / (2 * target.variance))
        likelihood = by_squares if method == "squares" else target.likelihood
        made.append(_guess(prior[1 : 1 + len(squares)] * likelihood, target.true))
    return made


def _guess(weights: NDArray[np.float64], true: int) -> Guess:
    best = int(weights.argmax())
    return Guess(float(weights[best] / weights.sum()), best + 1 == true)


class Project(NamedTuple):
    """What attacks on one invented project came to, by what was attacked."""

    tried: Mapping[str, int]
    """For how many small numbers linear programs were solved."""
    exact: Mapping[str, int]
    """How many of them follow exactly."""
    targets: Mapping[str, Sequence[Target]]
    hidden: Sequence[tuple[int, bool]]
    """The true numbers in the place of those that are not released, and whether they are of senders."""


def attack(seed: int, table: PerturbationTable, nights: int = 1, programs: int = 4) -> Project:
    """Attacks one project of 8 to 150 people, in one to three episodes.

    Args:
        seed: Which project.
        table: Perturbs its numbers.
        nights: Of one, each part of what is published is attacked; of more, all of it, after `AFTER_NIGHTS`.
        programs: For how many small numbers of a night linear programs are solved: those of which most is known.
    """
    chance = random.Random(seed)  # noqa: S311 - nothing is kept secret by it
    episode_count = 1 + seed % 3
    plans, people = invented_plans(episode_count), invented_people(8 + seed * 37 % 143, episode_count, chance)
    of_nights = season(people, episode_count, nights, chance)
    published = [publish_night(plans, them, table) for them in of_nights]
    seen = {source: [published[0].of(source)] for source in SOURCES if nights == 1}
    seen |= {f"{count} nights": published[:count] for count in AFTER_NIGHTS if nights > 1 and count <= nights}
    tried, exact, targets = {}, {}, {}
    for name, part in seen.items():
        small = small_ones(published[len(part) - 1], table.threshold)
        known = estimates(part, table, small)
        targets[name] = list(known.values())
        surest = sorted(known, key=partial(_doubt, known))[: _program_count(name, seed, programs)]
        if surest:
            tried[name] = len(surest)
            exact[name] = len(worked_out(part, table, surest))
    first = published[0]
    hidden = {
        group - {MESSAGES}: (first.true[group - {MESSAGES}], MESSAGES in group)
        for told in first.told
        if told.value is None
        for group in told.terms
    }
    return Project(tried, exact, targets, list(hidden.values()))


def _doubt(known: Mapping[Group, Target], group: Group) -> float:
    """How much the sums leave open of a number."""
    likelihood = known[group].likelihood
    return 1 - max(likelihood) / sum(likelihood)


def _program_count(name: str, seed: int, programs: int) -> int:
    if name == "a night":
        return programs
    return _PROGRAMS_OF_SEASON if name == "10 nights" and seed % _SEASONS == 0 else 0


def priors_of(projects: Sequence[Project]) -> Priors:
    """How often which number stands where none is released."""
    shares = []
    for of_senders in (False, True):
        numbers = [number for each in projects for number, is_of_senders in each.hidden if is_of_senders == of_senders]
        counts = np.bincount(numbers, minlength=2)
        shares.append(np.asarray(counts / counts.sum()))
    return Priors(*shares)


def summary(projects: Sequence[Project]) -> Iterator[str]:
    """How sure the attackers are, in a line for each thing that they attacked."""
    priors = priors_of(projects)
    for what, prior in zip(("codes", "senders"), priors, strict=True):
        yield f"of {what}, what is not released is 0, 1, 2, … in {', '.join(f'{share:.1%}' for share in prior)}"
    for name in projects[0].targets:
        tried = sum(each.tried.get(name, 0) for each in projects)
        exact = sum(each.exact.get(name, 0) for each in projects)
        count = sum(len(each.targets[name]) for each in projects)
        of = f"{count:,} small numbers of {len(projects):,} projects"
        yield f"{name}: {exact} of {tried:,} tried follow exactly; {of}"
        for method in METHODS:
            of_each = (guesses(each.targets[name], priors, method) for each in projects)
            made = sorted((guess for made in of_each for guess in made), key=lambda guess: -guess.probability)
            surest = made[: -(-len(made) // 1000)]
            mean = np.mean([guess.probability for guess in surest])
            yield (
                f"  by {method} the surest guess has {made[0].probability:.1%}; the {len(surest):,} surest have "
                f"{mean:.0%} in the mean, and {_right(surest)} of them are right; {_right(made)} of all"
            )


def _right(made: Sequence[Guess]) -> str:
    return f"{sum(guess.is_right for guess in made) / len(made):.0%}"


def attack_all(count: int, attack_one: Callable[[int], Project], processes: int) -> list[Project]:
    """Attacks the first so many projects."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(attack_one, range(count), chunksize=10))


def main() -> None:
    """Attacks as asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--nights", type=int, default=1)
    parser.add_argument("--table", nargs="*", default=["5", "7", "4"], help="10-5, or threshold, deviation, variance")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--programs", type=int, default=4)
    asked = parser.parse_args()
    if asked.table == ["10-5"]:
        table = ten_five_rule()
    else:
        threshold, deviation, variance = asked.table
        table = maximum_entropy(int(threshold), int(deviation), float(variance))
    attack_one = partial(attack, table=table, nights=asked.nights, programs=asked.programs)
    print(*summary(attack_all(asked.projects, attack_one, asked.processes)), sep="\n")  # noqa: T201


if __name__ == "__main__":
    main()
