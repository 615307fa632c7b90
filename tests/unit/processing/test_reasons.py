from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.coding_plan import CodingMode
from pipeline_lib.processing.impute import codings_awaited
from pipeline_lib.processing.reasons import synchronise_reasons
from pipeline_lib.processing.texts import CodedDataset


@pytest.fixture
def synchronised(scheme: Callable[..., Any], coding: Any, dataset: Any) -> Callable[..., list[str]]:
    """The reasons of a text, from its own and its yes or no."""
    question = scheme("question", "yes", "no", "ambivalent")
    codings = (
        coding(scheme("reasons", "water", "food"), CodingMode.MULTIPLE),
        coding(question, ambivalent_code=question.codes[2]),
    )

    def run(reasons: list[str], answer: str, **more: Any) -> list[str]:
        texts = pl.DataFrame(
            {
                "message_id": ["m"],
                "reasons_coded": [[f"reasons-{reason}" for reason in reasons]],
                "question_coded": [[f"question-{answer}"]],
            }
        )
        coded = synchronise_reasons(CodedDataset(dataset("e01", *codings, **more), pl.DataFrame(), texts))
        assert coded.texts["question_coded"].to_list() == [[f"question-{answer}"]]
        return [code.removeprefix("reasons-") for code in coded.texts["reasons_coded"][0]]

    return run


@pytest.mark.parametrize(
    ("reasons", "answer", "made"),
    [
        (["NR"], "yes", ["NC"]),
        (["NR"], "ambivalent", ["NC"]),
        (["NR"], "NC", ["NC"]),
        (["NR"], "WS", ["WS"]),
        (["NR"], "STOP", ["STOP"]),
        (["NR"], "NA", ["NA"]),
        (["NR"], "NR", ["NR"]),
        (["NR"], "push_back", ["NC"]),
        (["NR", "water"], "yes", ["NR", "water"]),
        (["water"], "no", ["water"]),
        (["NC"], "WS", ["NC"]),
        (["water"], "NR", ["water"]),
    ],
)
def test_reasons_that_nobody_coded_follow_from_the_yes_or_no(
    synchronised: Callable[..., list[str]], reasons: list[str], answer: str, made: list[str]
) -> None:
    assert synchronised(reasons, answer) == made


def test_a_plan_may_leave_them_unreviewed(synchronised: Callable[..., list[str]]) -> None:
    assert synchronised(["NR"], "yes", synchronises_control_codes=False) == ["NR"]


def test_a_control_code_that_reasons_lack_is_nc(scheme: Callable[..., Any], coding: Any, dataset: Any) -> None:
    question, reasons = scheme("question", "yes"), scheme("reasons", "water")
    reasons = reasons.model_copy(update={"codes": tuple(c for c in reasons.codes if c.control_code != "WS")})
    plan = dataset("e01", coding(reasons, CodingMode.MULTIPLE), coding(question, ambivalent_code=question.codes[0]))
    texts = pl.DataFrame({"reasons_coded": [["reasons-NR"]], "question_coded": [["question-WS"]]})
    assert synchronise_reasons(CodedDataset(plan, pl.DataFrame(), texts)).texts["reasons_coded"].to_list() == [
        ["reasons-NC"]
    ]


def test_a_text_with_a_yes_or_no_does_not_wait_for_reasons(
    scheme: Callable[..., Any], coding: Any, dataset: Any
) -> None:
    question = scheme("question", "yes")
    codings = (
        coding(scheme("reasons", "water"), CodingMode.MULTIPLE),
        coding(question, ambivalent_code=question.codes[0]),
    )
    assert codings_awaited(dataset("e01", *codings)) == [codings, codings[1:]]
    apart = dataset("e01", *codings, synchronises_control_codes=False)
    assert codings_awaited(apart) == [codings[:1], codings[1:]]
