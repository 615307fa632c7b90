from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.code_scheme import MANUALLY_UNCODED
from pipeline_lib.model.coding_plan import CodingMode
from pipeline_lib.processing.label_files import LABELS
from pipeline_lib.processing.manual_codes import apply_manual_codes

Label = tuple[str, str, bool]


def labels_of(**messages: list[Label]) -> pl.DataFrame:
    rows = [
        (message, position, scheme, code, checked, datetime(2021, 10, 1, tzinfo=UTC), "a coder")
        for message, labels in messages.items()
        for position, (scheme, code, checked) in enumerate(labels)
    ]
    return pl.DataFrame(rows, schema=LABELS, orient="row")


def texts_of(text: str = "biyo") -> pl.DataFrame:
    return pl.DataFrame({"message_id": ["m"], "text": [text]})


@pytest.mark.parametrize(
    ("labels", "codes"),
    [
        ([], ["e01-NR"]),
        ([("Scheme-e01", "e01-water", True)], ["e01-water"]),
        ([("Scheme-e01", "e01-water", False)], ["e01-NR"]),
        ([("Scheme-e01", "e01-food", True), ("Scheme-e01", "e01-water", True)], ["e01-food"]),
        ([("Scheme-e01", "e01-food", False), ("Scheme-e01", "e01-water", True)], ["e01-NR"]),
        ([("Scheme-e01-2", "e01-food", True), ("Scheme-e01", "e01-water", True)], ["e01-food"]),
        ([("Scheme-other", "e01-food", True), ("Scheme-e01", "e01-water", True)], ["e01-water"]),
        ([("Scheme-e01", MANUALLY_UNCODED, True), ("Scheme-e01", "e01-water", True)], ["e01-NR"]),
    ],
)
def test_a_single_code_is_the_newest_label_if_it_is_checked(
    scheme: Callable[..., Any], coding: Any, dataset: Any, labels: list[Label], codes: list[str]
) -> None:
    plan = dataset("e01", coding(scheme("e01", "water", "food")))
    coded = apply_manual_codes(texts_of(), plan, labels_of(m=labels), None)
    assert coded["e01_coded"].to_list() == [codes]


@pytest.mark.parametrize(
    ("labels", "codes"),
    [
        ([], ["e01-NR"]),
        # Newest label first in the file; the order of codes is that in which the duplicates were first used.
        ([("Scheme-e01", "e01-water", True), ("Scheme-e01-2", "e01-food", True)], ["e01-food", "e01-water"]),
        ([("Scheme-e01-2", "e01-food", True), ("Scheme-e01", "e01-water", True)], ["e01-water", "e01-food"]),
        (
            [("Scheme-e01", "e01-food", True), ("Scheme-e01-2", "e01-land", True), ("Scheme-e01", "e01-water", True)],
            ["e01-food", "e01-land"],
        ),
        # Q14: an unchecked code beside a checked one stays.
        ([("Scheme-e01-2", "e01-food", False), ("Scheme-e01", "e01-water", True)], ["e01-water", "e01-food"]),
        ([("Scheme-e01-2", "e01-food", False), ("Scheme-e01", "e01-water", False)], ["e01-NR"]),
        ([("Scheme-e01-2", MANUALLY_UNCODED, True), ("Scheme-e01", "e01-water", True)], ["e01-water"]),
        ([("Scheme-e01-2", MANUALLY_UNCODED, True), ("Scheme-e01", "e01-water", False)], ["e01-NR"]),
        ([("Scheme-e01-2", "e01-water", True), ("Scheme-e01", "e01-water", True)], ["e01-water"]),
    ],
)
def test_multiple_codes_are_the_newest_of_each_duplicate_scheme_if_any_is_checked(
    scheme: Callable[..., Any], coding: Any, dataset: Any, labels: list[Label], codes: list[str]
) -> None:
    plan = dataset("e01", coding(scheme("e01", "water", "food", "land"), CodingMode.MULTIPLE))
    coded = apply_manual_codes(texts_of(), plan, labels_of(m=labels), None)
    assert coded["e01_coded"].to_list() == [codes]


def test_an_empty_text_is_not_coded_whatever_its_labels_say(
    scheme: Callable[..., Any], coding: Any, dataset: Any
) -> None:
    plan = dataset("e01", coding(scheme("e01", "water")))
    coded = apply_manual_codes(texts_of(""), plan, labels_of(m=[("Scheme-e01", "e01-water", True)]), None)
    assert coded["e01_coded"].to_list() == [["e01-NC"]]


def test_the_correct_dataset_is_a_single_code_of_the_wrong_scheme_scheme(
    scheme: Callable[..., Any], coding: Any, dataset: Any
) -> None:
    plan = dataset("e01", coding(scheme("e01", "water")))
    labels = labels_of(m=[("Scheme-ws", "ws-gender", True)], n=[("Scheme-ws", "ws-gender", False)])
    texts = pl.DataFrame({"message_id": ["m", "n"], "text": ["a", "b"]})
    coded = apply_manual_codes(texts, plan, labels, scheme("ws", "gender"))
    assert coded["correct_dataset"].to_list() == ["ws-gender", "ws-NR"]


@pytest.mark.parametrize(
    ("raw", "automatic", "codes"),
    [("{}", "reply-post", ["reply-post"]), ("{}", None, ["reply-NC"]), (None, None, ["reply-NA"])],
)
def test_where_nobody_verifies_by_hand_the_cleaner_decides_and_labels_are_ignored(
    scheme: Callable[..., Any], coding: Any, dataset: Any, raw: str | None, automatic: str | None, codes: list[str]
) -> None:
    reply = coding(
        scheme("reply", "post", "comment"),
        cleaner="facebook.comment_reply_to",
        raw_field="parent_raw",
        requires_manual_verification=False,
    )
    texts = pl.DataFrame(
        {"message_id": ["m"], "text": [""], "parent_raw": [raw], "automatic reply_coded": [automatic]},
        schema_overrides={"parent_raw": pl.String, "automatic reply_coded": pl.String},
    )
    labels = labels_of(m=[("Scheme-reply", "reply-comment", True)])
    coded = apply_manual_codes(texts, dataset("e01", reply), labels, None)
    assert coded["reply_coded"].to_list() == [codes]


def test_where_neither_a_cleaner_nor_anybody_codes_nothing_is_reviewed(
    scheme: Callable[..., Any], coding: Any, dataset: Any
) -> None:
    band = coding(scheme("band", "young", "old"), requires_manual_verification=False)
    texts = pl.DataFrame({"message_id": ["m", "n"], "text": ["25", ""]})
    coded = apply_manual_codes(texts, dataset("age", band), labels_of(m=[("Scheme-band", "band-old", True)]), None)
    assert coded["band_coded"].to_list() == [["band-NR"], ["band-NR"]]
