from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.coding_plan import CodingMode, DatasetKind
from pipeline_lib.processing.consent_by_message import are_stopped
from pipeline_lib.processing.texts import CodedDataset

MESSAGES = pl.DataFrame(
    [("p1", "e01_raw", 0), ("p1", "e01_raw", 1), ("p2", "e01_raw", 0), ("p1", "e02_raw", 1), ("p3", "e02_raw", 0)],
    schema={"uid": pl.String, "dataset": pl.String, "text_row": pl.UInt32},
    orient="row",
)


def coded(dataset: Any, codes: dict[str, list[list[str]]], *rows: tuple[str, int]) -> CodedDataset:
    schema = {"uid": pl.String, "text_row": pl.UInt32}
    return CodedDataset(dataset, pl.DataFrame(rows, schema=schema, orient="row"), pl.DataFrame(codes))


@pytest.fixture
def stopped(scheme: Callable[..., Any], coding: Any, dataset: Any) -> Callable[..., list[bool]]:
    """Which of `MESSAGES` are withdrawn, by the codes of the texts of two episodes and of a survey."""
    reasons, question = coding(scheme("reasons", "a"), CodingMode.MULTIPLE), coding(scheme("question", "yes"))
    e01, e02 = dataset("e01", reasons, question), dataset("e02", coding(scheme("e02", "a")))
    gender = dataset("gender", coding(scheme("gender", "man")), kind=DatasetKind.DEMOGRAPHIC)

    def run(reasons: str = "a a", question: str = "yes yes", e02_: str = "a a", gender_: str = "man") -> list[bool]:
        def ids(name: str, codes: str) -> list[list[str]]:
            return [[f"{name}-{code}"] for code in codes.split()]

        datasets = [
            coded(e01, {"reasons_coded": ids("reasons", reasons), "question_coded": ids("question", question)}),
            coded(e02, {"e02_coded": ids("e02", e02_)}),
            coded(gender, {"gender_coded": ids("gender", gender_)}, ("p1", 0)),
        ]
        return are_stopped(MESSAGES, datasets).to_list()

    return run


def test_a_stop_in_any_coding_withdraws_the_messages_with_that_text_alone(stopped: Callable[..., list[bool]]) -> None:
    assert stopped() == [False] * 5
    assert stopped(reasons="STOP a") == [True, False, True, False, False]
    assert stopped(question="yes STOP") == [False, True, False, False, False]
    assert stopped(e02_="STOP a") == [False, False, False, False, True]


def test_a_stop_in_a_survey_withdraws_all_messages_of_its_sender(stopped: Callable[..., list[bool]]) -> None:
    assert stopped(gender_="STOP") == [True, True, False, True, False]
