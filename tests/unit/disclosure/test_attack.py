"""How sure somebody can be of small numbers, in a few invented projects; `attack` measures it in many."""

import random
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from pipeline_lib.disclosure.perturbation_tables import KEY_COUNT, PerturbationTable, maximum_entropy, ten_five_rule
from tests.unit.disclosure.attack import (
    METHODS,
    Project,
    attack,
    estimates,
    guesses,
    priors_of,
    small_ones,
    worked_out,
)
from tests.unit.disclosure.attacker_knowledge import MESSAGES, SOURCES, TABLES, Group, Night, Rules, Told, publish_night
from tests.unit.disclosure.invented_projects import invented_people, invented_plans

pytestmark = pytest.mark.slow

TABLE = maximum_entropy(5, 7, 4.0)
ONE_NIGHT, SEASON = range(10, 18), (10,)


@pytest.fixture(scope="module")
def projects() -> Mapping[int, Sequence[Project]]:
    """Some of which one night is attacked, and some ten, by the number of nights."""
    return {1: [attack(seed, TABLE) for seed in ONE_NIGHT], 10: [attack(seed, TABLE, 10) for seed in SEASON]}


def invented_night(count: int, table: PerturbationTable, episode_count: int = 1) -> Night:
    people = invented_people(count, episode_count, random.Random(1))  # noqa: S311
    return publish_night(invented_plans(episode_count), people, table)


@pytest.mark.parametrize(
    ("nights", "name", "bound"),
    [*((1, name, 0.9) for name in SOURCES), (10, "5 nights", 0.95), (10, "10 nights", 0.97)],
)
def test_nobody_is_surer_of_a_small_number_than_the_docs_say(
    nights: int, name: str, bound: float, projects: Mapping[int, Sequence[Project]]
) -> None:
    priors = priors_of(projects[1])
    for method in METHODS:
        made = [guess for each in projects[nights] for guess in guesses(each.targets[name], priors, method)]
        assert len(made) > 100
        assert max(guess.probability for guess in made) < bound


def test_no_small_number_follows_exactly(projects: Mapping[int, Sequence[Project]]) -> None:
    everywhere = [*projects[1], *projects[10]]
    assert sum(sum(each.tried.values()) for each in everywhere) >= 4 * len(ONE_NIGHT)
    assert [sum(each.exact.values()) for each in everywhere] == [0] * len(everywhere)


def test_numbers_that_are_hidden_and_not_perturbed_follow_from_the_others() -> None:
    below = np.repeat(-np.arange(5)[:, None], KEY_COUNT, axis=1)
    small_ones_hidden = PerturbationTable(5, np.concatenate([below, np.zeros((1, KEY_COUNT), np.int64)]), 1)
    night = invented_night(60, small_ones_hidden)
    assert len(worked_out([night], small_ones_hidden, small_ones(night, 5)[:24:2])) >= 3


def test_who_sees_both_largest_deviations_knows_what_is_hidden() -> None:
    near = maximum_entropy(5, 5, 4.0)
    everybody, shown, hidden = (frozenset({("gender", code)}) for code in ("any", "man", "woman"))

    def likelihood(of_everybody: int, of_shown: int) -> Sequence[float]:
        cells = {everybody: of_everybody, shown: of_shown, hidden: None}
        told = [Told({group: 1}, number, str(number), (1,), frozenset({TABLES})) for group, number in cells.items()]
        rules = Rules([{everybody: -1, shown: 1, hidden: 1}], [{shown: 1, everybody: -1}])
        true = {everybody: 25, shown: 24, hidden: 1, everybody | {MESSAGES}: 30}
        night = Night(told, true, rules, {})
        return estimates([night], near, [hidden])[hidden].likelihood

    assert [chance > 0 for chance in likelihood(20, 29)] == [True, False, False, False]
    assert [chance > 0 for chance in likelihood(20, 28)] == [True, True, False, False]
    assert [chance > 0 for chance in likelihood(25, 24)] == [True, True, True, True]


@pytest.mark.parametrize("episode_count", [1, 2, 3])
@pytest.mark.parametrize("table", [TABLE, ten_five_rule()])
def test_the_truth_is_in_what_attackers_take_for_possible(episode_count: int, table: PerturbationTable) -> None:
    night = invented_night(90, table, episode_count)
    true = night.true

    def total(terms: Mapping[Group, int]) -> int | None:
        return sum(factor * true[group] for group, factor in terms.items()) if terms.keys() <= true.keys() else None

    sums = [total(terms) for terms in night.rules.equal]
    assert len(sums) - sums.count(None) > 80
    assert {each for each in sums if each is not None} == {0}
    assert max(each for each in map(total, night.rules.at_most_zero) if each is not None) == 0
    for told in night.told:
        off = (told.value or 0) - (total(told.terms) or 0)
        assert told.value is None or abs(off) <= table.largest_deviation * sum(told.perturbations) or told.value == 0
    of_messages = [told for told in night.told if any(MESSAGES in group for group in told.terms)]
    assert len(of_messages) > 20
