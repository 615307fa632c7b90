"""How much of a range of time there is."""

from datetime import UTC, datetime

import pytest

from pipeline_lib.analysis.coverage import Coverage, part_of

PROJECT = Coverage(datetime(2025, 9, 6, tzinfo=UTC), datetime(2025, 9, 14, tzinfo=UTC))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2025-09-07T00:00Z", "2025-09-08T00:00Z", 1.0),
        ("2025-09-05T12:00Z", "2025-09-06T12:00Z", 0.5),
        ("2025-09-13T18:00Z", "2025-09-14T18:00Z", 0.25),
        ("2025-09-04T00:00Z", "2025-09-24T00:00Z", 0.4),
        ("2025-09-01T00:00Z", "2025-09-02T00:00Z", 0.0),
        ("2025-09-20T00:00Z", "2025-09-21T00:00Z", 0.0),
        ("2025-09-09T00:00Z", "2025-09-09T00:00Z", None),
        ("2025-09-10T00:00Z", "2025-09-09T00:00Z", None),
    ],
)
def test_a_range_is_covered_as_far_as_it_lies_within(start: str, end: str, expected: float | None) -> None:
    assert PROJECT.share_of(datetime.fromisoformat(start), datetime.fromisoformat(end)) == expected


def test_the_last_second_of_a_day_is_not_missed() -> None:
    until = Coverage(PROJECT.start, datetime(2025, 9, 7, 23, 59, 59, 999_999, tzinfo=UTC))
    assert until.share_of(datetime(2025, 9, 7, tzinfo=UTC), datetime(2025, 9, 8, tzinfo=UTC)) == 1.0


@pytest.mark.parametrize(
    ("share", "whole", "unit", "text"),
    [(2 / 7, 7, "days", "2 of 7 days"), (1.5 / 7, 7, "days", "1.5 of 7 days"), (1.0, 24, "hours", "")],
)
def test_a_part_is_told_in_days_or_hours(share: float, whole: int, unit: str, text: str) -> None:
    assert part_of(share, whole, unit) == text
