"""Code schemes beside each other, and NumericValues that somebody needs."""
# ruff: noqa: E501 - expected texts stand as they are printed, on a line each

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check

Files = dict[str, Any]
Write = Callable[..., Path]
CONFIG, PLANS = "pipeline.json", "coding_plans.json"
GENDER, S01E01, WS = "code_schemes/gender.json", "code_schemes/s01e01.json", "code_schemes/ws_correct_dataset.json"

FIRESTORE = {
    "StoreType": "Firestore",
    "PullCredentialsFileURL": "token.txt",
    "PushCredentialsFileURL": "token.txt",
}


def errors(path: Path) -> list[str]:
    return [str(error) for error in check(path).errors if "code_schemes/" in error.place]


def warnings(path: Path) -> list[str]:
    return [str(warning) for warning in check(path).warnings if "code_schemes/" in warning.place]


@pytest.fixture
def with_two_codings(files: Files) -> Files:
    """The question of the first episode is coded twice: by its themes, and by the gender that an answer tells."""
    coding = {"CodeScheme": "gender", "CodedField": "told_coded", "AnalysisFileKey": "told"}
    files[PLANS]["ResearchQuestions"][0]["Codings"].append(coding)
    return files


@pytest.mark.parametrize("scheme_id", ["Scheme-gender", "Scheme-gen", "Scheme-gender-2"])
def test_schemes_of_different_datasets_may_share_an_id(scheme_id: str, files: Files, write: Write) -> None:
    files[S01E01]["SchemeID"] = scheme_id
    path = write(files)
    assert (errors(path), warnings(path)) == ([], [])


@pytest.mark.parametrize(
    ("scheme_id", "problem"),
    [
        ("Scheme-gender", "is also the SchemeID of code_schemes/s01e01.json"),
        (
            "Scheme-gen",
            'cannot be told apart from "Scheme-gen" of code_schemes/s01e01.json: one begins with the other',
        ),
    ],
)
def test_schemes_of_one_dataset_may_not(scheme_id: str, problem: str, with_two_codings: Files, write: Write) -> None:
    with_two_codings[S01E01]["SchemeID"] = scheme_id
    assert errors(write(with_two_codings)) == [f'code_schemes/gender.json: SchemeID: "Scheme-gender" {problem}']


def test_the_wrong_scheme_scheme_is_one_of_every_dataset(files: Files, write: Write) -> None:
    files[GENDER]["SchemeID"] = "Scheme-ws-gender"
    assert errors(write(files)) == [
        'code_schemes/gender.json: SchemeID: "Scheme-ws-gender" cannot be told apart from "Scheme-ws" of code_schemes/ws_correct_dataset.json: one begins with the other'
    ]


def test_a_repeated_number_is_odd(files: Files, write: Write) -> None:
    files[GENDER]["Codes"][1]["NumericValue"] = 1
    path = write(files)
    assert errors(path) == []
    assert warnings(path) == [
        "code_schemes/gender.json: Codes[1].NumericValue: 1 is already Codes[0].NumericValue; give each code a number of its own"
    ]


@pytest.mark.parametrize("name", [GENDER, WS])
def test_a_repeated_number_is_wrong_where_coda_gets_the_scheme(name: str, files: Files, write: Write) -> None:
    files[CONFIG]["LabelStore"] = FIRESTORE
    files[name]["Codes"][1]["NumericValue"] = 1
    assert errors(write(files)) == [
        f"{name}: Codes[1].NumericValue: 1 is already Codes[0].NumericValue; Coda's own tools refuse such a scheme"
    ]


@pytest.mark.parametrize(("compatibility", "is_error"), [(None, True), ("predecessor", False)])
def test_a_repeated_number_is_wrong_where_it_is_an_age(
    compatibility: str | None, is_error: bool, files: Files, write: Write
) -> None:
    files[CONFIG]["Compatibility"] = compatibility
    dataset = files[PLANS]["Demographics"][0]
    dataset["Imputation"] = "age_category"
    dataset["Codings"].append({"CodeScheme": "s01e01", "AnalysisFileKey": "group"})
    files[GENDER]["Codes"][1]["NumericValue"] = 1
    found = errors(write(files)) if is_error else warnings(write(files))
    place = "code_schemes/gender.json: Codes[1].NumericValue: 1 is already Codes[0].NumericValue"
    assert [text for text in found if text.startswith(place)]


def test_meta_codes_of_normal_codes_may_be_alike(files: Files, write: Write) -> None:
    for code in files[GENDER]["Codes"][:2]:
        code["MetaCode"] = "gratitude"
    assert errors(write(files)) == []
