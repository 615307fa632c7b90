"""Datasets that the analysis should count as one, and why some cannot be."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project

Files = dict[str, Any]
Write = Callable[..., Path]


@pytest.fixture
def seasons(files: Files) -> Files:
    """A project that asked for the gender in two seasons."""
    (gender,) = files["coding_plans.json"]["Demographics"]
    again = {"RawField": "gender_s02_raw", "Codings": [{**gender["Codings"][0], "AnalysisFileKey": "gender_s02"}]}
    files["coding_plans.json"]["Demographics"].append(again)
    for field in ("raw", "time"):
        key = {"SourceKey": f"Gender_S02 ({field}) - water_demographics", "PipelineKey": f"gender_s02_{field}"}
        files["pipeline.json"]["SourceKeyRemappings"].append(key)
    files["coding_plans.json"]["AnalyseTogether"] = [["gender", "gender_s02"]]
    return files


def told(files: Files, write: Write) -> list[str]:
    return [str(error) for error in check(write(files)).errors]


def test_datasets_with_the_same_schemes_can_be_one(seasons: Files, write: Write) -> None:
    assert told(seasons, write) == []
    assert load_project(write(seasons)).plans.analysed_together == (("gender", "gender_s02"),)


ERRORS = [
    (
        [["gender", "gender_s03"]],
        'AnalyseTogether[0][1]: no dataset has the DatasetName "gender_s03"; did you mean "gender_s02"?',
    ),
    ([["gender", "gender"]], 'AnalyseTogether[0][1]: "gender" is named before; name each dataset once'),
    (
        [["gender", "s01e01"]],
        (
            'AnalyseTogether[0][1]: "s01e01" cannot be counted with "gender": '
            "it is one of ResearchQuestions, and not of Demographics"
        ),
    ),
]


@pytest.mark.parametrize(("together", "error"), ERRORS)
def test_a_dataset_that_is_not_there_or_not_alike_is_an_error(
    seasons: Files, write: Write, together: list[list[str]], error: str
) -> None:
    seasons["coding_plans.json"]["AnalyseTogether"] = together
    assert told(seasons, write) == [f"coding_plans.json: {error}"]


def test_datasets_with_other_codings_cannot_be_one(seasons: Files, write: Write) -> None:
    seasons["coding_plans.json"]["Demographics"][1]["Codings"][0]["CodingMode"] = "MULTIPLE"
    assert told(seasons, write) == [
        (
            'coding_plans.json: AnalyseTogether[0][1]: "gender_s02" cannot be counted with "gender": '
            "their codings differ in CodeScheme, CodingMode, AnalysisFileKey or what is included"
        )
    ]


def test_a_key_that_the_analysis_no_longer_has_is_an_error(seasons: Files, write: Write) -> None:
    seasons["pipeline.json"]["AutomatedAnalysis"] = {"CrossTabs": [{"Rows": "gender_s02", "Columns": "s01e01"}]}
    assert told(seasons, write) == [
        (
            'pipeline.json: AutomatedAnalysis.CrossTabs[0].Rows: "gender_s02" is counted as another by AnalyseTogether '
            'of the coding plans; write "gender"'
        )
    ]


def test_what_a_table_pairs_with_research_questions_stays_apart(seasons: Files, write: Write) -> None:
    plans = seasons["coding_plans.json"]
    plans["Engagement"] = plans.pop("Demographics")
    (error,) = told(seasons, write)
    assert error == (
        "coding_plans.json: AnalyseTogether[0]: counts as one what estimated_engagement_types shows apart, "
        "research question by research question; name AnalysisFiles without estimated_engagement_types"
    )
    plans["AnalysisFiles"] = ["engagement_counts"]
    assert told(seasons, write) == []
