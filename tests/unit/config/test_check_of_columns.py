"""Columns of CSVs that would come out with one name, and names that a spreadsheet would run."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check

Files = dict[str, Any]
Write = Callable[..., Path]

PLANS, GENDER, S01E01 = "coding_plans.json", "code_schemes/gender.json", "code_schemes/s01e01.json"
RIGHT = "give one of them another name, so that no two columns have the same"


def told(files: Files, write: Write) -> list[str]:
    return [str(problem) for problem in check(write(files)).errors]


def coding(files: Files, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = files[PLANS][kind][0]["Codings"][0]
    return found


def test_a_code_whose_column_would_have_the_name_of_the_texts_is_an_error(files: Files, write: Write) -> None:
    files[S01E01]["Codes"][0]["StringValue"] = "raw"
    assert told(files, write) == [
        (
            "coding_plans.json: ResearchQuestions[0].Codings[0].AnalysisFileKey: with code_schemes/s01e01.json: "
            'Codes[0].StringValue it makes the column "s01e01_raw", which is already coding_plans.json: '
            f"ResearchQuestions[0].RawField; {RIGHT}"
        )
    ]


def test_all_columns_that_collide_are_told_at_once_with_both_places(files: Files, write: Write) -> None:
    files[S01E01]["Codes"][0]["StringValue"] = "raw"
    files[S01E01]["Codes"][2]["StringValue"] = "x_NR"
    coding(files, "ResearchQuestions")["AnalysisFileKey"] = "s01e01"
    coding(files, "Demographics")["AnalysisFileKey"] = "s01e01_x"
    coding(files, "Demographics")["CodingMode"] = "MULTIPLE"
    errors = told(files, write)
    assert len(errors) == 2
    assert 'it makes the column "s01e01_raw", which is already' in errors[0]
    assert (
        "coding_plans.json: Demographics[0].Codings[0].AnalysisFileKey: with code_schemes/gender.json: Codes["
        in errors[1]
    )
    assert (
        'it makes the column "s01e01_x_NR", which is already coding_plans.json: '
        "ResearchQuestions[0].Codings[0].AnalysisFileKey with code_schemes/s01e01.json: Codes[2].StringValue"
    ) in errors[1]


def test_a_column_of_one_question_may_not_be_the_key_of_another(files: Files, write: Write) -> None:
    files[S01E01]["Codes"][0]["StringValue"] = "gender"
    coding(files, "Demographics")["AnalysisFileKey"] = "s01e01_gender"
    (error,) = told(files, write)
    assert error == (
        'coding_plans.json: Demographics[0].Codings[0].AnalysisFileKey: it makes the column "s01e01_gender", which is '
        "already coding_plans.json: ResearchQuestions[0].Codings[0].AnalysisFileKey with code_schemes/s01e01.json: "
        f"Codes[0].StringValue; {RIGHT}"
    )


@pytest.mark.parametrize("key", ["message_id", "s01e01_raw"])
def test_the_run_id_of_an_icr_file_has_a_column_of_its_own(key: str, files: Files, write: Write) -> None:
    files[PLANS]["ResearchQuestions"][0]["RunIDField"] = key
    assert [error for error in told(files, write) if f'it makes the column "{key}", which is already' in error]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("=1+1", 'begins with "=": spreadsheets take it for a formula; begin with a letter'),
        (" +1", 'begins with "+": spreadsheets take it for a formula; begin with a letter'),
        ("\uff1d1", 'begins with "\uff1d": spreadsheets take it for a formula; begin with a letter'),
        ("two\nlines", "has invisible characters (U+000A); type the name anew"),
    ],
)
def test_a_string_value_is_a_cell_that_is_no_formula_and_on_one_line(
    value: str, problem: str, files: Files, write: Write
) -> None:
    files[S01E01]["Codes"][0]["StringValue"] = value
    files[GENDER]["Name"] = value
    assert told(files, write) == [
        f"code_schemes/s01e01.json: Codes[0].StringValue: {problem}",
        f"code_schemes/gender.json: Name: {problem}",
    ]


def test_what_stands_between_key_and_code_makes_the_column(files: Files, write: Write) -> None:
    files[S01E01]["Codes"][0]["StringValue"] = "raw"
    files[PLANS]["AnalysisFileKeySeparator"] = "-"
    assert told(files, write) == []


def test_columns_of_codings_with_one_key_are_told_once_by_that_key(files: Files, write: Write) -> None:
    for kind in ("Demographics", "ResearchQuestions"):
        files[PLANS][kind].append(copy.deepcopy(files[PLANS][kind][0]))
    errors = told(files, write)
    assert [error for error in errors if "makes the column" in error] == []
    assert sum("Codings[0].AnalysisFileKey: " in error for error in errors) == 2
