import gzip
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.processing.label_files import read_label_file, read_labels


def label(code: Any, made_on: Any = "2021-10-01T00:00:00.000Z", **more: Any) -> dict[str, Any]:
    return {"SchemeID": "S", "CodeID": code, "Checked": True, "DateTimeUTC": made_on, **more}


def write(path: Path, *messages: Any) -> Path:
    path.write_text(json.dumps(list(messages)), encoding="utf-8")
    return path


def test_labels_come_newest_first_in_file_order(tmp_path: Path) -> None:
    path = write(
        tmp_path / "e01.json",
        {"MessageID": "m", "Labels": [label("new"), label("old")]},
        {"MessageID": "n", "Labels": []},
        {"MessageID": "o", "Labels": [label("only")]},
    )
    columns = read_labels(path, None).select("message_id", "position", "code_id").rows()
    assert columns == [("m", 0, "new"), ("m", 1, "old"), ("o", 0, "only")]


def test_a_label_without_checked_is_unchecked(tmp_path: Path) -> None:
    unsaid = label("c")
    del unsaid["Checked"]
    path = write(tmp_path / "e01.json", {"MessageID": "m", "Labels": [unsaid]})
    assert read_labels(path, None)["is_checked"].to_list() == [False]


def test_labels_made_at_the_as_of_instant_or_later_are_not_there_yet(tmp_path: Path) -> None:
    labels = [label("later", "2021-10-03T00:00:00Z"), label("then", "2021-10-02T03:00:00+03:00"), label("before")]
    path = write(tmp_path / "e01.json", {"MessageID": "m", "Labels": labels})
    assert read_labels(path, datetime(2021, 10, 2, tzinfo=UTC))["code_id"].to_list() == ["before"]


def test_a_dataset_without_a_file_has_no_labels(tmp_path: Path) -> None:
    assert read_labels(tmp_path / "not-yet.json", None).height == 0


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ('[{"MessageID": "m", "Text": "secret', "e01.json, line 1, column 29: is not JSON"),
        ('{"MessageID": "m", "secret": 1}', "e01.json: is not a list"),
    ],
)
def test_a_broken_file_is_named_with_the_place_and_without_its_text(tmp_path: Path, content: str, wrong: str) -> None:
    path = tmp_path / "e01.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_labels(path, None)
    assert str(caught.value).startswith(f"{tmp_path}/{wrong}")
    assert "secret" not in str(caught.value)


NO_LABEL = "has a label that lacks SchemeID, CodeID or DateTimeUTC, or a field of the wrong type"
NO_TIME = "has a label whose DateTimeUTC is not ISO 8601 with an offset"
HASH = "ab" * 32


@pytest.mark.parametrize(
    ("odd", "wrong"),
    [
        ("secret", "is no object"),
        (None, "is no object"),
        ({"Text": "secret", "Labels": [label("c")]}, "has no text as its MessageID"),
        ({"MessageID": 1, "Labels": []}, "has no text as its MessageID"),
        ({"MessageID": HASH}, "has no list of Labels"),
        ({"MessageID": HASH, "Labels": None}, "has no list of Labels"),
        ({"MessageID": HASH, "Labels": {"0": label("c")}}, "has no list of Labels"),
        ({"MessageID": HASH, "Labels": [{"SchemeID": "S"}]}, NO_LABEL),
        ({"MessageID": HASH, "Labels": ["secret"]}, NO_LABEL),
        ({"MessageID": HASH, "Labels": [None]}, NO_LABEL),
        ({"MessageID": HASH, "Labels": [label(None)]}, NO_LABEL),
        ({"MessageID": HASH, "Labels": [label(5)]}, NO_LABEL),
        ({"MessageID": HASH, "Labels": [label("c", None)]}, NO_LABEL),
        ({"MessageID": HASH, "Labels": [label("c", Checked="secret")]}, NO_LABEL),
        ({"MessageID": HASH, "Labels": [label("c", Origin=["secret"])]}, NO_LABEL),
        ({"MessageID": HASH, "Labels": [label("c", "yesterday, secret")]}, NO_TIME),
        ({"MessageID": HASH, "Labels": [label("c", "2021-10-01")]}, NO_TIME),
        ({"MessageID": HASH, "Labels": [label("c", "")]}, NO_TIME),
    ],
)
def test_an_odd_message_is_set_aside_and_those_beside_it_come_out_as_if_alone(
    tmp_path: Path, odd: Any, wrong: str
) -> None:
    good = [{"MessageID": "m", "Labels": [label("a"), label("b")]}, {"MessageID": "n", "Labels": [label("a")]}]
    alone = read_label_file(write(tmp_path / "e01.json", *good))
    found = read_label_file(write(tmp_path / "e01.json", good[0], odd, good[1]))
    assert found.labels.equals(alone.labels)
    assert found.counts() == {f"a message {wrong}": 1}
    assert found.message_count == 3
    shown = f" (MessageID {HASH})" if isinstance(odd, dict) and odd.get("MessageID") == HASH else ""
    assert found.set_aside == ((f"[1]{shown}", wrong),)


