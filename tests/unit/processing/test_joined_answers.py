from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.coding_plan import DatasetKind
from pipeline_lib.processing.joined_answers import join_answers
from pipeline_lib.processing.translation import KeyRemapping, Translation

KEYS = tuple(
    KeyRemapping(f"Advice (Text) - {flow}", "advice_raw", is_activation_message=False) for flow in ("first", "second")
)


@pytest.fixture
def translation(
    scheme: Callable[..., Any], coding: Callable[..., Any], dataset: Callable[..., Any], plans: Any
) -> Translation:
    advice = dataset("advice", coding(scheme("advice", "more")), kind=DatasetKind.FOLLOW_UP, joins_answers=True)
    return Translation(KEYS, (), plans(dataset("e01", coding(scheme("e01", "water"))), advice))


def survey(flow: str, *rows: tuple[str, str | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(["participant", f"Advice (Text) - {flow}"], pl.String), orient="row")


def joined(translation: Translation, *raws: pl.DataFrame) -> dict[str, str | None]:
    """What p1 to p3 answered, if `last` is what the translation took for the answer of p1."""
    answers = pl.DataFrame({"uid": ["p1", "p2", "p3"], "advice_raw": ["last", None, ""], "advice_time": ["t"] * 3})
    after = join_answers(answers, raws, translation)
    assert after.drop("advice_raw").equals(answers.drop("advice_raw"))
    return dict(after.select("uid", "advice_raw").iter_rows())


def test_all_that_somebody_answered_is_joined_each_text_once_and_the_latest_last(translation: Translation) -> None:
    first = survey("first", ("p1", "again"), ("p2", "b"), ("p1", "a"), ("p1", "last"), ("stranger", "x"))
    second = survey("second", ("p1", "again"), ("p1", "last"), ("p2", "c"))
    assert joined(translation, first, second) == {"p1": "a; again; last", "p2": "b; c", "p3": ""}


def test_an_empty_answer_counts_only_where_there_is_no_other(translation: Translation) -> None:
    answers = survey("first", ("p1", ""), ("p1", "last"), ("p3", ""), ("p2", None))
    assert joined(translation, answers) == {"p1": "last", "p2": None, "p3": ""}


def test_files_without_an_answer_change_nothing(translation: Translation) -> None:
    assert joined(translation) == {"p1": "last", "p2": None, "p3": ""}


def test_a_survey_that_joins_no_answers_keeps_the_last(translation: Translation) -> None:
    (advice,) = translation.plans.demographics
    plans = replace(translation.plans, demographics=(replace(advice, joins_answers=False),))
    answers = survey("first", ("p1", "first"), ("p1", "last"))
    assert joined(replace(translation, plans=plans), answers)["p1"] == "last"
