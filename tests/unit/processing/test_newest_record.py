"""When the newest record of raw data was received, as each kind of source says it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.processing.newest_record import newest_received
from pipeline_lib.processing.time_of_receipt import times_of_receipt

FLOW = {
    "Show (Text) - s01": "biyo",
    "Show (Time) - s01": "2026-01-03T10:00:00.5+00:00",
    "run_modified_on - s01": "2027",
}
CSV = {"message": "biyo", "received_on": "2026-01-02T12:30:00+03:00"}
TIME = "2026-01-06T10:00:00+00:00"
COMMENT = {"page.message": "biyo", "page.created_time": "2026-01-04T10:00:00+0000"}


def written(folder: Path, *records: dict[str, Any]) -> Path:
    path = folder / "raw.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("records", "newest"),
    [
        ([FLOW], datetime(2026, 1, 3, 10, 0, 0, 500_000, tzinfo=UTC)),
        ([CSV], datetime(2026, 1, 2, 9, 30, tzinfo=UTC)),
        ([COMMENT], datetime(2026, 1, 4, 10, 0, tzinfo=UTC)),
        ([COMMENT, FLOW, CSV], datetime(2026, 1, 4, 10, 0, tzinfo=UTC)),
        ([{**FLOW, "Age (Time) - s01": "2026-01-05T08:00:00+00:00"}], datetime(2026, 1, 5, 8, 0, tzinfo=UTC)),
        ([{"message": 'he said "received_on": "2030-01-01T00:00:00+00:00"'}], None),
        ([{"message": "the field (Time) - s01", "sent": "2030-01-01T00:00:00+00:00"}], None),
        (
            [{"not_received_on": TIME, "Show (Times) - s01": TIME, "page.created_times": TIME, "created_time": TIME}],
            None,
        ),
        ([{"received_on": "in the morning"}, {"received_on": None}], None),
        ([], None),
    ],
)
def test_the_newest_time_of_receipt_of_any_field_counts(
    records: list[dict[str, Any]], newest: datetime | None, tmp_path: Path
) -> None:
    assert newest_received(written(tmp_path, *records), None) == newest


@pytest.mark.parametrize("record", [FLOW, CSV, COMMENT, {"received_on - s01": TIME, "message - s01": "biyo"}])
def test_the_fields_are_those_by_which_a_runs_as_of_time_leaves_records_out(
    record: dict[str, Any], tmp_path: Path
) -> None:
    dated = {key: TIME if key in times_of_receipt(record) else value for key, value in record.items()}
    others = {key: value for key, value in record.items() if key not in times_of_receipt(record)}
    assert newest_received(written(tmp_path, dated), None) == datetime.fromisoformat(TIME)
    assert newest_received(written(tmp_path, others), None) is None


def test_what_a_run_does_not_see_does_not_count(tmp_path: Path) -> None:
    path = written(tmp_path, FLOW, CSV, COMMENT)
    assert newest_received(path, datetime(2026, 1, 3, 10, tzinfo=UTC)) == datetime(2026, 1, 2, 9, 30, tzinfo=UTC)
