import json
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.trace.object_arrays import is_object_array, lines_of_array
from pipeline_lib.trace.reader import latest_items, verify

CLASS = "core_data_modules.traced_data.traced_data.TracedData"
METADATA = {"source": "fetch_runs.py:135:<module>", "timestamp": 1548057600.0, "user": "u", "py/object": f"{CLASS}.M"}
# Hashes of the two updates, worked out apart from the code: printf '{"data": {"a": 1}, "prev_sha": ""}' | sha256sum
FIRST = "f6195d93643d8bac0b66ae97e802b20ab7d3e3921b65222b5fb55ec8cb0e4cff"
SECOND = "0ff0ae2338f821b2dca21490b489840010170ac11248404cb3816c0ec41e0a10"


def written(data: Any, sha: str, previous: Any = None, **more: Any) -> dict[str, Any]:
    return {"_data": data, "_metadata": METADATA, "_prev": previous, "_sha": sha, "py/object": CLASS, **more}


def lines(*objects: Any) -> list[Any]:
    content = json.dumps(objects, indent=2).encode()
    return [json.loads(line) for line in lines_of_array(content, "flow.json").splitlines()]


def test_an_object_becomes_a_line_of_its_updates_newest_first() -> None:
    newest_first = lines(written({"a": 2}, "2", written({"a": 1}, "1")))[0]
    told = {"Source": "fetch_runs.py:135:<module>", "Timestamp": 1548057600.0, "User": "u"}
    assert newest_first == [
        {"Data": {"a": 2}, "Metadata": told, "NestedTracedData": {}, "SHA": "2"},
        {"Data": {"a": 1}, "Metadata": told, "NestedTracedData": {}, "SHA": "1"},
    ]


def test_its_hashes_still_hold(tmp_path: Path) -> None:
    array = json.dumps([written({"a": 2}, SECOND, written({"a": 1}, FIRST))], indent=2).encode()
    path = tmp_path / "flow.jsonl"
    path.write_bytes(lines_of_array(array, "flow.json"))
    assert verify(path) == 1


def test_a_nested_object_gives_its_keys_to_the_outer_one() -> None:
    (line,) = lines(written({"uid": "w", "survey_responses": written({"age": "25"}, "0")}, "1"))
    assert latest_items(line) == {"uid": "w", "age": "25"}


def test_what_an_array_says_is_never_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    command = {"py/reduce": [{"py/function": "os.system"}, {"py/tuple": [f"touch {ran}"]}]}
    lines(command, written({"a": command}, "0"), written({"a": 1}, "1", command))
    assert not ran.exists()


def test_an_object_whose_metadata_is_only_a_reference_keeps_its_data() -> None:
    (line,) = lines(written({"a": 1}, "0", _metadata={"py/id": 3}))
    assert line == [{"Data": {"a": 1}, "NestedTracedData": {}, "SHA": "0"}]


@pytest.mark.parametrize("other", [5, {"py/id": 1}, {"a": "x\ny"}, written([], "0"), written({}, "0", {"py/id": 1})])
def test_what_is_no_traced_object_keeps_its_line_for_the_reader_to_set_aside(other: Any) -> None:
    assert lines(written({"a": 1}, "0"), other)[1] == other


@pytest.mark.parametrize("content", [b'[{"_data": {}', b"[", b'[{"_data": {}}] ['])
def test_an_array_that_is_cut_off_or_damaged_is_named(content: bytes) -> None:
    with pytest.raises(DataError, match=r"flow\.json: is no complete JSON array of traced objects; copy all of it"):
        lines_of_array(content, "flow.json")


@pytest.mark.parametrize(
    ("content", "is_array"),
    [
        (b'[\n  {\n    "_data": {', True),
        (b'\xef\xbb\xbf[{"py/object": "T", ', True),
        (b"[]\n", True),
        (b'[{"Data": {"a": 1}}]\n', False),
        (b'{"_data": 1}\n', False),
        (b'[]\n[{"Data": {"a": 1}}]', False),
        (b"", False),
    ],
)
def test_an_array_is_known_by_its_beginning(content: bytes, is_array: bool) -> None:
    assert is_object_array(content) is is_array
