"""What every label store owes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from pipeline_lib.coda.base import LabelStore
from pipeline_lib.errors import DataError

Make = Callable[..., Any]


def test_a_dataset_that_does_not_exist_yet_has_no_messages(store: LabelStore) -> None:
    assert store.messages("demo_s01e01", None) == []
    assert store.dataset_names() == []


def test_messages_come_as_they_are_and_in_their_order(at_hand: Any, message: Make, label: Make) -> None:
    written = [
        message(
            "b", label("2021-11-03T00:00:00Z", "code-2"), label("2021-11-02T00:00:00Z"), SequenceNumber=7, Extra=[1]
        ),
        message("a", {**label("2021-11-02T00:00:00Z"), "Confidence": 0.5, "Later": {"k": None}}, SequenceNumber=3),
    ]
    at_hand.write("demo_s01e01", written)
    assert at_hand.store.messages("demo_s01e01", None) == written
    assert at_hand.store.dataset_names() == ["demo_s01e01"]


def test_labels_and_messages_of_the_instant_or_younger_are_left_out(at_hand: Any, message: Make, label: Make) -> None:
    old, at, young = (label(f"2021-11-02T{time}Z", f"code-{time}") for time in ("09:59:59.999", "10:00:00", "10:00:01"))
    at_hand.write(
        "demo",
        [
            message("labelled", young, at, old),
            message("created then", created_at="2021-11-02T10:00:00+00:00"),
            message("created before", created_at="2021-11-02T12:59:59.999999+03:00"),
        ],
    )
    stood = at_hand.store.messages("demo", datetime(2021, 11, 2, 10, tzinfo=UTC))
    assert stood == [message("labelled", old), message("created before", created_at="2021-11-02T12:59:59.999999+03:00")]
    assert stood == at_hand.store.messages("demo", datetime(2021, 11, 2, 13, tzinfo=timezone(timedelta(hours=3))))


def test_a_relabelled_message_has_the_label_that_was_newest_then(at_hand: Any, message: Make, label: Make) -> None:
    newest_first = [label("2021-11-03T00:00:00Z", "code-new"), label("2021-11-02T00:00:00Z", "code-old")]
    at_hand.write("demo", [message("a", *newest_first)])
    stood = at_hand.store.messages("demo", datetime(2021, 11, 2, 12, tzinfo=UTC))
    assert stood[0]["Labels"][0]["CodeID"] == "code-old"


def test_a_change_after_the_instant_does_not_show_in_its_time_of_update(at_hand: Any, message: Make) -> None:
    changed, unchanged = "2021-11-03T00:00:00Z", "2021-11-01T11:00:00Z"
    at_hand.write("demo", [message("a", LastUpdated=changed), message("b", LastUpdated=unchanged), message("c")])
    stood = at_hand.store.messages("demo", datetime(2021, 11, 2, tzinfo=UTC))
    assert [each.get("LastUpdated") for each in stood] == [None, unchanged, None]


def test_added_messages_are_there_with_their_labels_as_given(store: LabelStore, message: Make, label: Make) -> None:
    suggestion = label("2021-11-02T00:00:00+00:00", checked=False)
    assert store.add_messages("demo", [message("b", suggestion), message("a")]) == 2
    assert store.messages("demo", None) == [
        message("b", suggestion, SequenceNumber=0),
        message("a", SequenceNumber=1),
    ]
    assert store.dataset_names() == ["demo"]


def test_adding_again_adds_nothing(store: LabelStore, message: Make) -> None:
    store.add_messages("demo", [message("a"), message("b")])
    before = store.messages("demo", None)
    assert store.add_messages("demo", [message("b"), message("a")]) == 0
    assert store.messages("demo", None) == before


def test_an_existing_message_is_never_touched(at_hand: Any, message: Make, label: Make) -> None:
    coded = message(
        "a", label("2021-11-03T00:00:00Z"), Text="as coded", SequenceNumber=41, LastUpdated="2021-11-03T00:00:00Z"
    )
    at_hand.write("demo", [coded])
    suggestion = label("2021-11-04T00:00:00Z", "code-b", checked=False)
    assert at_hand.store.add_messages("demo", [message("a", suggestion), message("b", suggestion)]) == 1
    assert at_hand.store.messages("demo", None) == [coded, message("b", suggestion, SequenceNumber=42)]


def test_numbers_go_on_after_the_greatest_whatever_the_order_and_the_gaps(at_hand: Any, message: Make) -> None:
    at_hand.write("demo", [message("a", SequenceNumber=9), message("b"), message("c", SequenceNumber=4)])
    at_hand.store.add_messages("demo", [message("e", SequenceNumber=4), message("d")])
    numbers = {each["MessageID"]: each.get("SequenceNumber") for each in at_hand.store.messages("demo", None)}
    assert numbers == {"a": 9, "b": None, "c": 4, "e": 10, "d": 11}


def test_a_message_given_twice_is_added_once(store: LabelStore, message: Make) -> None:
    assert store.add_messages("demo", [message("a"), message("b"), message("a", Text="another")]) == 2
    assert [each["Text"] for each in store.messages("demo", None)] == ["text of a", "text of b"]


def test_an_empty_text_is_never_added(store: LabelStore, message: Make) -> None:
    assert store.add_messages("demo", [message("a", Text=""), message("b")]) == 1
    assert [each["MessageID"] for each in store.messages("demo", None)] == ["b"]


def test_to_add_nothing_to_a_new_dataset_creates_it(store: LabelStore) -> None:
    assert store.add_messages("demo", []) == 0
    assert store.dataset_names() == ["demo"]
    assert store.messages("demo", None) == []


def test_the_given_messages_stay_as_they_were(store: LabelStore, message: Make) -> None:
    given = [message("a")]
    store.add_messages("demo", given)
    assert given == [message("a")]


def test_an_invalid_message_is_refused_with_all_the_others(store: LabelStore, message: Make) -> None:
    with pytest.raises(DataError) as caught:
        store.add_messages("demo", [message("a"), message("b", created_at="today, secret"), {"Text": "secret"}])
    assert [problem.place for problem in caught.value.problems] == [
        'messages to add to dataset "demo": [1].CreationDateTimeUTC',
        'messages to add to dataset "demo": [2].MessageID',
        'messages to add to dataset "demo": [2].CreationDateTimeUTC',
        'messages to add to dataset "demo": [2].Labels',
    ]
    assert "secret" not in str(caught.value)
    assert store.dataset_names() == []


def test_texts_of_all_scripts_come_back_as_they_went(store: LabelStore, message: Make) -> None:
    text = 'biyo la\'aan \\ "روب" 😀 \u2028 \x7f ]\n'
    store.add_messages("demo", [message("a", Text=text)])
    store.add_messages("demo", [message("b", Text=text)])
    assert [each["Text"] for each in store.messages("demo", None)] == [text, text]


def test_datasets_are_apart_and_listed_in_order(store: LabelStore, message: Make) -> None:
    store.add_messages("demo_s01e02", [message("a")])
    store.add_messages("demo_s01e01", [message("a"), message("b")])
    assert store.dataset_names() == ["demo_s01e01", "demo_s01e02"]
    assert len(store.messages("demo_s01e02", None)) == 1


def test_writers_at_once_lose_no_message_and_share_no_number(store: LabelStore, message: Make) -> None:
    def add(writer: int) -> int:
        ids = [f"{number:03}" for number in range(writer * 10, writer * 10 + 40)]  # the next writer has 30 of these too
        return sum(store.add_messages("demo", [message(each) for each in ids[at : at + 10]]) for at in range(0, 40, 10))

    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(add, range(4)))
    messages = store.messages("demo", None)
    assert sorted(each["MessageID"] for each in messages) == [f"{number:03}" for number in range(70)]
    assert sorted(each["SequenceNumber"] for each in messages) == list(range(70))
    assert sum(added) == 70
