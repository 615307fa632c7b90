"""Small numbers cannot be worked out, whatever tables are put side by side."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline_lib.analysis.cells import Numbers, Shown
from pipeline_lib.analysis.published import Published, publish
from pipeline_lib.config.pipeline import AutomatedAnalysis
from pipeline_lib.model.coding_plan import CodingPlans, MapLevel, PlacesOfMap
from tests.unit.analysis.privacy.attacker import Attacker, invented_people, small_groups

CROSS_TABS = [{"Rows": "gender", "Columns": "region"}, {"Rows": "gender", "Columns": "e01"}]
MOST_TARGETS = 25
"""How many small numbers of a project are gone for: each takes two linear programs."""

Make = Callable[..., Any]


@pytest.fixture
def project(make_plans: Make, make_frames: Make) -> Callable[..., tuple[CodingPlans, Published]]:
    def make(people: int, episodes: int, threshold: int, seed: int) -> tuple[CodingPlans, Published]:
        plans: CodingPlans = make_plans(episodes, "water", "health", "roads")
        plans = CodingPlans(
            research_questions=plans.research_questions,
            demographics=plans.demographics,
            maps=(PlacesOfMap(MapLevel.REGIONS, "region"),),
        )
        frames = make_frames(plans, invented_people(people, episodes, seed))
        asked = AutomatedAnalysis.model_validate({"SmallCellThreshold": threshold, "CrossTabs": CROSS_TABS})
        return plans, publish(frames, plans, asked)

    return make


@pytest.mark.parametrize(
    ("people", "episodes", "threshold"), [(120, 2, 5), (120, 3, 3), (60, 2, 10), (25, 2, 3), (12, 1, 3)]
)
def test_no_small_number_follows_from_what_is_shown(people: int, episodes: int, threshold: int, project: Make) -> None:
    plans, published = project(people, episodes, threshold, seed=people)
    attacker = Attacker(published, plans, threshold)
    groups = small_groups(published, threshold)
    assert len(groups) > 10
    for group, count in groups.items():
        lowest, highest = attacker.bounds_of(group)
        assert lowest <= count <= highest
        assert lowest < highest
    assert attacker.worked_out(list(groups)[:: max(1, len(groups) // MOST_TARGETS)]) == []


def test_hiding_only_the_small_ones_would_not_do(project: Make) -> None:
    plans, published = project(120, 2, 5, seed=120)
    bare = published._replace(
        themes=tuple(_with_small_ones_hidden(each) for each in published.themes),
        places=tuple(_with_small_ones_hidden(each) for each in published.places),
        cross_tabs=tuple(_with_small_ones_hidden(each) for each in published.cross_tabs),
    )
    groups = small_groups(bare, 5)
    leaks = Attacker(bare, plans, 5).worked_out(list(groups)[::5])
    assert len(leaks) >= 3
    assert all(groups[leak.group] == leak.people for leak in leaks)


def _with_small_ones_hidden(distribution: Any) -> Any:
    counts = distribution.numbers.counts
    modes = np.where((counts > 0) & (counts < 5), Shown.SMALL, Shown.COUNT).astype(np.int8)
    return type(distribution)(distribution.coding, distribution.by, Numbers(counts, modes, 5))


def test_most_of_what_is_not_small_is_shown(project: Make) -> None:
    _, published = project(400, 2, 5, seed=1)
    large = [each.numbers.counts >= 5 for each in published.themes]
    shown = [each.numbers.modes == Shown.COUNT for each in published.themes]
    share = sum((a & b).sum() for a, b in zip(large, shown, strict=True)) / sum(a.sum() for a in large)
    assert share > 0.6


def test_without_a_threshold_every_number_is_shown(make_plans: Make, make_frames: Make) -> None:
    plans = make_plans(2, "water", "health", "roads")
    published = publish(make_frames(plans, invented_people(30, 2, 1)), plans, AutomatedAnalysis())
    assert not any(each.numbers.modes.any() for each in (*published.themes, *published.demographics))
    assert not published.participation.loyalty.modes.any()
