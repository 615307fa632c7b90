from typing import Any

import pytest
from pydantic import ValidationError

from pipeline_lib.errors import ConfigError
from pipeline_lib.model.code_scheme import CodeScheme, ControlCode


def code(number: int, name: str, **changes: Any) -> dict[str, Any]:
    own = {"CodeID": f"code-{name}", "CodeType": "Normal", "NumericValue": number, "StringValue": name}
    return own | changes


def scheme(*codes: dict[str, Any], **changes: Any) -> CodeScheme:
    written = {"SchemeID": "Scheme-1", "Name": "water", "Version": "0.0.0.1", "Codes": list(codes)}
    return CodeScheme.model_validate(written | changes)


def test_codes_are_found_by_id_match_value_and_control_code() -> None:
    water = scheme(
        code(1, "wells", MatchValues=["well", "wells"]),
        code(-40, "NR", CodeType="Control", ControlCode="NR"),
    )
    assert water.by_id["code-wells"].string_value == "wells"
    assert water.by_match_value["well"].code_id == "code-wells"
    assert water.control(ControlCode.NOT_REVIEWED).code_id == "code-NR"


def test_a_control_code_that_is_not_there_is_a_problem_of_the_scheme() -> None:
    water = scheme(code(1, "wells"))
    assert not water.has_control(ControlCode.NOT_REVIEWED)
    with pytest.raises(ConfigError, match=r'^code scheme "water" \(Scheme-1\): has no control code "NR"; add it'):
        water.control(ControlCode.NOT_REVIEWED)


def test_keys_that_only_coda_needs_are_kept() -> None:
    documentation = {"URI": "https://example.org", "Language": "so"}
    water = scheme(code(1, "wells", Color="#00f", Comment="deep ones"), Documentation=documentation, Editor="web")
    written = water.model_dump(by_alias=True)
    assert (written["Documentation"], written["Editor"]) == (documentation, "web")
    assert (written["Codes"][0]["Color"], written["Codes"][0]["Comment"]) == ("#00f", "deep ones")


@pytest.mark.parametrize("changes", [{"SchemeID": ""}, {"Name": ""}, {"Version": ""}, {"Codes": []}])
def test_a_scheme_without_an_id_a_name_a_version_or_codes_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        scheme(code(1, "wells"), **changes)


def test_a_scheme_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        scheme(code(1, "wells")).name = "rain"  # type: ignore[misc]
