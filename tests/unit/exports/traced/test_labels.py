import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.exports.traced.labels import labels_by_id


def label(code: str, day: int) -> dict[str, Any]:
    return {"SchemeID": "S", "CodeID": code, "DateTimeUTC": f"2021-10-0{day}T00:00:00Z", "Unknown": None}


NEW, OLD = label("new", 3), label("old", 1)
ODD: list[Any] = [
    None,
    "text",
    {"Labels": [NEW]},
    {"MessageID": 5, "Labels": [NEW]},
    {"MessageID": "n", "Labels": None},
    {"MessageID": "o", "Labels": [None, {"SchemeID": "S"}, {**NEW, "CodeID": 5}, OLD]},
]


@pytest.mark.parametrize("as_of", [None, datetime(2022, 1, 1, tzinfo=UTC)])
def test_what_is_odd_costs_no_label_of_another_message(tmp_path: Path, as_of: datetime | None) -> None:
    path = tmp_path / "e01.json"
    path.write_bytes(gzip.compress(json.dumps([*ODD, {"MessageID": "m", "Labels": [NEW, OLD]}]).encode(), mtime=0))
    assert labels_by_id(path, as_of) == {"o": [OLD], "m": [NEW, OLD]}


def test_labels_made_later_and_labels_without_a_time_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "e01.json"
    path.write_text(json.dumps([{"MessageID": "m", "Labels": [NEW, {**NEW, "DateTimeUTC": "today"}, OLD]}]))
    assert labels_by_id(path, datetime(2021, 10, 3, tzinfo=UTC)) == {"m": [OLD]}


def test_a_message_that_is_there_twice_has_the_labels_of_both_newest_first(tmp_path: Path) -> None:
    path = tmp_path / "e01.json"
    untimed = {**NEW, "DateTimeUTC": "today"}
    path.write_text(json.dumps([{"MessageID": "m", "Labels": each} for each in ([OLD], [NEW, untimed], [])]))
    assert labels_by_id(path, None) == {"m": [NEW, OLD]}


def test_a_dataset_without_a_file_has_no_labels(tmp_path: Path) -> None:
    assert labels_by_id(tmp_path / "e01.json", None) == {}
