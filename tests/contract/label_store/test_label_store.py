"""What every label store owes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from pipeline_lib.errors import DataError

Make = Callable[..., Any]


def without_stamps(messages: Any) -> Any:
    """Messages without the time at which the store itself wrote them."""
    return [{key: value for key, value in each.items() if key != "LastUpdated"} for each in messages]


def test_a_dataset_that_does_not_exist_yet_is_none(at_hand: Any) -> None:
    assert at_hand.messages("demo_s01e01") is None


def test_messages_come_as_they_are_and_in_their_order(at_hand: Any, message: Make, label: Make) -> None:
    written = [
        message("b", {**label("2021-11-02T00:00:00Z"), "Confidence": 0.5, "Later": {"k": None}}, SequenceNumber=3),
        message("a", label("2021-11-03T00:00:00Z", "code-2"), label("2021-11-02T00:00:00Z"), SequenceNumber=7, X=[1]),
    ]
    at_hand.write("demo_s01e01", written)
    assert at_hand.messages("demo_s01e01") == written


def test_labels_and_messages_of_the_instant_or_younger_are_left_out(at_hand: Any, message: Make, label: Make) -> None:
    old, at, young = (label(f"2021-11-02T{time}Z", f"code-{time}") for time in ("09:59:59.999", "10:00:00", "10:00:01"))
    before = message("created before", created_at="2021-11-02T12:59:59.999999+03:00", SequenceNumber=3)
    at_hand.write(
        "demo",
        [
            message("labelled", young, at, old, SequenceNumber=1),
            message("created then", created_at="2021-11-02T10:00:00+00:00", SequenceNumber=2),
            before,
        ],
    )
    stood = at_hand.messages("demo", datetime(2021, 11, 2, 10, tzinfo=UTC))
    assert stood == [message("labelled", old, SequenceNumber=1), before]
    assert stood == at_hand.messages("demo", datetime(2021, 11, 2, 13, tzinfo=timezone(timedelta(hours=3))))


def test_a_relabelled_message_has_the_label_that_was_newest_then(at_hand: Any, message: Make, label: Make) -> None:
    newest_first = [label("2021-11-03T00:00:00Z", "code-new"), label("2021-11-02T00:00:00Z", "code-old")]
    at_hand.write("demo", [message("a", *newest_first)])
    stood = at_hand.messages("demo", datetime(2021, 11, 2, 12, tzinfo=UTC))
    assert stood[0]["Labels"][0]["CodeID"] == "code-old"


def test_no_time_of_update_shows_which_changes_came_after_the_instant(at_hand: Any, message: Make) -> None:
    changed, unchanged = "2021-11-03T00:00:00.000000+00:00", "2021-11-01T11:00:00.123456+00:00"
    at_hand.write("demo", [message("a", LastUpdated=changed), message("b", LastUpdated=unchanged), message("c")])
    stood = at_hand.messages("demo", datetime(2021, 11, 2, tzinfo=UTC))
    assert [each.get("LastUpdated") for each in stood] == [None, None, None]


def test_what_somebody_else_wrote_is_seen_the_next_time(at_hand: Any, message: Make, label: Make) -> None:
    before = message("a", LastUpdated="2021-11-01T11:00:00.000000+00:00", SequenceNumber=0)
    at_hand.write("demo", [before])
    assert at_hand.messages("demo") == [before]
    after = [
        message("a", label("2021-11-02T00:00:00Z"), LastUpdated="2021-11-02T00:00:00.000000+00:00", SequenceNumber=0),
        message("b", LastUpdated="2021-11-01T23:55:00.000000+00:00", SequenceNumber=1),
    ]
    at_hand.write("demo", after)
    assert at_hand.messages("demo") == after


def test_added_messages_are_there_with_their_labels_as_given(at_hand: Any, message: Make, label: Make) -> None:
    suggestion = label("2021-11-02T00:00:00+00:00", checked=False)
    assert at_hand.add("demo", [message("b", suggestion), message("a")]) == 2
    assert without_stamps(at_hand.messages("demo")) == [
        message("b", suggestion, SequenceNumber=0),
        message("a", SequenceNumber=1),
    ]


def test_adding_again_adds_nothing(at_hand: Any, message: Make) -> None:
    at_hand.add("demo", [message("a"), message("b")])
    before = at_hand.messages("demo")
    assert at_hand.add("demo", [message("b"), message("a")]) == 0
    assert at_hand.messages("demo") == before


def test_an_existing_message_is_never_touched(at_hand: Any, message: Make, label: Make) -> None:
    stamp = "2021-11-03T00:00:00.000000+00:00"
    coded = message("a", label("2021-11-03T00:00:00Z"), Text="as coded", SequenceNumber=41, LastUpdated=stamp)
    at_hand.write("demo", [coded])
    suggestion = label("2021-11-04T00:00:00Z", checked=False)
    assert at_hand.add("demo", [message("a", suggestion), message("b", suggestion)]) == 1
    first, second = at_hand.messages("demo")
    assert first == coded
    assert without_stamps([second]) == [message("b", suggestion, SequenceNumber=42)]


def test_numbers_go_on_after_the_greatest_whatever_the_order_and_the_gaps(at_hand: Any, message: Make) -> None:
    at_hand.write("demo", [message("a", SequenceNumber=9), message("b"), message("c", SequenceNumber=4)])
    at_hand.add("demo", [message("e", SequenceNumber=4), message("d")])
    numbers = {each["MessageID"]: each.get("SequenceNumber") for each in at_hand.messages("demo")}
    assert numbers == {"a": 9, "b": None, "c": 4, "e": 10, "d": 11}


def test_a_message_given_twice_is_added_once(at_hand: Any, message: Make) -> None:
    assert at_hand.add("demo", [message("a"), message("b"), message("a", Text="another")]) == 2
    assert [each["Text"] for each in at_hand.messages("demo")] == ["text of a", "text of b"]


def test_an_empty_text_is_never_added(at_hand: Any, message: Make) -> None:
    assert at_hand.add("demo", [message("a", Text=""), message("b")]) == 1
    assert [each["MessageID"] for each in at_hand.messages("demo")] == ["b"]


def test_to_add_nothing_to_a_new_dataset_creates_it(at_hand: Any) -> None:
    assert at_hand.add("demo", []) == 0
    assert at_hand.messages("demo") == []


def test_the_given_messages_stay_as_they_were(at_hand: Any, message: Make) -> None:
    given = [message("a")]
    at_hand.add("demo", given)
    assert given == [message("a")]


def test_an_invalid_message_is_refused_with_all_the_others(at_hand: Any, message: Make) -> None:
    broken = [message("b", created_at="today, secret"), {"Text": "secret"}, message(["secret"])]
    with pytest.raises(DataError) as caught:
        at_hand.add("demo", [message("a"), *broken])
    assert [problem.place for problem in caught.value.problems] == [
        'messages to add to dataset "demo": [1].CreationDateTimeUTC',
        'messages to add to dataset "demo": [2].MessageID',
        'messages to add to dataset "demo": [2].CreationDateTimeUTC',
        'messages to add to dataset "demo": [2].Labels',
        'messages to add to dataset "demo": [3].MessageID',
    ]
    assert "secret" not in str(caught.value)
    assert at_hand.messages("demo") is None


def test_texts_of_all_scripts_come_back_as_they_went(at_hand: Any, message: Make) -> None:
    text = 'biyo la\'aan \\ "روب" 😀 \u2028 \x7f ]\n'
    at_hand.add("demo", [message("a", Text=text)])
    at_hand.add("demo", [message("b", Text=text)])
    assert [each["Text"] for each in at_hand.messages("demo")] == [text, text]


def test_datasets_are_apart(at_hand: Any, message: Make) -> None:
    at_hand.add("demo_s01e02", [message("a")])
    at_hand.add("demo_s01e01", [message("a"), message("b")])
    assert len(at_hand.messages("demo_s01e02")) == 1
    assert len(at_hand.messages("demo_s01e01")) == 2


def test_what_would_be_added_is_told_before_anything_is(at_hand: Any, message: Make) -> None:
    at_hand.add("demo", [message("a")])
    addition = at_hand.store.addition("demo", [message("a"), message("b")], at_hand.setup)
    assert [each["MessageID"] for each in addition.messages] == ["b"]
    assert (addition.is_of_new_dataset, list(addition.findings().problems)) == (False, [])
    assert len(at_hand.messages("demo")) == 1
    assert at_hand.store.addition("another", [], at_hand.setup).is_of_new_dataset
    assert at_hand.messages("another") is None


def test_what_somebody_added_between_plan_and_deed_is_not_added_again(at_hand: Any, message: Make) -> None:
    addition = at_hand.store.addition("demo", [message("a"), message("b")], at_hand.setup)
    at_hand.add("demo", [message("b")])
    assert addition.commit() == 1
    numbers = {each["MessageID"]: each["SequenceNumber"] for each in at_hand.messages("demo")}
    assert numbers == {"b": 0, "a": 1}


def test_writers_at_once_lose_no_message_and_share_no_number(at_hand: Any, message: Make) -> None:
    def add(writer: int) -> int:
        ids = [f"{number:03}" for number in range(writer * 10, writer * 10 + 40)]  # the next writer has 30 of these too
        return sum(at_hand.add("demo", [message(each) for each in ids[at : at + 10]]) for at in range(0, 40, 10))

    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(add, range(4)))
    messages = at_hand.messages("demo")
    assert sorted(each["MessageID"] for each in messages) == [f"{number:03}" for number in range(70)]
    assert sorted(each["SequenceNumber"] for each in messages) == list(range(70))
    assert sum(added) == 70
