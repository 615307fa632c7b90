"""Files that hold no JSON, or JSON that no program can use: always a sentence, at once, and nothing is raised."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check
from pipeline_lib.config.json_text import MOST_BYTES, read_json

Files = dict[str, Any]
Write = Callable[..., Path]


def said(path: Path) -> list[str]:
    return list(map(str, read_json(path, path.name, {})[1]))


CONTENTS = [
    (b"", "is empty; write a JSON object"),
    (b" \n", "is empty; write a JSON object"),
    (b"\xef\xbb\xbf", "line 1, column 1: is not JSON: Expecting value"),
    (b"\0" * 100, "line 1, column 1: is not JSON: Expecting value"),
    (json.dumps({"a": 1}).encode("utf-16"), "cannot be read: is UTF-16; save it as JSON in UTF-8"),
    (b'{"a": "\xe9"}', "is not UTF-8 from byte 7 on; save it as UTF-8"),
    (b'{"a": NaN}', "cannot be read: NaN is no JSON; save it as JSON in UTF-8"),
    (b'{"a": -Infinity}', "cannot be read: -Infinity is no JSON; save it as JSON in UTF-8"),
    (b'{"a": [1e999]}', "a[0]: is too large a number"),
    (b'{"a": %s}' % (b"9" * 100_000), "a: is too large a number"),
    (b'{"a": -%s}' % (b"9" * 5_000), "a: is too large a number"),
    (b'{"a": 9223372036854775808}', "a: is too large a number"),
    (b'{"a": ["\\ud800"]}', "a[0]: must be a text of whole Unicode characters"),
    (b'{"a": 1, "b": {"c": 1, "c": 2}}', "b.c: is there twice; keep one"),
    (b"[" * 100_000, "is nested too deeply"),
    (b"[" * 101 + b"1" + b"]" * 101, "is nested too deeply"),
]


@pytest.mark.parametrize(("content", "problem"), CONTENTS, ids=range(len(CONTENTS)))
def test_what_is_no_json_or_of_no_use_is_one_sentence(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    (problem_found,) = said(path)
    assert problem_found.removeprefix("a.json: ").startswith(problem)


REMEDIES = [
    ("{\u201ca\u201d: 1}", 'write straight quotes: "'),
    ("{'a': 1}", 'write double quotes: "'),
    ('{"a": 1, // one\n"b": 2}', "JSON has no comments: take it away"),
    ('{"a": 1, # one\n"b": 2}', "JSON has no comments: take it away"),
    ('{"a": [1, 2,]}', "take away the comma before it"),
    ('{"a": 1,\n}', "take away the comma before it"),
    ("{,}", "take the comma away"),
    ('{"a": [1,, 2]}', "take the comma away"),
    ('{"a": True}', "write true, false or null"),
    ('{"a": 1,\n<<<<<<< HEAD\n"b": 2}', "finish what git could not merge"),
    ('{\u00a0"a": 1}', "it has an invisible character there: type it anew"),
    ('{"a": 1,\u200b "b": 2}', "it has an invisible character there: type it anew"),
    ('{"a": [1, 2', "the file ends too early: close every bracket, or copy it again"),
    ('{"a": 1 "b": 2}', "write a comma before it, or close the bracket before it"),
    ('{"a": [1, 2, "b": 3}', ""),
    ('{"a": "b}', 'write a quote at the end of the text: "'),
    ('{"a": "b\n", "c": 1}', r"end the text in its line, by a quote; in it, write \n for a line break, \t for a tab"),
    ('{"a": "answers\\gender"}', "write \\\\ for a backslash, and / between folders"),
    ('{"a": 1}}', "take away what comes after the object's last bracket"),
]


@pytest.mark.parametrize(("text", "right"), REMEDIES, ids=range(len(REMEDIES)))
def test_what_people_write_in_place_of_json_is_told_with_what_would_be_right(
    tmp_path: Path, text: str, right: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    (problem,) = read_json(path, path.name, {})[1]
    assert problem.wrong.startswith("is not JSON: ")
    assert problem.right == right


@pytest.mark.slow
def test_the_largest_and_the_deepest_that_are_of_use_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"[" * 100 + b"-9223372036854775807" + b"]" * 100)
    assert said(path) == []
    path.write_bytes(b'"' + b"x" * (MOST_BYTES - 2) + b'"')
    assert said(path) == []
    path.write_bytes(b'"' + b"x" * (MOST_BYTES - 1) + b'"')
    assert said(path) == ["a.json: is larger than 16 MB, and is not read; name another file"]


@pytest.mark.slow
def test_very_many_repeated_keys_are_told_in_few_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    objects = ",".join(['{"a": 1, "a": 2}'] * 20_000)
    path.write_text(f"[{objects}]")
    problems = said(path)
    assert len(problems) == 51
    assert problems[-1] == "a.json: has 19,950 more problems like these"
    keys = ",".join(f'"{number % 20_000}": 1' for number in range(40_000))
    path.write_text(f"{{{keys}}}")
    assert len(said(path)) == 51


NO_FILES: list[tuple[str, Callable[[Path], object]]] = [
    ("is a named pipe, not a file", os.mkfifo),
    ("is a device, not a file", lambda path: path.symlink_to("/dev/zero")),
    ("is a folder, not a file", Path.mkdir),
    ("is a link that leads to itself", lambda path: path.symlink_to(path.name)),
    ("there is no such file", lambda path: path.symlink_to("nowhere")),
]


@pytest.mark.parametrize(("wrong", "make"), NO_FILES)
@pytest.mark.parametrize("name", ["pipeline.json", "coding_plans.json", "code_schemes/gender.json"])
def test_in_a_files_place_nothing_else_is_read(
    name: str, wrong: str, make: Callable[[Path], object], files: Files, write: Write
) -> None:
    path = write(files)
    (path.parent / name).unlink()
    make(path.parent / name)
    errors = list(map(str, check(path).errors))
    assert any(error.startswith(f"{name}: {wrong}") for error in errors)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), Path.mkdir])
def test_an_input_that_is_no_file_is_an_error_before_a_run_waits_for_it(
    make: Callable[[Path], object], files: Files, write: Write
) -> None:
    path = write(files)
    for name in ("token.txt", "recovered.csv", "uuids.sqlite"):
        (path.parent / name).unlink()
        make(path.parent / name)
    places = {error.place.rpartition(".")[2] for error in check(path).errors}
    assert places == {"TokenFileURL", "ActivationFlowURLs[0]", "SQLiteFile"}


def test_a_label_store_that_is_a_file_is_no_folder(files: Files, write: Write) -> None:
    files["pipeline.json"]["LabelStore"]["DirectoryURL"] = "token.txt"
    assert list(map(str, check(write(files)).errors)) == [
        'pipeline.json: LabelStore.DirectoryURL: "token.txt" is no folder; name a folder, or one to be made'
    ]


def test_coding_plans_without_a_name_are_asked_for(files: Files, write: Write) -> None:
    files["pipeline.json"]["CodingPlans"] = ""
    assert "pipeline.json: CodingPlans: is empty; name the file of the coding plans, or write them here" in map(
        str, check(write(files)).errors
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "content", ['{"a": [' + "1," * 1_000_000 + "1]}", "[" + "{}," * 1_000_000 + "{}]"], ids=["values", "objects"]
)
def test_a_file_of_very_many_values_is_another_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    assert said(tmp_path / "a.json") == ["a.json: holds more than 50,000 values: is it another file?"]


@pytest.mark.slow
def test_of_very_many_mistakes_the_first_are_explained(files: Files, write: Write) -> None:
    files["pipeline.json"] |= {f"Key{number}": 1 for number in range(20_000)}
    errors = check(write(files)).errors
    assert len(errors) == 501
    assert str(errors[-1]) == "pipeline.json: has 19,500 more problems like these"
