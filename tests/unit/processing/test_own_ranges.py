from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.coding_plan import CodingPlans, DatasetKind
from pipeline_lib.processing.own_ranges import answers_within_ranges, messages_within_ranges

START, END = datetime(2021, 10, 1, tzinfo=UTC), datetime(2021, 10, 8, tzinfo=UTC)


@pytest.fixture
def ranged(scheme: Callable[..., Any], coding: Any, dataset: Any, plans: Any) -> CodingPlans:
    made: CodingPlans = plans(
        dataset("e01", coding(scheme("e01", "water")), sent_from=START),
        dataset("e02", coding(scheme("e02", "water"))),
        dataset(
            "gender", coding(scheme("gender", "man")), kind=DatasetKind.DEMOGRAPHIC, sent_from=START, sent_before=END
        ),
    )
    return made


def test_an_answer_outside_its_surveys_range_was_not_given(ranged: CodingPlans) -> None:
    days = ["2021-09-30T23:59:59Z", "2021-10-01T00:00:00Z", "2021-10-07T23:59:59Z", "2021-10-08T03:00:00+03:00", None]
    answers = pl.DataFrame({"uid": list("abcde"), "gender_raw": ["man"] * 5, "gender_time": days})
    kept = answers_within_ranges(answers, ranged)
    assert kept["gender_raw"].to_list() == [None, "man", "man", None, "man"]
    assert kept["gender_time"].to_list() == [None, days[1], days[2], None, None]


def test_a_message_before_its_questions_range_does_not_count(ranged: CodingPlans) -> None:
    sent_at = pl.Series([datetime(2021, 9, 30, tzinfo=UTC), START] * 2)
    messages = pl.DataFrame({"dataset": ["e01_raw", "e01_raw", "e02_raw", "e02_raw"], "sent_at": sent_at})
    assert messages.select(messages_within_ranges(ranged).alias("counts"))["counts"].to_list() == [
        False,
        True,
        True,
        True,
    ]
