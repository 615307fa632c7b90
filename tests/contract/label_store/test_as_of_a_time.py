"""As of a time means what the store held then: whatever came since, a pull for that time gives the same bytes."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.label_store.arrivals import Arrivals
from pipeline_lib.label_store.pull import Wanted, pull

Make = Callable[..., Any]
LONG_AGO = datetime(2021, 11, 2, 12, tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


def ids(content: bytes) -> list[str]:
    return [each["MessageID"] for each in json.loads(content)]


def codes(content: bytes) -> dict[str, list[str]]:
    return {each["MessageID"]: [label["CodeID"] for label in each["Labels"]] for each in json.loads(content)}


def automatic(label: Make, made_at: str) -> Any:
    origin = {"OriginID": "cleaner", "Name": "Pipeline Auto-Coder", "OriginType": "External"}
    return {**label(made_at, "code-auto", checked=False), "Origin": origin}


def stored_now(at_hand: Any) -> list[Any]:
    return at_hand.messages("demo")


def test_what_a_push_adds_was_not_there_before_it(at_hand: Any, message: Make, label: Make) -> None:
    at_hand.write("demo", [message("a", label("2021-11-02T00:00:00Z"), SequenceNumber=0)])
    as_of = now()
    first = at_hand.pull("demo", as_of)
    assert ids(first) == ["a"]
    assert at_hand.add("demo", [message("a"), message("b", automatic(label, "2021-11-01T00:00:00Z"))]) == 1
    assert at_hand.pull("demo", as_of) == first
    assert at_hand.pull("demo", as_of) == first  # nor does it come once it has been seen
    assert ids(at_hand.pull("demo", now())) == ["a", "b"]
    assert ids(at_hand.pull("demo", None)) == ["a", "b"]
    assert at_hand.pull("demo", as_of) == first


def test_what_came_late_is_counted_where_it_is_left_out(at_hand: Any, message: Make, label: Make) -> None:
    at_hand.pull("demo", None)
    as_of = now()
    at_hand.add("demo", [message("a", label("2021-11-02T00:00:00Z")), message("b", created_at="2121-01-01T00:00:00Z")])

    def late_count(as_of: datetime | None) -> int:
        arrivals = Arrivals(at_hand.state)
        found: int = pull(at_hand.store, {"demo": Wanted("x.json")}, at_hand.folder, as_of, arrivals)["demo"].late_count
        return found

    assert [late_count(each) for each in (as_of, now(), None)] == [2, 0, 0]


def test_nor_was_it_where_nobody_had_pulled_before(at_hand: Any, message: Make) -> None:
    as_of = now()
    at_hand.add("demo", [message("a")])
    assert ids(at_hand.pull("demo", as_of)) == []
    assert ids(at_hand.pull("demo", as_of)) == []
    assert ids(at_hand.pull("demo", now())) == ["a"]


def test_nor_was_a_dataset_that_it_made(at_hand: Any, message: Make) -> None:
    as_of = now()
    first = at_hand.pull("demo", as_of)
    assert first == b"[]"
    at_hand.add("demo", [message("a")])
    assert at_hand.pull("demo", as_of) == first
    assert ids(at_hand.pull("demo", now())) == ["a"]


def test_nor_was_what_somebody_else_has_added(at_hand: Any, message: Make) -> None:
    stamp = "2021-11-01T11:00:00.000000+00:00"
    at_hand.write("demo", [message("a", SequenceNumber=0, LastUpdated=stamp)])
    as_of = now()
    first = at_hand.pull("demo", as_of)
    newer = "2021-11-01T12:00:00.000000+00:00"
    at_hand.write("demo", [*stored_now(at_hand), message("b", SequenceNumber=1, LastUpdated=newer)])
    assert at_hand.pull("demo", as_of) == first
    assert ids(at_hand.pull("demo", now())) == ["a", "b"]


@pytest.mark.parametrize("is_by_machine", [True, False])
def test_a_label_that_came_later_than_its_date_was_not_there_before(
    at_hand: Any, message: Make, label: Make, is_by_machine: bool
) -> None:
    old = label("2021-11-03T00:00:00Z", "code-old")
    at_hand.write("demo", [message("a", old, SequenceNumber=0), message("b", old, SequenceNumber=1)])
    as_of = now()
    first = at_hand.pull("demo", as_of)
    late = automatic(label, "2021-11-02T00:00:00Z") if is_by_machine else label("2021-11-04T00:00:00Z", "code-late")
    stamp = now().isoformat(timespec="microseconds")
    changed = message("a", *((old, late) if is_by_machine else (late, old)), SequenceNumber=0, LastUpdated=stamp)
    at_hand.write("demo", [changed, message("b", old, SequenceNumber=1)])
    assert at_hand.pull("demo", as_of) == first
    assert at_hand.pull("demo", as_of) == first
    newest = codes(at_hand.pull("demo", now()))
    assert sorted(newest["a"]) == sorted(["code-old", late["CodeID"]])
    assert newest["b"] == ["code-old"]


def test_a_label_made_after_the_time_leaves_no_trace(at_hand: Any, message: Make, label: Make) -> None:
    stamp = "2021-11-01T11:00:00.000000+00:00"
    at_hand.write("demo", [message("a", SequenceNumber=0, LastUpdated=stamp)])
    as_of = now()
    first = at_hand.pull("demo", as_of)
    stamp = now().isoformat(timespec="microseconds")
    at_hand.write("demo", [message("a", label(stamp), SequenceNumber=0, LastUpdated=stamp)])
    assert at_hand.pull("demo", as_of) == first
    assert codes(at_hand.pull("demo", now())) == {"a": ["code-a"]}


def test_a_label_that_is_corrected_in_its_place_stays_the_same_label(at_hand: Any, message: Make, label: Make) -> None:
    made = label("2021-11-02T00:00:00Z", checked=False)
    stamp = "2021-11-02T00:00:00.000000+00:00"
    at_hand.write("demo", [message("a", made, SequenceNumber=0, LastUpdated=stamp)])
    as_of = now()
    at_hand.pull("demo", as_of)
    corrected = {**made, "Checked": True, "Confidence": 1}
    stamp = now().isoformat(timespec="microseconds")
    at_hand.write("demo", [message("a", corrected, SequenceNumber=0, LastUpdated=stamp)])
    assert codes(at_hand.pull("demo", as_of)) == {"a": ["code-a"]}


def test_a_first_pull_for_a_day_long_ago_gives_what_coders_had_done_by_then(
    at_hand: Any, message: Make, label: Make
) -> None:
    """Though Coda was moved since, so that every document is of today."""
    at_hand.write("demo", [
        message("a", label("2021-11-05T00:00:00Z", "code-new"), label("2021-11-02T00:00:00Z"), SequenceNumber=0),
        message("b", label("2021-11-05T00:00:00Z"), created_at="2021-11-04T00:00:00Z", SequenceNumber=1),
    ])  # fmt: skip
    assert codes(at_hand.pull("demo", LONG_AGO)) == {"a": ["code-a"]}
    assert codes(at_hand.pull("demo", LONG_AGO)) == {"a": ["code-a"]}
    assert codes(at_hand.pull("demo", LONG_AGO + timedelta(days=7))) == {"a": ["code-new", "code-a"], "b": ["code-a"]}


def test_a_dry_run_is_not_remembered(at_hand: Any, message: Make) -> None:
    at_hand.write("demo", [message("a", LastUpdated="2021-11-01T11:00:00.000000+00:00", SequenceNumber=0)])
    at_hand.pull("demo", now(), is_kept=False)
    before = LONG_AGO
    later = message("b", LastUpdated="2021-11-01T11:00:01.000000+00:00", SequenceNumber=1)
    at_hand.write("demo", [*stored_now(at_hand), later])
    assert ids(at_hand.pull("demo", before)) == ["a", "b"]


def test_a_message_that_is_mended_counts_from_when_it_was_there(at_hand: Any, message: Make, label: Make) -> None:
    stamp = "2021-11-01T11:00:00.000000+00:00"
    broken = message("a", label("2021-11-02T00:00:00Z"), SequenceNumber=0, LastUpdated=stamp) | {"Text": None}
    at_hand.write("demo", [broken])
    as_of = now()
    assert ids(at_hand.pull("demo", as_of)) == []
    stamp = now().isoformat(timespec="microseconds")
    at_hand.write("demo", [message("a", label("2021-11-02T00:00:00Z"), SequenceNumber=0, LastUpdated=stamp)])
    assert codes(at_hand.pull("demo", as_of)) == {"a": ["code-a"]}


def test_what_was_taken_out_of_the_store_is_not_kept_elsewhere(at_hand: Any, message: Make) -> None:
    at_hand.add("demo", [message("secret words"), message("b")])
    at_hand.pull("demo", now())
    record = at_hand.state.read("state/coda/demo/arrivals.json").decode()
    assert "secret" not in record
    assert len(json.loads(record)["messages"]) == 2
    assert json.loads(record)["added"] == {}


@pytest.mark.parametrize(
    "content",
    [
        b"secret",
        b"{}x",
        b'{"format": 2}',
        b'{"messages": {"a": "secret"}}',
        b'{"looked_at": "2026-01-01T00:00:00"}',
        b"[" * 9999,
    ],
)
def test_a_broken_record_is_named_and_not_quoted(at_hand: Any, message: Make, content: bytes) -> None:
    at_hand.write("demo", [message("a", SequenceNumber=0)])
    at_hand.state.create("state/coda/demo/arrivals.json", content)
    for act in (lambda: at_hand.pull("demo", now()), lambda: at_hand.add("demo", [message("b")])):
        with pytest.raises(DataError) as caught:
            act()
        place = f"{at_hand.state.uri}/state/coda/demo/arrivals.json"
        assert str(caught.value).startswith(f"{place}: is not a record of when messages arrived; remove it")
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("is_older_kept_first", [True, False])
def test_readings_at_once_lose_nothing_of_what_either_saw(
    at_hand: Any, message: Make, is_older_kept_first: bool
) -> None:
    at_hand.write("demo", [message("a", SequenceNumber=0)])
    older, newer = Arrivals(at_hand.state), Arrivals(at_hand.state)
    pull(at_hand.store, {"demo": Wanted("older.json")}, at_hand.folder, None, older)
    stamped = message("b", SequenceNumber=1, LastUpdated=now().isoformat(timespec="microseconds"))
    at_hand.write("demo", [message("a", SequenceNumber=0), stamped])
    before = now().isoformat()
    pull(at_hand.store, {"demo": Wanted("newer.json")}, at_hand.folder, None, newer)
    at_hand.add("demo", [message("c")])
    for each in (older, newer) if is_older_kept_first else (newer, older):
        each.keep()
    record = json.loads(at_hand.state.read("state/coda/demo/arrivals.json"))
    assert (len(record["messages"]), len(record["added"])) == (2, 1)
    assert datetime.fromisoformat(record["looked_at"]) > datetime.fromisoformat(before)