@pytest.mark.parametrize("odd", [None, {"SchemeID": "S"}, label("c", "yesterday")])
def test_a_message_with_an_odd_label_is_not_reviewed_and_still_tells_who_withdrew(tmp_path: Path, odd: Any) -> None:
    origin = {"OriginType": "Automatic"}
    path = write(tmp_path / "e01.json", {"MessageID": "m", "Labels": [odd, label("STOP", Origin=origin)]})
    labels = read_labels(path, None).select("message_id", "code_id", "is_checked", "is_suggestion")
    assert labels.rows() == [("m", "STOP", False, False)]


def test_a_message_that_is_there_twice_has_the_labels_of_both_newest_first(tmp_path: Path) -> None:
    def on(day: int) -> dict[str, Any]:
        return label(f"c{day}", f"2021-10-0{day}T00:00:00Z")

    messages = [
        {"MessageID": "m", "Labels": [on(5), on(2)]},
        {"MessageID": "n", "Labels": [on(1)]},
        {"MessageID": "m", "Labels": [on(4), on(2)], "Text": "another"},
        {"MessageID": "m", "Labels": []},
    ]
    found = read_label_file(write(tmp_path / "e01.json", *messages))
    assert found.labels.sort("message_id", "position").select("message_id", "position", "code_id").rows() == [
        ("m", 0, "c5"),
        ("m", 1, "c4"),
        ("m", 2, "c2"),
        ("n", 0, "c1"),
    ]
    assert found.counts() == {"a message repeats an earlier MessageID; the labels of both are merged": 2}
    assert found.set_aside == ()


def test_a_message_that_is_there_twice_is_as_one_that_a_pull_has_put_together(tmp_path: Path) -> None:
    newest = {"MessageID": "m", "Labels": [label("new", "2021-10-02T00:00:00Z")]}
    twice = read_labels(write(tmp_path / "twice.json", {"MessageID": "m", "Labels": [label("old")]}, newest), None)
    once = {"MessageID": "m", "Labels": [*newest["Labels"], label("old")]}
    assert twice.equals(read_labels(write(tmp_path / "once.json", once), None))


@pytest.mark.parametrize("packed", [gzip.compress, lambda content: content.decode().encode("utf-16")])
def test_a_packed_file_is_read(tmp_path: Path, packed: Callable[[bytes], bytes]) -> None:
    path = write(tmp_path / "e01.json", {"MessageID": "m", "Labels": [label("c")]})
    path.write_bytes(packed(path.read_bytes()))
    assert read_label_file(path).labels["code_id"].to_list() == ["c"]
    assert read_label_file(path).counts() == {}


def test_an_empty_file_has_no_labels(tmp_path: Path) -> None:
    (tmp_path / "e01.json").touch()
    assert read_labels(tmp_path / "e01.json", None).height == 0


@pytest.mark.parametrize("odd", ["biyo \ud83d", float("nan"), float("inf")])
def test_half_a_character_and_a_number_that_json_lacks_cost_no_label(tmp_path: Path, odd: object) -> None:
    origin = {"OriginType": "Manual", "Name": "a \ud83d"}
    path = write(tmp_path / "e01.json", {"MessageID": "m", "Text": odd, "Labels": [label("c", Origin=origin)]})
    found = read_label_file(path)
    assert found.labels.select("code_id", "coder").rows() == [("c", "a \ufffd")]
    assert found.counts() == {"a message has half a character, or a number that JSON does not have": 1}


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path / "e01.json", {"MessageID": "m", "Labels": [label("c")]})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_labels(path, None)["code_id"].to_list() == ["c"]


def test_a_pipe_in_a_coda_files_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "e01.json")
    with pytest.raises(DataError, match=r"/e01\.json: is a named pipe, not a file"):
        read_labels(tmp_path / "e01.json", None)


def test_a_link_that_leads_nowhere_does_not_mean_that_nothing_is_labelled(tmp_path: Path) -> None:
    (tmp_path / "e01.json").symlink_to("nowhere")
    with pytest.raises(DataError, match=r"/e01\.json: there is no such file"):
        read_labels(tmp_path / "e01.json", None)
