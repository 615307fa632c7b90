"""Code schemes as Coda's own clients write them."""

from typing import Any

import pytest

from pipeline_lib.label_store.scheme_format import encode_scheme
from pipeline_lib.model.code_scheme import CodeScheme

NEEDED = {"CodeID": "code-a", "CodeType": "Normal", "StringValue": "a", "NumericValue": 1}
WRITTEN = NEEDED | {"DisplayText": "a", "VisibleInCoda": True}


def scheme(*codes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"SchemeID": "Scheme-1", "Name": "water", "Version": "1", "Codes": list(codes)} | more


def written(content: dict[str, Any], scheme_id: str = "Scheme-1") -> Any:
    return encode_scheme(CodeScheme.model_validate(content), scheme_id)


CODES = [
    ({}, {}),
    ({"VisibleInCoda": False}, {"VisibleInCoda": False}),
    ({"DisplayText": ""}, {}),
    ({"DisplayText": "A"}, {"DisplayText": "A"}),
    ({"Color": ""}, {}),
    ({"Color": None}, {}),
    ({"Color": "#00f"}, {"Color": "#00f"}),
    ({"MatchValues": [""]}, {}),
    ({"MatchValues": []}, {}),
    ({"MatchValues": ["", "biyo"]}, {"MatchValues": ["biyo"]}),
    ({"Shortcut": None}, {}),
    ({"Shortcut": "w"}, {"Shortcut": "w"}),
    ({"ControlCode": None, "MetaCode": None}, {}),
    ({"CodeType": "Control", "ControlCode": "WS"}, {"CodeType": "Control", "ControlCode": "WS"}),
    ({"CodeType": "Meta", "MetaCode": "greeting"}, {"CodeType": "Meta", "MetaCode": "greeting"}),
    ({"Description": "of another tool", "Notes": None}, {}),
]


@pytest.mark.parametrize(("said", "expected"), CODES)
def test_a_code_has_codas_keys_with_what_they_need(said: dict[str, Any], expected: dict[str, Any]) -> None:
    assert written(scheme(NEEDED | said))["Codes"] == [WRITTEN | expected]


@pytest.mark.parametrize(("said", "expected"), [
    ({"Documentation": None}, {}),
    ({"Documentation": {}}, {}),
    ({"Documentation": {"URI": "https://example.org", "Author": "x"}}, {"Documentation": {"URI": "https://example.org"}}),
    ({"Owner": "x", "Notes": None}, {}),
])  # fmt: skip
def test_a_scheme_has_codas_keys(said: dict[str, Any], expected: dict[str, Any]) -> None:
    assert written(scheme(NEEDED, **said)) == scheme(WRITTEN, **expected)


def test_a_further_column_differs_in_its_id_alone() -> None:
    assert written(scheme(NEEDED), "Scheme-1-2") == scheme(WRITTEN, SchemeID="Scheme-1-2")
