"""Datasets that are counted as one question, worked out by hand."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline_lib.analysis.analysed_together import counted_together
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.analysis.tables.all_tables import Contents, tables_of
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.model.coding_plan import CodingPlans, Dataset, DatasetKind
from pipeline_lib.model.groups import Group

PEOPLE = [
    {"e01": ["water"], "old": ["often"]},
    {"e01": ["water"], "e02": ["health"], "old": ["often"], "new": ["never"]},
    {"e02": ["water"], "new": ["never"]},
    {"e02": ["NC"], "old": ["NC"], "new": ["often"]},
    {},  # withdrew
]

Rows = list[list[str]]


@pytest.fixture
def plans(make_plans: Callable[..., CodingPlans], make_survey: Callable[..., Dataset]) -> CodingPlans:
    """Two episodes with one scheme, and a survey that two seasons asked."""
    usual = make_plans(2, "water", "health")
    first, second = usual.research_questions
    scheme = first.codings[0].code_scheme
    second = replace(second, codings=(replace(second.codings[0], code_scheme=scheme),))
    old = make_survey("season 1", DatasetKind.FOLLOW_UP, "old", "often", "never")
    new = make_survey("season 2", DatasetKind.FOLLOW_UP, "new", "often", "never")
    new = replace(new, codings=(replace(new.codings[0], code_scheme=old.codings[0].code_scheme),))
    return replace(usual, research_questions=(first, second), demographics=(), follow_ups=(old, new))


@pytest.fixture
def tables(make_frames: Callable[..., Frames], plans: CodingPlans) -> Callable[..., dict[str, Rows]]:
    """The tables where some datasets are one."""

    def make(*together: tuple[str, ...]) -> dict[str, Rows]:
        written = replace(plans, analysed_together=together)
        frames, counted = counted_together(make_frames(written, PEOPLE), written)
        asked = AutomatedAnalysis()
        published = release_numbers(frames, counted, asked)
        shown = tables_of(Contents(published, counted, asked, as_predecessor=False))
        return {each.filename: [list(row) for row in each.rows] for each in shown}

    return make


def test_two_episodes_are_one_question(tables: Callable[..., dict[str, Rows]]) -> None:
    found = tables(("episode e01", "episode e02"))
    assert [row[:8] for row in found["engagement_counts.csv"][1:]] == [
        ["e01", "-", "5", "5", "4", "-", "4", "3"],
        ["Total", "5", "5", "5", "4", "5", "4", "3"],
    ]
    themes = {row[1]: row[2] for row in found["theme_distributions.csv"] if row[0] in {"", "e01"}}
    assert [themes[theme] for theme in ("Total Relevant Participants", "water", "health", "NC")] == ["3", "3", "1", "1"]
    assert found["loyalty.csv"][1:] == [["episode e01", "4"]]


def test_two_surveys_are_one_breakdown_in_which_somebody_may_have_both_codes(
    tables: Callable[..., dict[str, Rows]],
) -> None:
    header, *rows = tables(("season 1", "season 2"))["theme_distributions.csv"]
    (relevant, *_) = (row for row in rows if row[0] == "e02")
    by_column = dict(zip(header, relevant, strict=True))
    assert [by_column[f"old:{code}"] for code in ("often", "never", "NC", "NA")] == ["1", "2", "0", "0"]
    assert not any(column.startswith("new:") for column in header)


def test_without_a_word_they_stay_apart(tables: Callable[..., dict[str, Rows]]) -> None:
    assert [row[0] for row in tables()["engagement_counts.csv"][1:]] == ["e01", "e02", "Total"]


def test_a_group_of_one_of_them_is_a_group_of_all(plans: CodingPlans, make_frames: Callable[..., Frames]) -> None:
    group = Group(column="club", files=(), participant_column="", research_questions=("episode e02", "episode e01"))
    written = replace(plans, groups=(group,), analysed_together=(("episode e01", "episode e02"),))
    people = [{**PEOPLE[0], "club": ["True"]}]
    _, counted = counted_together(make_frames(written, people), written)
    assert counted.groups[0].research_questions == ("episode e01",)
