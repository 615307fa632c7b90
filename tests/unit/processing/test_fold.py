from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.coding_plan import CodingMode
from pipeline_lib.processing.consent import withdrawn_participants
from pipeline_lib.processing.fold import fold
from pipeline_lib.processing.texts import CodedDataset, distinct_texts


@pytest.fixture
def question(scheme: Callable[..., Any], coding: Any, dataset: Any) -> Callable[..., CodedDataset]:
    def make(*messages: tuple[str, str, list[str]]) -> CodedDataset:
        plan = dataset("e01", coding(scheme("e01", "water", "food"), CodingMode.MULTIPLE))
        coded = distinct_texts(
            plan, pl.DataFrame(messages, schema=["uid", "text", "codes"], orient="row").drop("codes")
        )
        codes = {text: [f"e01-{code}" for code in codes] for _, text, codes in messages}
        return coded.after(
            "manual_codes", coded.texts.with_columns(e01_coded=pl.Series([codes[t] for t in coded.texts["text"]]))
        )

    return make


def folded(question: CodedDataset, **message_counts: int) -> list[tuple[str, str, list[str]]]:
    counts = pl.DataFrame({"uid": list(message_counts), "message_count": list(message_counts.values())})
    rows = fold(question, counts).select("uid", "text", "e01_coded").rows()
    return [(uid, text, [code.removeprefix("e01-") for code in codes]) for uid, text, codes in rows]


def test_texts_are_joined_and_codes_united_in_the_order_of_the_messages(question: Callable[..., CodedDataset]) -> None:
    messages = question(
        ("p2", "b", ["food"]), ("p1", "a", ["water"]), ("p2", "c", ["water", "food"]), ("p2", "", ["NC"])
    )
    assert folded(messages, p1=1, p2=3) == [("p2", "b;c;", ["food", "water"]), ("p1", "a", ["water"])]


@pytest.mark.parametrize(
    ("codes", "alone", "with_others"),
    [
        (["NC", "water"], ["NC", "water"], ["water"]),
        (["NA", "NC"], ["NA", "NC"], ["NC"]),
        (["NC"], ["NC"], ["NC"]),
        (["NA"], ["NA"], ["NA"]),
        (["NR", "WS", "CE"], ["NR", "WS", "CE"], ["NR", "WS", "CE"]),
    ],
)
def test_idle_codes_go_where_something_else_is_left_but_not_from_someones_only_message(
    question: Callable[..., CodedDataset], codes: list[str], alone: list[str], with_others: list[str]
) -> None:
    message = question(("p1", "a", codes))
    assert folded(message, p1=1) == [("p1", "a", alone)]
    assert folded(message, p1=2) == [("p1", "a", with_others)]


def test_whoever_says_stop_anywhere_has_withdrawn_once(question: Callable[..., CodedDataset]) -> None:
    first = question(("p1", "a", ["water", "STOP"]), ("p2", "b", ["food"]), ("p1", "c", ["STOP"]))
    second = question(("p3", "a", ["STOP"]), ("p1", "a", ["STOP"]), ("p4", "d", ["NR"]))
    assert withdrawn_participants([first, second]).to_list() == ["p1", "p3"]
