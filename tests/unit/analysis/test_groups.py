"""Groups as breakdowns of themes, and in cross-tabs."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.analysis.tables.all_tables import Contents, tables_of
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.disclosure.perturbation_tables import PerturbationTable
from pipeline_lib.model.coding_plan import CodingPlans
from pipeline_lib.model.groups import Group

PEOPLE = [
    {"e01": ["water"], "e02": ["health"], "gender": ["man"], "club": ["True"], "choir": ["False"]},
    {"e01": ["water"], "gender": ["woman"], "club": ["False"], "choir": ["True"]},
    {"e01": ["health"], "gender": ["woman"], "club": ["True"], "choir": ["True"]},
    {},  # withdrew
]

Rows = list[dict[str, str]]


@pytest.fixture
def tables(make_frames: Callable[..., Frames], plans: CodingPlans) -> Callable[..., dict[str, Rows]]:
    """Rows by file; the choir is of the second episode alone."""
    groups = (
        Group(column="club", files=(), participant_column=""),
        Group(column="choir", files=(), participant_column="", research_questions=("episode e02",)),
        Group(column="hidden", files=(), participant_column="", is_breakdown=False),
    )
    with_groups = replace(plans, groups=groups)

    def make(people: list[dict[str, list[str]]], table: PerturbationTable | None = None) -> dict[str, Rows]:
        asked = AutomatedAnalysis.model_validate({"CrossTabs": [{"Rows": "gender", "Columns": "club"}]})
        published = release_numbers(make_frames(with_groups, people), with_groups, asked, table=table)
        shown = tables_of(Contents(published, with_groups, asked, as_predecessor=False))
        found = {each.filename: [list(row) for row in each.rows] for each in shown}
        return {name: [dict(zip(rows[0], row, strict=True)) for row in rows[1:]] for name, rows in found.items()}

    return make


COLUMNS = ("Theme", "club:True", "club:True %", "club:False", "choir:True", "choir:True %", "choir:False")


def test_themes_are_broken_down_by_groups_each_question_by_its_own(tables: Callable[..., dict[str, Rows]]) -> None:
    themes = tables(PEOPLE)["theme_distributions.csv"]
    shown = [[row[column] for column in COLUMNS] for row in themes if row["Theme"] in {"water", "health"}]
    assert shown == [
        ["water", "1", "50.0", "1", "", "", ""],
        ["health", "1", "50.0", "0", "", "", ""],
        ["water", "0", "0.0", "0", "0", "-", "0"],
        ["health", "1", "100.0", "0", "0", "-", "1"],
    ]
    assert not any(column.startswith("hidden") for column in themes[0])


def test_a_group_is_no_demographic(tables: Callable[..., dict[str, Rows]]) -> None:
    assert {row["Dataset"] for row in tables(PEOPLE)["demographic_distributions.csv"]} == {
        "gender",
        "region",
        "state",
        "",
    }


def test_a_cross_tab_may_be_by_group(tables: Callable[..., dict[str, Rows]]) -> None:
    rows = tables(PEOPLE)["cross_tab_gender_by_club.csv"]
    assert [(row["Theme"], row["club:True"], row["club:False"]) for row in rows][:3] == [
        ("Total Relevant Participants", "2", "1"),
        ("man", "1", "0"),
        ("woman", "1", "1"),
    ]


def test_small_numbers_of_groups_are_not_released(
    tables: Callable[..., dict[str, Rows]], fewer_than_five: PerturbationTable
) -> None:
    said = {"e01": ["water"], "choir": ["False"]}
    people = [{**said, "club": ["True"]}] * 6 + [{**said, "club": ["False"]}] * 2
    (water, _) = (row for row in tables(people, fewer_than_five)["theme_distributions.csv"] if row["Theme"] == "water")
    assert (water["club:True"], water["club:False"]) == ("6", "<5")
