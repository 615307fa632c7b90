import re

import pytest

from pipeline_lib.authoring.scheme_drafts import Ids, draft_scheme, next_version, normal_code, with_codes
from pipeline_lib.config.checks.code_schemes import findings
from pipeline_lib.config.files import as_model
from pipeline_lib.config.source_document import WrittenFile
from pipeline_lib.model.code_scheme import CodeScheme


def test_ids_are_eight_random_digits_that_nothing_else_has(monkeypatch: pytest.MonkeyPatch) -> None:
    made = iter(["00000001", "00000001", "00000002"])
    monkeypatch.setattr("secrets.token_hex", lambda _: next(made))
    ids = Ids({"code-00000001"})
    assert ids.code() == "code-00000002"


def test_an_id_has_the_form_of_codas() -> None:
    assert re.fullmatch("Scheme-[0-9a-f]{8}", Ids().scheme())
    assert re.fullmatch("code-[0-9a-f]{8}", Ids().code())


def test_a_new_scheme_is_one_with_which_nothing_is_wrong() -> None:
    ids = Ids()
    scheme = draft_scheme(ids, "Roads", [normal_code(ids, 1, "bad_roads"), normal_code(ids, 2, "bridges")])
    read = as_model(CodeScheme, WrittenFile("roads.json", scheme))
    assert read.problems == ()
    assert list(findings({"roads": read})) == []
    assert read.model is not None
    assert [code.display_text for code in read.model.codes[:2]] == ["bad roads", "bridges"]


def test_further_codes_stand_behind_the_normal_ones_and_raise_the_version() -> None:
    ids = Ids()
    scheme = draft_scheme(ids, "Roads", [normal_code(ids, 1, "bad_roads")], controls=("NR", "CE"))
    longer = with_codes(scheme, [normal_code(ids, 2, "bridges")])
    assert [code["StringValue"] for code in longer["Codes"]] == ["bad_roads", "bridges", "NR", "CE"]
    assert longer["Version"] == "0.0.0.2"


def test_a_version_that_counts_nothing_stays() -> None:
    assert next_version({"Version": "draft"})["Version"] == "draft"
