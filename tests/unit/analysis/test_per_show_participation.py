"""per_show_repeat_and_new_participation.csv of a few people, worked out by hand."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.analysis.tables.per_show_participation import per_show_participation
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.disclosure.perturbation_tables import PerturbationTable
from pipeline_lib.model.coding_plan import CodingPlans

PEOPLE = [
    {"e01": ["water"]},
    {"e01": ["water"], "e02": ["health"]},
    {"e02": ["NC"]},
    {},  # withdrew
    {"e01": ["NS"], "e03": ["water"]},
    {"e02": ["health"], "e03": ["water"]},
]
"""The fifth refused to answer the first show, which is no opt-in."""

Rows = list[list[str]]


@pytest.fixture
def rows(make_frames: Callable[..., Frames], make_plans: Callable[..., CodingPlans]) -> Callable[..., Rows]:
    """The rows of the table of three episodes, without the header."""

    def make(
        people: list[dict[str, list[str]]],
        *,
        as_predecessor: bool = False,
        needs_new_people: bool = False,
        table: PerturbationTable | None = None,
    ) -> Rows:
        plans = make_plans(3, "water", "health")
        published = release_numbers(
            make_frames(plans, people), plans, AutomatedAnalysis(), as_predecessor=as_predecessor, table=table
        )
        shown = per_show_participation(
            published.participation, as_predecessor=as_predecessor, needs_new_people=needs_new_people
        )
        return [list(row) for row in shown][1:]

    return make


def test_a_person_is_new_to_the_first_show_of_the_plans_and_a_repeat_in_the_others(rows: Callable[..., Rows]) -> None:
    assert rows(PEOPLE) == [
        ["episode e01", "2", "2", "0", "100.0", "0.0"],
        ["episode e02", "3", "2", "1", "66.7", "33.3"],
        ["episode e03", "2", "1", "1", "50.0", "50.0"],
    ]


def test_to_the_predecessors_whoever_sent_a_text_took_part(rows: Callable[..., Rows]) -> None:
    assert rows(PEOPLE, as_predecessor=True) == [
        ["episode e01_raw", "3", "3", "0", "100.0", "0.0"],
        ["episode e02_raw", "3", "2", "1", "66.7", "33.3"],
        ["episode e03_raw", "2", "0", "2", "0.0", "100.0"],
    ]


def test_only_a_predecessor_has_no_shares_where_nobody_is_new(rows: Callable[..., Rows]) -> None:
    people = [{"e01": ["water"], "e02": ["water"]}]
    assert rows(people)[1:] == [
        ["episode e02", "1", "0", "1", "0.0", "100.0"],
        ["episode e03", "0", "0", "0", "-", "-"],
    ]
    assert rows(people, needs_new_people=True)[1:] == [
        ["episode e02", "1", "0", "1", "", ""],
        ["episode e03", "0", "0", "0", "", ""],
    ]


def test_small_numbers_are_not_released(rows: Callable[..., Rows], fewer_than_five: PerturbationTable) -> None:
    people = [{"e01": ["water"], "e02": ["water"]}] * 6 + [{"e02": ["water"]}] * 2
    assert rows(people, table=fewer_than_five) == [
        ["episode e01", "6", "6", "<5", "100.0", "*"],
        ["episode e02", "8", "<5", "6", "*", "75.0"],
        ["episode e03", "<5", "<5", "<5", "*", "*"],
    ]


def test_a_show_with_two_codings_is_one(make_frames: Callable[..., Frames], plans: CodingPlans) -> None:
    first, second = plans.research_questions
    both = replace(plans, research_questions=(replace(first, codings=(*first.codings, *second.codings)),))
    published = release_numbers(make_frames(both, [{"e01": ["water"]}, {"e02": ["health"]}]), both, AutomatedAnalysis())
    assert list(per_show_participation(published.participation))[1:] == [["episode e01", "2", "2", "0", "100.0", "0.0"]]
