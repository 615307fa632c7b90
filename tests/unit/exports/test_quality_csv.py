"""What became of each dataset's messages, and how far its coding has come."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.exports.quality_csv import quality, write_quality_csv
from pipeline_lib.processing.processed import Processed

DAY = "2021-10-02T00:00:00Z"
SOONER, LATER = "2021-10-01T23:00:00Z", "2021-10-03T00:00:00+03:00"
Counts = Callable[..., dict[str, object]]


@pytest.fixture
def row_of() -> Counts:
    """What the report counts of one dataset, without zeros, and when its oldest unreviewed message was sent."""

    def find(processed: Processed, name: str) -> dict[str, object]:
        (row,) = (row for row in quality(processed).rows(named=True) if row["dataset"] == name)
        return {
            column: value
            for column, value in row.items()
            if column != "newest_message" and value not in (0, None, name)
        }

    return find


def test_the_report_has_a_row_per_dataset(processed_of: Callable[..., Processed], tmp_path: Path) -> None:
    assert write_quality_csv(tmp_path / "quality.csv", quality(processed_of([("p1", "e01", "x", DAY)]))) == 5
    lines = (tmp_path / "quality.csv").read_text().splitlines()
    assert lines[:3] == [
        (
            "dataset,fetched,moved_in,moved_out,put_together,dropped_unknown_dataset,dropped_without_message,"
            "dropped_test_contact,dropped_other_operator,dropped_outside_groups,dropped_outside_dates,dropped_held_back,"
            "dropped_noise_other_channel,messages,withdrawn,noise,coded,not_reviewed,coding_errors,conflicts,"
            "oldest_unreviewed,newest_message"
        ),
        "e01,1,0,0,0,0,0,0,0,0,0,0,0,1,0,0,0,1,0,0,2021-10-02T00:00:00+00:00,2021-10-02T00:00:00+00:00",
        "e02,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,,",
    ]
    assert [row["dataset"] for row in csv.DictReader(lines)] == ["e01", "e02", "gender", "age", "county"]


def test_messages_are_coded_or_not_reviewed_or_coding_errors_or_of_the_withdrawn(
    processed_of: Callable[..., Processed], row_of: Counts
) -> None:
    texts = ["water", "twice", "twice", "error", "jooji", "", "unchecked"]
    messages = [("p9" if text == "jooji" else f"p{n}", "e01", text, LATER) for n, text in enumerate(texts)]
    messages += [("p9", "e01", "unchecked", SOONER), ("p0", "e01", "new", DAY)]
    opinions = {"water": "e01-water", "twice": "e01-health", "error": "e01-WS", "jooji": "e01-STOP"}
    processed = processed_of(messages, opinions={"e01": {**opinions, "unchecked": "e01-water?"}})
    # The oldest message of all is of a text that nobody reviewed, but its sender withdrew: nobody ever will.
    assert row_of(processed, "e01") == {
        "fetched": 9, "messages": 9, "withdrawn": 2, "coded": 4, "not_reviewed": 2, "coding_errors": 1,
        "oldest_unreviewed": "2021-10-02T00:00:00+00:00",
    }  # fmt: skip


def test_the_newest_message_is_of_somebody_who_has_not_withdrawn(processed_of: Callable[..., Processed]) -> None:
    messages = [("p1", "e01", "water", SOONER), ("p2", "e01", "water", DAY), ("p3", "e01", "jooji", LATER)]
    messages += [("p3", "e02", "other", DAY)]
    processed = processed_of(messages, opinions={"e01": {"water": "e01-water", "jooji": "e01-STOP"}})
    newest = dict(quality(processed).select("dataset", "newest_message").iter_rows())
    assert newest["e01"] == "2021-10-02T00:00:00+00:00"
    assert newest["e02"] is None


CONFLICTS = [
    ("one opinion", "e01-water", 0),
    ("two that agree", ("e01-water", "e01-water"), 0),
    ("two that differ", ("e01-water", "e01-health"), 1),
    ("an older one that differs", ("e01-water", "e01-water", "e01-health"), 0),
    ("a suggestion that was corrected", ("e01-water", "e01-health?"), 0),
    ("what the right dataset is", ("ws-e01", "ws-e02", "e01-water"), 0),
]


@pytest.mark.parametrize(("opinion", "count"), [c[1:] for c in CONFLICTS], ids=[c[0] for c in CONFLICTS])
def test_a_conflict_is_a_message_whose_two_newest_opinions_differ(
    opinion: str | tuple[str, ...], count: int, processed_of: Callable[..., Processed]
) -> None:
    messages = [("p1", "e01", "biyo", DAY), ("p2", "e01", "other", DAY), ("p2", "e02", "biyo", DAY)]
    processed = processed_of(messages, opinions={"e01": {"biyo": opinion}})
    assert quality(processed)["conflicts"].to_list() == [count, 0, 0, 0, 0]


def test_what_is_dropped_says_why(processed_of: Callable[..., Processed], row_of: Counts) -> None:
    messages = [
        ("p1", "e01", "x", DAY),
        ("tester", "e01", "y", DAY),
        ("p2", "e01", "z", "2020-10-01T00:00:00Z"),
        ("p1", "e01", "z", "2021-11-01T00:00:00Z"),
    ]
    answers = {who: {"age": "20"} for who in ("p1", "tester", "p2", "somebody who sent nothing")}
    processed = processed_of(messages, answers)
    assert row_of(processed, "e01") == {
        "fetched": 4, "dropped_test_contact": 1, "dropped_outside_dates": 2, "messages": 1, "not_reviewed": 1,
        "oldest_unreviewed": "2021-10-02T00:00:00+00:00",
    }  # fmt: skip
    assert row_of(processed, "age") == {
        "fetched": 4, "dropped_without_message": 1, "dropped_test_contact": 1, "dropped_outside_dates": 1,
        "messages": 1, "not_reviewed": 1, "oldest_unreviewed": "2021-09-01T00:00:00+00:00",
    }  # fmt: skip


def test_what_moves_is_told_where_it_left_and_where_it_came(
    processed_of: Callable[..., Processed], row_of: Counts
) -> None:
    messages = [
        ("p1", "e01", "20 jir", DAY),
        ("p1", "e01", "water", DAY),
        ("p1", "e01", "other", DAY),
        ("p2", "e01", "greeting", DAY),
        ("p3", "e01", "20 jir", DAY),
    ]
    answers = {"p1": {"age": "20"}, "p3": {"county": "Kisumu"}}
    moves = {"20 jir": "age", "other": "elsewhere", "greeting": "e02"}
    opinions = {"e01": {text: ("e01-WS", f"ws-{target}") for text, target in moves.items()} | {"water": "e01-water"}}
    processed = processed_of(messages, answers, opinions, moves=True)
    assert row_of(processed, "e01") == {
        "fetched": 5, "moved_out": 3, "dropped_unknown_dataset": 1, "messages": 1, "coded": 1,
    }  # fmt: skip
    assert row_of(processed, "e02") == {
        "moved_in": 1, "messages": 1, "not_reviewed": 1, "oldest_unreviewed": "2021-10-02T00:00:00+00:00",
    }  # fmt: skip
    # Two came: one joined its sender's answer, the other's sender has no message left.
    assert row_of(processed, "age") == {
        "fetched": 1, "moved_in": 2, "put_together": 1, "dropped_without_message": 1, "messages": 1, "not_reviewed": 1,
        "oldest_unreviewed": "2021-09-01T00:00:00+00:00",
    }  # fmt: skip
    assert row_of(processed, "county") == {"fetched": 1, "dropped_without_message": 1}
