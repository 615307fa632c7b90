"""How sure somebody can be of small numbers, in a few invented projects; `attack` measures it in many."""

import random
from collections.abc import Sequence

import numpy as np
import pytest

from pipeline_lib.disclosure.perturbation_tables import KEY_COUNT, PerturbationTable, maximum_entropy
from tests.unit.disclosure.attack import (
    Project,
    attack,
    guesses,
    invented_people,
    invented_plans,
    prior_of,
    publish_night,
    small_ones,
    worked_out,
)

TABLE = maximum_entropy(5, 5, 4.0)


@pytest.fixture(scope="module")
def projects() -> Sequence[Project]:
    return [attack(seed, TABLE) for seed in range(10, 16)]


@pytest.mark.parametrize(("name", "bound"), [("tables", 0.9), ("a whole night", 0.9), ("a season", 0.95)])
def test_nobody_is_surer_of_a_small_number_than_the_docs_say(
    name: str, bound: float, projects: Sequence[Project]
) -> None:
    prior = prior_of(projects)
    made = [guess for each in projects for guess in guesses(each.targets.get(name, ()), prior)]
    assert len(made) > 50
    assert max(guess.probability for guess in made) < bound


def test_no_small_number_follows_exactly(projects: Sequence[Project]) -> None:
    assert sum(sum(each.tried.values()) for each in projects) > 30
    assert [sum(each.exact.values()) for each in projects] == [0] * len(projects)


def test_numbers_that_are_hidden_and_not_perturbed_follow_from_the_others() -> None:
    small_ones_hidden = PerturbationTable(
        5, np.concatenate([np.repeat(-np.arange(5)[:, None], KEY_COUNT, axis=1), np.zeros((1, KEY_COUNT), np.int64)]), 1
    )
    people = invented_people(60, 1, random.Random(1))  # noqa: S311
    night = publish_night(invented_plans(1), people, small_ones_hidden)
    assert len(worked_out([night], small_ones_hidden, small_ones(night, 5)[::2])) >= 3
