from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.model.coding_plan import Dataset
from pipeline_lib.model.step_counts import in_words
from pipeline_lib.processing.label_files import LABELS, LabelFile, SetAside
from pipeline_lib.processing.manual_codes import apply_manual_codes
from pipeline_lib.processing.quarantine import check_messages, set_aside_unusable


@pytest.fixture
def e01(scheme: Callable[..., Any], coding: Any, dataset: Any) -> Dataset:
    plan: Dataset = dataset("e01", coding(scheme("e01", "water")))
    return plan


def labels_of(*rows: tuple[str, int, str, str, bool]) -> pl.DataFrame:
    return pl.DataFrame(
        [(*row, datetime(2021, 10, 1, tzinfo=UTC), "a coder") for row in rows], schema=LABELS, orient="row"
    )


def test_a_label_whose_code_its_scheme_lacks_is_counted_and_leaves_its_message_not_reviewed(e01: Dataset) -> None:
    labels = labels_of(
        ("m", 0, "Scheme-e01", "e01-gone", True), ("m", 1, "Scheme-e01", "e01-water", True),
        ("n", 0, "Scheme-e01-2", "e01-water", True),
    )  # fmt: skip
    usable = set_aside_unusable(LabelFile(labels, "/run/e01.json"), e01, None, 0.5)
    coded = apply_manual_codes(pl.DataFrame({"message_id": ["m", "n"], "text": ["a", "b"]}), e01, usable.labels, None)
    assert coded["e01_coded"].to_list() == [["e01-NR"], ["e01-water"]]
    assert in_words(usable.counts) == {"labels set aside, e01.json: of codes that their scheme lacks": 1}


def test_labels_of_other_schemes_are_counted_and_are_no_error(e01: Dataset) -> None:
    labels = labels_of(("m", 0, "Scheme-elsewhere", "any", True), ("n", 0, "Scheme-e01", "e01-water", True))
    usable = set_aside_unusable(LabelFile(labels, "/run/e01.json"), e01, None, 0.0)
    assert usable.labels.equals(labels)
    assert in_words(usable.counts) == {"labels set aside, e01.json: of schemes that no coding has": 1}


def test_a_share_above_the_limit_is_an_error_that_names_the_missing_codes(e01: Dataset) -> None:
    labels = labels_of(("m", 0, "Scheme-e01", "e01-gone", True), ("n", 0, "Scheme-e01", "e01-water", True))
    with pytest.raises(DataError) as caught:
        set_aside_unusable(LabelFile(labels, "/run/e01.json"), e01, None, 0.49)
    assert str(caught.value) == (
        "/run/e01.json: 1 of 2 labels have a code that their scheme lacks, the limit is 49.0%; "
        "bring the code schemes up to date; missing: e01-gone"
    )


def label_file(set_aside_count: int) -> LabelFile:
    set_aside = [SetAside(f"[{index}]", "is no object") for index in range(set_aside_count)]
    return LabelFile(labels_of(), "/run/e01.json", 100, tuple(set_aside), {"a message has half a character": 60})


def test_messages_set_aside_are_counted_by_kind_and_the_first_are_named(caplog: pytest.LogCaptureFixture) -> None:
    counts = check_messages({"e01.json": label_file(2), "e02.json": LabelFile(labels_of(), "e02.json")}, 0.02)
    assert in_words(counts) == {
        "messages set aside, e01.json: a message is no object": 2,
        "messages mended, e01.json: a message has half a character": 60,
    }
    assert caplog.messages == [
        "Set aside, and not reviewed: e01.json: [0]: is no object; e01.json: [1]: is no object",
    ]


def test_too_many_messages_set_aside_are_an_error_that_names_the_first_of_every_file() -> None:
    with pytest.raises(DataError) as caught:
        check_messages({"e01.json": label_file(3), "e02.json": label_file(9)}, 0.02)
    right = "pull it again, or correct them; at most 2.0% may be set aside (QuarantineShareLimit)"
    assert str(caught.value).splitlines() == [
        f"/run/e01.json: 3 of its 100 messages cannot be used; {right}",
        *(f"/run/e01.json: [{index}]: is no object" for index in range(3)),
        f"/run/e01.json: 9 of its 100 messages cannot be used; {right}",
        *(f"/run/e01.json: [{index}]: is no object" for index in range(5)),
    ]
