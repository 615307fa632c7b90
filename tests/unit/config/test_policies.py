"""What coding plans may decide for all datasets, or for a question of yes or no."""
# ruff: noqa: E501 - expected texts stand as they are printed, on a line each

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project
from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import ConsentScope, DerivedFrom
from tests.unit.config.conftest import code_scheme

Files = dict[str, Any]
Write = Callable[..., Path]

PLANS, S01E01 = "coding_plans.json", "code_schemes/s01e01.json"


def problems(path: Path, kind: str = "errors") -> list[str]:
    return [str(each) for each in getattr(check(path), kind)]


def with_yes_or_no(files: Files, *values: str, **changes: Any) -> None:
    """Adds a question of yes or no to the research question."""
    files["code_schemes/yes_no.json"] = code_scheme("Scheme-yes-no", *values)
    own = {"CodeScheme": "yes_no", "CodingMode": "SINGLE", "AnalysisFileKey": "yes_no"} | changes
    files[PLANS]["ResearchQuestions"][0]["Codings"].append(own)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "code-ambivalent"),
        ({"Fold": "yes_no_amb"}, "code-ambivalent"),
        ({"AmbivalentStringValue": "both"}, "code-both"),
        ({"AmbivalentStringValue": "neither"}, None),
    ],
)
def test_a_single_code_with_an_ambivalent_one_is_a_question_of_yes_or_no(
    changes: dict[str, Any], code: str | None, files: Files, write: Write
) -> None:
    with_yes_or_no(files, "yes", "no", "ambivalent", "both", **changes)
    reasons, question = load_project(write(files)).plans.research_questions[0].codings
    assert reasons.ambivalent_code is None
    assert (question.ambivalent_code and question.ambivalent_code.code_id) == code


def test_a_fold_without_its_ambivalent_code_is_an_error(files: Files, write: Write) -> None:
    with_yes_or_no(files, "yes", "no", "ambivalent", Fold="yes_no_amb", AmbivalentStringValue="ambivelent")
    assert problems(write(files)) == [
        'coding_plans.json: ResearchQuestions[0].Codings[1].AmbivalentStringValue: no normal code of code_schemes/yes_no.json has the StringValue "ambivelent"; did you mean "ambivalent"?'
    ]


def test_a_fold_of_several_codes_or_of_a_survey_is_an_error(files: Files, write: Write) -> None:
    for kind in ("ResearchQuestions", "Demographics"):
        files[PLANS][kind][0]["Codings"][0]["Fold"] = "yes_no_amb"
    assert problems(write(files)) == [
        f'coding_plans.json: {kind}[0].Codings[0].Fold: "yes_no_amb" has no effect here; write it only where a research '
        "question has the CodingMode SINGLE"
        for kind in ("ResearchQuestions", "Demographics")
    ]


def test_consent_by_message_is_an_error_and_where_results_are_repeated_a_warning(files: Files, write: Write) -> None:
    files[PLANS]["ConsentScope"] = "message"
    wrong = "leaves readable what people who said STOP wrote before and after, in the messages and production CSVs"
    assert problems(write(files)) == [
        f'coding_plans.json: ConsentScope: {wrong}; write "participant", or name the Compatibility whose results it repeats'
    ]
    files["pipeline.json"]["Compatibility"] = "redss-csap"
    path = write(files)
    assert problems(path) == []
    assert f"coding_plans.json: ConsentScope: {wrong}; keep these files to yourself (Q34)" in problems(path, "warnings")
    assert load_project(path).plans.consent_scope is ConsentScope.MESSAGE


def without_codes(scheme: dict[str, Any], *controls: str) -> None:
    scheme["Codes"] = [code for code in scheme["Codes"] if code.get("ControlCode") not in controls]


def test_schemes_need_no_ce_and_ws_where_there_are_no_coding_errors(files: Files, write: Write) -> None:
    for name in ("gender", "s01e01", "ws_correct_dataset"):
        without_codes(files[f"code_schemes/{name}.json"], "CE", "WS")
    assert len(problems(write(files))) == 3
    files[PLANS]["CodingErrors"] = False
    assert problems(write(files)) == []


def test_an_empty_answer_and_a_conflict_have_the_codes_that_the_plans_name(files: Files, write: Write) -> None:
    (question, survey) = load_project(write(files)).plans.datasets
    assert (question.code_of_empty, survey.code_of_empty) == (ControlCode.NOT_CODED, ControlCode.NOT_CODED)
    assert survey.conflict_code is ControlCode.CODING_ERROR
    files[PLANS] |= {"EmptySurveyAnswer": "NA", "ConflictControlCode": "NIC"}
    (question, survey) = load_project(write(files)).plans.datasets
    assert (question.code_of_empty, survey.code_of_empty) == (ControlCode.NOT_CODED, ControlCode.NOT_AVAILABLE)
    assert survey.conflict_code is ControlCode.NOT_INTERNALLY_CONSISTENT


def with_operator(files: Files, **changes: Any) -> None:
    scheme = code_scheme("Scheme-operator", "golis", "hormud", "nationlink", "somnet", "somtel", "telesom")
    files["code_schemes/operator.json"] = scheme
    files[PLANS]["Operator"] = {"CodeScheme": "operator"} | changes


def test_the_operator_is_one_more_demographic_that_nobody_is_asked(files: Files, write: Write) -> None:
    with_operator(files, AnalysisFileKey="network", From="raw_data")
    without_codes(files["code_schemes/operator.json"], "NR", "STOP", "WS", "CE")
    path = write(files)
    assert problems(path) == []
    *_, operator = load_project(path).plans.demographics
    assert (operator.derived_from, operator.has_text_column) == (DerivedFrom.OPERATOR, False)
    assert [(coding.coded_field, coding.analysis_file_key) for coding in operator.codings] == [
        ("operator_coded", "network")
    ]


def test_an_operator_whose_scheme_is_not_there_is_named_where_it_stands(files: Files, write: Write) -> None:
    with_operator(files, CodeScheme="operators")
    assert problems(write(files)) == [
        'coding_plans.json: Operator.CodeScheme: there is no code scheme "operators" in code_schemes; did you mean "operator"?'
    ]


def test_an_operator_by_numbers_needs_their_table(files: Files, write: Write) -> None:
    with_operator(files, From="uuid_table")
    assert problems(write(files)) == [
        'coding_plans.json: Operator.From: needs a UUIDTable with a JSONFile; write "raw_data", or name the file'
    ]


def test_a_table_of_numbers_is_enough_to_process_and_not_to_fetch(files: Files, write: Write) -> None:
    with_operator(files, From="uuid_table")
    del files["pipeline.json"]["UUIDTable"]
    files["pipeline.json"]["UuidTable"] = {"JSONFile": "numbers.json"}
    files["numbers.json"] = {}
    path = write(files)
    assert load_project(path).config.uuid_table is not None
    assert problems(path) == [
        'pipeline.json: UuidTable: only tells mobile networks: nobody can be added to it, so that nothing can be fetched; name a table such as {"SQLiteFile": "uuids.sqlite", "TableName": "…"}'
    ]
