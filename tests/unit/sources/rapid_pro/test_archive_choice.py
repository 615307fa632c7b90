from datetime import UTC, date, datetime, timedelta
from typing import Literal

import pytest

from pipeline_lib.sources.rapid_pro.archive_choice import archives_to_read, missing_since
from pipeline_lib.sources.rapid_pro.archives import Archive
from pipeline_lib.sources.rapid_pro.flow_log import FlowState, Part

NOW = datetime(2025, 9, 16, 23, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)


def archive(
    period: Literal["daily", "monthly"], start_date: str, sha: str | None = "h", record_count: int = 5
) -> Archive:
    return Archive(
        start_date=date.fromisoformat(start_date),
        period=period,
        record_count=record_count,
        size=100,
        hash=sha,
        download_url=None,
    )


def part(*uncertain_days: str) -> Part:
    days = tuple(map(date.fromisoformat, uncertain_days))
    return Part(origin="live", sha256="a", record_count=1, newest_modified_on=NOW, uncertain_days=days, added_at=NOW)


def keys(listed: list[Archive], state: FlowState, created_on: datetime | None = None) -> list[str]:
    since = missing_since(state, created_on=created_on, now=NOW, retention=timedelta(days=90))
    chosen = archives_to_read(listed, state, since)
    return [each.archive.key for each in chosen]


LISTED = [archive("daily", "2025-06-02"), archive("monthly", "2025-05-01"), archive("daily", "2025-06-01")]


def test_the_first_fetch_reads_all_archives_oldest_first() -> None:
    assert keys(LISTED, FlowState()) == ["run|monthly|2025-05-01", "run|daily|2025-06-01", "run|daily|2025-06-02"]


def test_archives_from_before_the_flow_are_not_read() -> None:
    assert keys(LISTED, FlowState(), datetime(2025, 6, 3, tzinfo=UTC)) == ["run|daily|2025-06-02"]
    assert keys(LISTED, FlowState(), datetime(2025, 5, 31, tzinfo=UTC)) == [
        "run|monthly|2025-05-01",
        "run|daily|2025-06-01",
        "run|daily|2025-06-02",
    ]


def test_empty_archives_are_not_read() -> None:
    listed = [archive("daily", "2025-06-01", None, 0), archive("daily", "2025-06-02", "h", 0)]
    assert keys(listed, FlowState()) == []


def test_a_nightly_fetch_reads_none() -> None:
    assert keys(LISTED, FlowState(listed_until=YESTERDAY)) == []


@pytest.mark.parametrize(
    ("idle_days", "read"),
    [
        (87, []),
        (88, []),
        (89, ["run|daily|2025-06-18", "run|daily|2025-06-19"]),
        (400, ["run|monthly|2025-05-01", "run|daily|2025-06-01", "run|daily|2025-06-18", "run|daily|2025-06-19"]),
    ],
)
def test_after_a_gap_near_the_retention_what_was_archived_since_is_read(idle_days: int, read: list[str]) -> None:
    listed = [
        archive("monthly", "2025-05-01"),
        *(archive("daily", f"2025-06-{day}") for day in ("01", "18", "19")),
    ]
    assert keys(listed, FlowState(listed_until=NOW - timedelta(days=idle_days))) == read


def test_a_gap_that_begins_within_a_month_reads_the_whole_month() -> None:
    state = FlowState(listed_until=datetime(2025, 5, 20, tzinfo=UTC))
    assert keys([archive("monthly", "2025-05-01"), archive("monthly", "2025-04-01")], state) == [
        "run|monthly|2025-05-01"
    ]


def test_what_has_been_read_is_read_again_only_when_it_was_rewritten() -> None:
    state = FlowState(archives={"run|monthly|2025-05-01": "h", "run|daily|2025-06-01": "older"})
    assert keys(LISTED, state.model_copy(update={"listed_until": YESTERDAY})) == ["run|daily|2025-06-01"]


def test_an_archive_that_was_rewritten_to_nothing_is_read_too() -> None:
    state = FlowState(archives={"run|daily|2025-06-01": "h"}, listed_until=YESTERDAY)
    assert keys([archive("daily", "2025-06-01", None, 0)], state) == ["run|daily|2025-06-01"]


def test_a_month_that_was_rolled_up_takes_the_place_of_the_days_that_were_read() -> None:
    state = FlowState(
        archives={"run|daily|2025-05-01": "h", "run|daily|2025-05-31": "h", "run|daily|2025-06-01": "h"},
        listed_until=YESTERDAY,
    )
    (chosen,) = archives_to_read(LISTED, state, date.max)
    assert chosen.archive.key == "run|monthly|2025-05-01"
    assert chosen.instead_of == {"run|daily|2025-05-01", "run|daily|2025-05-31"}


def test_days_whose_month_is_listed_too_are_not_read() -> None:
    listed = [archive("monthly", "2025-05-01"), archive("daily", "2025-05-03")]
    assert keys(listed, FlowState()) == ["run|monthly|2025-05-01"]


def test_the_archive_of_a_day_with_an_uncertain_text_is_read_once_it_is_there() -> None:
    state = FlowState(listed_until=YESTERDAY, parts=(part("2025-06-01"), part()))
    assert keys(LISTED, state) == ["run|daily|2025-06-01"]
    assert keys(LISTED, state.model_copy(update={"archives": {"run|daily|2025-06-01": "h"}})) == []


def test_the_archive_of_a_month_with_an_uncertain_text_is_read() -> None:
    state = FlowState(listed_until=YESTERDAY, parts=(part("2025-05-31"),))
    assert keys(LISTED, state) == ["run|monthly|2025-05-01"]
