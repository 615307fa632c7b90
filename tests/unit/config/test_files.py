import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.config.checks import code_schemes
from pipeline_lib.config.files import read_model
from pipeline_lib.errors import ConfigError
from pipeline_lib.model.code_scheme import CodeScheme
from tests.unit.config.conftest import code_scheme

Files = dict[str, Any]
Write = Callable[..., Path]

NOT_JSON = [
    ("", "pipeline.json: is empty; write a JSON object"),
    ("{", "pipeline.json: line 1, column 2: is not JSON: "),
    ('{\n  "a": [1\n}', "pipeline.json: line 3, column 1: is not JSON: "),
    ('{"QuarantineShareLimit": NaN}', "pipeline.json: cannot be read: NaN is no JSON"),
    ("[" * 100_000, "pipeline.json: is nested too deeply"),
    ("[]", "pipeline.json: must be an object, not a list"),
    ("null", "pipeline.json: must be an object"),
]


@pytest.mark.parametrize(("text", "problem"), NOT_JSON)
def test_a_config_that_is_no_json_object_says_where_it_stops_being_one(
    text: str, problem: str, files: Files, write: Write
) -> None:
    files["pipeline.json"] = text
    with pytest.raises(ConfigError) as caught:
        load_project(write(files))
    assert len(caught.value.problems) == 1
    assert str(caught.value).startswith(problem)


def test_a_file_in_another_encoding_says_from_where_on(files: Files, write: Write) -> None:
    path = write(files)
    path.write_bytes(b'{"PipelineName": "Xog\xe9"}')
    with pytest.raises(ConfigError, match=r"^pipeline\.json: is not UTF-8 from byte 21 on; save it as UTF-8$"):
        load_project(path)


def test_a_byte_order_mark_is_no_mistake(files: Files, write: Write) -> None:
    path = write(files)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_project(path).config.pipeline_name == "water"


def test_a_key_that_one_object_has_twice_is_placed(files: Files, write: Write) -> None:
    path = write(files)
    text = path.read_text().replace('"Domain": ', '"Domain": "a.org", "Domain": ')
    path.write_text(text.replace('{"PipelineName"', '{"MoveWSMessages": true, "PipelineName"'))
    with pytest.raises(ConfigError) as caught:
        load_project(path)
    assert list(map(str, caught.value.problems)) == [
        "pipeline.json: MoveWSMessages: is there twice; keep one",
        "pipeline.json: RawDataSources[0].Domain: is there twice; keep one",
    ]


@pytest.mark.parametrize("name", ["a\0b.json", "x" * 5000, "."])
def test_a_name_that_no_file_can_have_is_a_problem_of_the_config(name: str, files: Files, write: Write) -> None:
    files["pipeline.json"]["CodingPlans"] = name
    with pytest.raises(ConfigError):
        load_project(write(files))


def test_a_scheme_that_several_projects_have_is_read_and_checked_once(tmp_path: Path) -> None:
    scheme = tmp_path / "age.json"
    scheme.write_text(json.dumps(code_scheme("Scheme-age", "young", "young")), encoding="utf-8")
    copy = tmp_path / "copy" / "age.json"
    copy.parent.mkdir()
    copy.write_bytes(scheme.read_bytes())
    one, other = read_model(CodeScheme, scheme, "age.json", {}), read_model(CodeScheme, copy, "age.json", {})
    assert other is one
    told = [list(code_schemes.findings({"age": read})) for read in (one, other)]
    assert told[0]
    assert told[1] == told[0]
    assert told[1][0] is told[0][0]


def test_a_scheme_that_has_changed_or_is_called_otherwise_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "age.json"
    path.write_text(json.dumps(code_scheme("Scheme-age", "young")), encoding="utf-8")
    before = read_model(CodeScheme, path, "age.json", {})
    assert read_model(CodeScheme, path, "code_schemes/age.json", {}).file.name == "code_schemes/age.json"
    path.write_text(json.dumps(code_scheme("Scheme-age", "older")), encoding="utf-8")
    after = read_model(CodeScheme, path, "age.json", {})
    assert before.model is not None
    assert after.model is not None
    assert [before.model.codes[0].string_value, after.model.codes[0].string_value] == ["young", "older"]
