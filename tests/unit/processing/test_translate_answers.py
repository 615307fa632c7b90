from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.coding_plan import DatasetKind
from pipeline_lib.processing.translate_answers import fetched_answers, translate_answers
from pipeline_lib.processing.translation import KeyRemapping, Translation

KEYS = tuple(
    KeyRemapping(f"Gender ({part}) - {flow}", f"gender_{field}", is_activation_message=False)
    for flow in ("first", "second")
    for part, field in (("Value", "raw"), ("Time", "time"))
)


@pytest.fixture
def translation(
    scheme: Callable[..., Any], coding: Callable[..., Any], dataset: Callable[..., Any], plans: Any
) -> Translation:
    return Translation(
        KEYS,
        (),
        plans(
            dataset("e01", coding(scheme("e01", "water"))),
            dataset("gender", coding(scheme("gender", "man")), kind=DatasetKind.DEMOGRAPHIC),
        ),
    )


def survey(flow: str, *rows: tuple[str, str | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(
        rows,
        schema=dict.fromkeys(["participant", f"Gender (Value) - {flow}", f"Gender (Time) - {flow}"], pl.String),
        orient="row",
    )


@pytest.mark.parametrize(
    ("first", "second", "answer"),
    [
        (("a", "t1"), ("b", "t2"), ("b", "t2")),
        (("a", "t1"), (None, None), ("a", "t1")),
        # Q6: an empty answer is an answer. Q7: text and time are taken apart from one another.
        (("a", "t1"), ("", "t2"), ("", "t2")),
        (("a", "t1"), (None, "t2"), ("a", "t2")),
        ((None, "t1"), (None, "t2"), (None, None)),
    ],
)
def test_of_several_sources_the_last_that_has_a_value_wins(
    translation: Translation,
    first: tuple[str | None, str | None],
    second: tuple[str | None, str | None],
    answer: tuple[str | None, str | None],
) -> None:
    surveys = [survey("first", ("p1", *first)), survey("second", ("p1", *second))]
    answers = translate_answers(fetched_answers(pl.Series(["p1"]), surveys, translation), translation)
    assert answers.select("gender_raw", "gender_time").rows() == [answer]


def test_there_is_a_row_for_everybody_who_sent_a_message_and_for_nobody_else(translation: Translation) -> None:
    surveys = [survey("first", ("p9", "a", "t"), ("p2", "b", "t"))]
    answers = translate_answers(fetched_answers(pl.Series(["p3", "p2", "p1"]), surveys, translation), translation)
    assert answers.select("uid", "gender_raw").rows() == [("p3", None), ("p2", "b"), ("p1", None)]


def test_an_answer_given_with_an_activation_counts_and_the_later_one_more(translation: Translation) -> None:
    activation = survey("first", ("p1", "early", "t1"), ("p1", None, None), ("p1", "late", "t3"), ("p2", "other", "t4"))
    answers = translate_answers(fetched_answers(pl.Series(["p1", "p2"]), [activation], translation), translation)
    assert answers.select("gender_raw", "gender_time").rows() == [("late", "t3"), ("other", "t4")]


def test_a_participant_marked_as_test_in_a_survey_is_a_test_contact(translation: Translation) -> None:
    marked = survey("first", ("p1", "a", "t"), ("p2", "b", "t")).with_columns(test_run=pl.Series([None, "true"]))
    answers = translate_answers(fetched_answers(pl.Series(["p1", "p2"]), [marked], translation), translation)
    assert answers["is_test"].to_list() == [False, True]


def test_a_survey_that_no_file_fills_is_unanswered(translation: Translation) -> None:
    answers = translate_answers(fetched_answers(pl.Series(["p1"]), [], translation), translation)
    assert answers.to_dicts() == [{"uid": "p1", "is_test": False, "gender_raw": None, "gender_time": None}]
