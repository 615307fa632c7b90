from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.errors import ConfigError

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
