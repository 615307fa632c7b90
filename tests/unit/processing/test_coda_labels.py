import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.processing.coda_labels import read_labels


def label(code: str, made_on: str = "2021-10-01T00:00:00.000Z", **more: Any) -> dict[str, Any]:
    return {"SchemeID": "S", "CodeID": code, "Checked": True, "DateTimeUTC": made_on, **more}


def write(path: Path, *messages: dict[str, Any]) -> Path:
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
        ('[{"MessageID": "m", "Text": "secret', "e01.json: line 1, column "),
        ('{"MessageID": "m"}', "e01.json: is not a list of Coda messages"),
        (
            '[{"MessageID": "m", "Labels": [], "Text": "secret"}, {"Text": "secret"}]',
            "e01.json: message [1]: lacks MessageID",
        ),
        (
            '[{"MessageID": "m", "Text": "secret", "Labels": [{"SchemeID": "S"}]}]',
            "e01.json: message [0]: lacks MessageID",
        ),
        ('[{"MessageID": 1, "MessageID": "secret", "Labels": []}]', "e01.json: lacks MessageID"),
        ('["secret"]', "e01.json: message [0]: lacks MessageID"),
    ],
)
def test_a_broken_file_is_named_with_the_place_and_without_its_text(tmp_path: Path, content: str, wrong: str) -> None:
    path = tmp_path / "e01.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_labels(path, None)
    assert str(caught.value).startswith(wrong)
    assert "secret" not in str(caught.value)


def test_a_message_that_is_there_twice_is_an_error(tmp_path: Path) -> None:
    messages = [{"MessageID": name, "Labels": [label("c")]} for name in ("m", "n", "m")]
    with pytest.raises(DataError, match=r"e01\.json: message \[2\]: has the MessageID of message \[0\]"):
        read_labels(write(tmp_path / "e01.json", *messages), None)


@pytest.mark.parametrize("as_of", [None, datetime(2021, 10, 2, tzinfo=UTC)])
def test_a_label_whose_time_is_none_is_not_lost_in_silence(tmp_path: Path, as_of: datetime | None) -> None:
    path = write(tmp_path / "e01.json", {"MessageID": "m", "Labels": [label("c", "yesterday"), label("d")]})
    with pytest.raises(DataError, match=r"e01\.json: 1 labels have a DateTimeUTC that is not ISO 8601"):
        read_labels(path, as_of)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path / "e01.json", {"MessageID": "m", "Labels": [label("c")]})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_labels(path, None)["code_id"].to_list() == ["c"]


def test_a_pipe_in_a_coda_files_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "e01.json")
    with pytest.raises(DataError, match=r"^e01\.json: is a named pipe, not a file"):
        read_labels(tmp_path / "e01.json", None)


def test_a_link_that_leads_nowhere_does_not_mean_that_nothing_is_labelled(tmp_path: Path) -> None:
    (tmp_path / "e01.json").symlink_to("nowhere")
    with pytest.raises(DataError, match=r"^e01\.json: there is no such file"):
        read_labels(tmp_path / "e01.json", None)
