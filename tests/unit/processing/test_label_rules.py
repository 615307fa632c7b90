"""Labels that count, and in which order, where a project reads them as a predecessor did."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.code_scheme import MANUALLY_UNCODED
from pipeline_lib.model.coding_plan import CodingMode, Dataset
from pipeline_lib.processing.label_files import LABELS
from pipeline_lib.processing.labels_by_time import in_order_of_time
from pipeline_lib.processing.manual_codes import apply_manual_codes
from pipeline_lib.processing.primary_columns import without_second_columns
from pipeline_lib.processing.unchecked_skipped import with_skipped_as_checked

Label = tuple[str, str, bool, int]
"""Scheme, code, whether it is checked, and the day on which it was made."""


def labels_of(labels: Sequence[Label]) -> pl.DataFrame:
    rows = [
        ("m", position, f"Scheme-{scheme}", code, checked, datetime(2018, 12, day, tzinfo=UTC), "a coder")
        for position, (scheme, code, checked, day) in enumerate(labels)
    ]
    return pl.DataFrame(rows, schema=LABELS, orient="row")


@pytest.fixture
def plan(scheme: Callable[..., Any], coding: Any, dataset: Any) -> Dataset:
    """A dataset of a scheme with several codes a text, `many`, and one with a single code, `one`."""
    return dataset("e01", coding(scheme("many", "a", "b"), CodingMode.MULTIPLE), coding(scheme("one", "yes", "no")))


def codes(plan: Dataset, labels: pl.DataFrame) -> tuple[set[str], str]:
    texts = pl.DataFrame({"message_id": ["m"], "text": ["biyo"]})
    coded = apply_manual_codes(texts, plan, labels, None)
    many, (one,) = coded["many_coded"][0], coded["one_coded"][0]
    return {code.removeprefix("many-") for code in many}, one.removeprefix("one-")


@pytest.mark.parametrize(
    ("labels", "one"),
    [
        ([("one-2", "one-no", True, 2), ("one", "one-yes", True, 1)], "yes"),
        ([("one", "one-yes", True, 1), ("one-2", "one-no", True, 2)], "yes"),
        ([("one-2", "one-no", True, 2)], "NR"),
    ],
)
def test_second_columns_of_a_single_code_do_not_count_where_only_primary_ones_do(
    plan: Dataset, labels: list[Label], one: str
) -> None:
    assert codes(plan, without_second_columns(labels_of(labels), plan))[1] == one


def test_second_columns_of_several_codes_count_all_the_same(plan: Dataset) -> None:
    labels = labels_of([("many", "many-a", True, 1), ("many-2", "many-b", True, 1)])
    assert codes(plan, without_second_columns(labels, plan))[0] == {"a", "b"}


@pytest.mark.parametrize(
    ("labels", "many", "one"),
    [
        # The file's first label is not the newest by its time.
        ([("many", "many-a", True, 1), ("many", "many-b", True, 2)], {"b"}, "NR"),
        ([("many", "many-b", True, 2), ("many", "many-a", True, 1)], {"b"}, "NR"),
        ([("many", "many-a", True, 1), ("many", MANUALLY_UNCODED, True, 2)], {"NR"}, "NR"),
        ([("many", "many-a", True, 1), ("many-2", "many-b", True, 2)], {"a", "b"}, "NR"),
        ([("many", "many-a", True, 1), ("many", "many-b", True, 1)], {"b"}, "NR"),
        # A single code goes by the file.
        ([("one", "one-yes", True, 1), ("one", "one-no", True, 2)], {"NR"}, "yes"),
    ],
)
def test_of_several_codes_the_newest_label_is_the_one_of_the_latest_time(
    plan: Dataset, labels: list[Label], many: set[str], one: str
) -> None:
    assert codes(plan, in_order_of_time(labels_of(labels), plan)) == (many, one)


@pytest.mark.parametrize(
    ("labels", "many", "one"),
    [
        ([("many", "many-NA", False, 1), ("one", "one-NS", False, 1)], {"NA"}, "NS"),
        ([("many", "many-NS", False, 1), ("one", "one-NA", False, 1)], {"NS"}, "NA"),
        ([("many", "many-a", False, 1), ("one", "one-yes", False, 1)], {"NR"}, "NR"),
        ([("many", "many-NC", False, 1), ("one", MANUALLY_UNCODED, False, 1)], {"NR"}, "NR"),
        # Only the newest label counts.
        ([("one", "one-yes", False, 2), ("one", "one-NA", False, 1)], {"NR"}, "NR"),
    ],
)
def test_na_and_ns_count_unchecked(plan: Dataset, labels: list[Label], many: set[str], one: str) -> None:
    """Q32."""
    assert codes(plan, with_skipped_as_checked(labels_of(labels), plan)) == (many, one)
