"""Fields of datasets that meet one another, or columns of processing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project

Files = dict[str, Any]
Write = Callable[..., Path]


def errors(files: Files, write: Write) -> list[str]:
    return [str(problem) for problem in check(write(files)).errors]


@pytest.mark.parametrize(
    ("key", "field"),
    [("TimeField", "uid"), ("RunIDField", "text"), ("MessageIDField", "dataset"), ("TimeField", "text to show")],
)
def test_a_field_cannot_be_called_as_a_column_of_processing(key: str, field: str, files: Files, write: Write) -> None:
    files["coding_plans.json"]["ResearchQuestions"][0][key] = field
    files["pipeline.json"]["SourceKeyRemappings"].append(
        {"SourceKey": "S01E01 (Name) - water_s01e01_activation", "PipelineKey": field}
    )
    assert (
        f'coding_plans.json: ResearchQuestions[0].{key}: "{field}" is a column of processing itself; call it otherwise'
    ) in errors(files, write)


@pytest.mark.parametrize("field", ["message_id", "correct_dataset", "text"])
def test_a_coded_field_cannot_either(field: str, files: Files, write: Write) -> None:
    files["coding_plans.json"]["Demographics"][0]["Codings"][0]["CodedField"] = field
    assert errors(files, write) == [
        (
            f'coding_plans.json: Demographics[0].Codings[0].CodedField: "{field}" is a column of processing itself; '
            "call it otherwise"
        )
    ]


def test_a_time_is_no_text(files: Files, write: Write) -> None:
    plans = files["coding_plans.json"]
    plans["ResearchQuestions"][0]["TimeField"] = "gender_raw"
    found = [error for error in errors(files, write) if "TimeField" in error]
    assert found == [
        'coding_plans.json: ResearchQuestions[0].TimeField: "gender_raw" is the RawField of a dataset; name a time'
    ]


def test_surveys_that_name_one_time_field_get_a_time_each(files: Files, write: Write) -> None:
    plans = files["coding_plans.json"]
    for stem in ("evaluation", "accountability"):
        plans["Demographics"].append(
            {
                "RawField": f"{stem}_raw",
                "TimeField": "sent_on",
                "Codings": [{"CodeScheme": "gender", "AnalysisFileKey": stem}],
            }
        )
        files["pipeline.json"]["SourceKeyRemappings"] += [
            {"SourceKey": f"{stem} (Text) - water_demographics", "PipelineKey": f"{stem}_raw"},
            {"SourceKey": f"{stem} (Time) - water_demographics", "PipelineKey": "sent_on"},
        ]
    assert errors(files, write) == []
    demographics = load_project(write(files)).plans.demographics
    assert [(survey.time_field, survey.shared_time_field) for survey in demographics] == [
        ("gender_time", None),
        ("sent_on of evaluation_raw", "sent_on"),
        ("sent_on of accountability_raw", "sent_on"),
    ]


def test_a_surveys_codings_read_its_own_field(files: Files, write: Write) -> None:
    files["coding_plans.json"]["Demographics"][0]["Codings"][0]["RawField"] = "gender_other_raw"
    assert errors(files, write) == [
        (
            "coding_plans.json: Demographics[0].Codings[0].RawField: is for messages only: a survey's codings all "
            "read its own RawField; take it out, or make a dataset of the field"
        )
    ]


def test_a_surveys_answers_are_known_by_their_texts(files: Files, write: Write) -> None:
    files["coding_plans.json"]["Demographics"][0]["MessageIDField"] = "gender_time"
    assert errors(files, write) == [
        (
            "coding_plans.json: Demographics[0].MessageIDField: is for messages only: a survey's answers are "
            "identified by their texts; take it out"
        )
    ]


def test_there_may_be_surveys_only_but_not_nothing(files: Files, write: Write) -> None:
    plans = files["coding_plans.json"]
    plans["ResearchQuestions"] = []
    assert errors(files, write) == []
    plans["Demographics"] = []
    assert errors(files, write) == [
        (
            "coding_plans.json: ResearchQuestions: there is no dataset at all; "
            "name what shows asked, or the Demographics of a project with surveys only"
        )
    ]
