import csv
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

TracedLines = Callable[[str], list[list[dict[str, Any]]]]


@pytest.fixture
def rows(world: Path) -> list[dict[str, str]]:
    with (world / "recovered" / "geedka_recovered_september.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_columns_are_those_of_a_recovery_csv(rows: list[dict[str, str]]) -> None:
    assert list(rows[0]) == ["Sender", "Message", "ReceivedOn"]
    assert all(re.fullmatch(r"avf-phone-uuid-[0-9a-f-]{36}", row["Sender"]) for row in rows)


def test_some_rows_stand_there_twice_and_some_have_line_breaks_or_nothing(rows: list[dict[str, str]]) -> None:
    assert len(rows) == 60
    assert len({tuple(row.values()) for row in rows}) == 56
    assert sum("\n" in row["Message"] for row in rows) == 4
    assert sum(row["Message"] == "" for row in rows) == 2


def test_times_are_in_three_of_the_known_formats(rows: list[dict[str, str]]) -> None:
    shapes = Counter(re.sub(r"\d", "9", row["ReceivedOn"]) for row in rows)
    assert shapes == {"99/99/9999 99:99:99": 28, "99/99/9999 99:99": 20, "9999/99/99 99:99:99": 12}


def test_some_rows_lie_outside_the_ranges_of_both_episodes(rows: list[dict[str, str]]) -> None:
    days = Counter(_day(row["ReceivedOn"]) for row in rows)
    assert days == {5: 3, 6: 1, 7: 16, 8: 8, 9: 5, 10: 12, 11: 10, 12: 3, 14: 2}


def _day(received_on: str) -> int:
    form = "%Y/%m/%d" if received_on.startswith("2025") else "%d/%m/%Y"
    return datetime.strptime(received_on.split(" ", maxsplit=1)[0], form).day  # noqa: DTZ007 - only its day is looked at


def test_some_recovered_messages_had_come_through_after_all(rows: list[dict[str, str]], traced: TracedLines) -> None:
    arrived = {
        (updates[-1]["Data"]["avf_phone_id"], text)
        for flow in ("geedka_s01e01_activation", "geedka_s01e02_activation")
        for updates in traced(flow)
        for key, text in updates[-1]["Data"].items()
        if "(Text)" in key
    }
    assert sum((row["Sender"], row["Message"]) in arrived for row in rows) == 13
