import json
import os
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.trace.explain import explain
from pipeline_lib.trace.history import HIDDEN_VALUE, Update, encoded, history, metadata
from pipeline_lib.trace.reader import latest_items, read_objects, verify

GOLDEN = Path(os.environ.get("GOLDEN_ROOT", Path(__file__).parents[4] / "shared" / "golden"))


def update(data: dict[str, Any], **nested: Any) -> Update:
    return Update(encoded(data), metadata("step 1", "ann", "2021-11-12T06:30:00.000000+00:00"), nested)


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(line + "\n" for line in lines), encoding="ascii")
    return path


def test_a_history_stands_newest_first_with_its_data_in_pythons_json() -> None:
    made = history([update({"b": "é", "a": 1}), update({"a": None})])
    assert made.text == (
        '[{"Data": {"a": null}, "Metadata": {"Source": "step 1", "Timestamp": "2021-11-12T06:30:00.000000+00:00", '
        '"User": "ann"}, "NestedTracedData": {}, "SHA": "' + made.sha + '"}, '
        '{"Data": {"a": 1, "b": "\\u00e9"}, "Metadata": {"Source": "step 1", "Timestamp": '
        '"2021-11-12T06:30:00.000000+00:00", "User": "ann"}, "NestedTracedData": {}, "SHA": '
        # printf '%s' '{"data": {"a": 1, "b": "\u00e9"}, "prev_sha": ""}' | sha256sum
        '"44ad860a3a142ff71dd063536ad959a37ef964be243dd190fec13376649f1c0d"}]'
    )


def test_a_nested_history_counts_by_its_hash_and_shows_its_keys(tmp_path: Path) -> None:
    inner = history([update({"age": "20", "name": "x"})])
    outer = history([update({"uid": "p1"}), update({"name": HIDDEN_VALUE}, survey=inner)])
    path = write(tmp_path / "t.jsonl", outer.text)
    assert verify(path) == 1
    (read,) = read_objects(path)
    assert latest_items(read) == {"uid": "p1", "age": "20"}


def test_metadata_is_not_hashed_but_data_and_past_are() -> None:
    one = history([update({"a": 1})])
    assert history([update({"a": 1})._replace(metadata="{}")]).sha == one.sha
    assert history([update({"a": 2})]).sha != one.sha
    assert history([update({}), update({"a": 1})]).sha != one.sha


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ('"text": "old"', '"text": "new"', "t.jsonl: line 2, update 2 from the newest"),
        ('"text": "kept"', '"text": "lost"', "t.jsonl: line 2, update 1 from the newest"),
        ('"inner": 1', '"inner": 2', "t.jsonl: line 2, update 1 from the newest"),
    ],
)
def test_a_change_of_any_update_is_found_and_its_text_not_told(
    tmp_path: Path, before: str, after: str, place: str
) -> None:
    nested = history([update({"inner": 1})])
    line = history([update({"text": "old"}), update({"text": "kept"}, nest=nested)]).text
    path = write(tmp_path / "t.jsonl", line, line.replace(before, after))
    with pytest.raises(DataError) as caught:
        verify(path)
    assert str(caught.value).startswith(f"{tmp_path}/{place}")
    assert "lost" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ('[{"Data": {"a": ', "line 1: is no complete JSON"),
        ('{"Data": {}}', "line 1: is not a list of updates"),
        ('[{"Data": {}}]', "line 1: has an update that is damaged"),
    ],
)
def test_a_line_that_is_no_history_is_named(tmp_path: Path, line: str, wrong: str) -> None:
    with pytest.raises(DataError, match=wrong):
        verify(write(tmp_path / "t.jsonl", line))


@pytest.mark.slow
@pytest.mark.golden
def test_the_predecessors_own_chains_verify() -> None:
    files = sorted(GOLDEN.glob("*/*/input/Raw Data/*.jsonl"))
    if not files:
        pytest.skip(f"no golden cases in {GOLDEN}; set GOLDEN_ROOT")
    assert [verify(path) for path in files] == [len(path.read_bytes().splitlines()) for path in files]


@pytest.mark.golden
def test_our_chains_equal_the_predecessors_for_the_same_updates() -> None:
    files = sorted(GOLDEN.glob("*/*/input/Raw Data/*.jsonl"))[:3]
    if not files:
        pytest.skip(f"no golden cases in {GOLDEN}; set GOLDEN_ROOT")
    for path in files:
        for line, updates in zip(path.read_text().splitlines(), read_objects(path), strict=True):
            again = history(Update(encoded(u["Data"]), encoded(u["Metadata"])) for u in reversed(updates))
            assert again.text == line
            assert json.loads(line)[0]["SHA"] == again.sha


def test_what_a_predecessor_wrote_with_half_a_character_and_nan_verifies(tmp_path: Path) -> None:
    """Its own encoder wrote both, and hashed them so."""
    made = history([update({"text": "biyo \ud83d", "age": float("nan"), "run": 10**30})])
    assert verify(write(tmp_path / "t.jsonl", made.text)) == 1


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("haa", '"haa"'),
        ("code-1", "code yes"),
        ("biyo \ud83d", '"biyo \ufffd"'),
        (["a", {"b": 1}], '["a", {"b": 1}]'),
        ({"b": [1]}, '{"b": [1]}'),
        ({"CodeID": ["x"]}, '{"CodeID": ["x"]}'),
        ([], "[]"),
        (None, "null"),
        (True, "true"),
        (23.5, "23.5"),
        (10**30, "1000000000000000000000000000000"),
    ],
)
def test_a_value_that_is_no_text_is_told_as_json(value: Any, told: str) -> None:
    updates = [json.loads(history([update({"key": value})]).text)[0]]
    lines = list(explain(updates, None, {"code-1": "yes"}))
    assert lines == ["ann, 2021-11-12T06:30:00.000000+00:00:", f"  key: {told} was set (step 1)"]
