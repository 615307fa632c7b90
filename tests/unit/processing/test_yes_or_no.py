from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.coding_plan import CodingMode
from pipeline_lib.processing.texts import CodedDataset
from pipeline_lib.processing.yes_or_no import fold_yes_or_no


@pytest.fixture
def folded(scheme: Callable[..., Any], coding: Any, dataset: Any) -> Callable[..., str]:
    """What a participant's messages to a question say together, by the code of each."""
    question = scheme("question", "yes", "no", "both")
    plan = dataset(
        "e01",
        coding(scheme("reasons", "water"), CodingMode.MULTIPLE),
        coding(question, ambivalent_code=question.codes[2]),
    )

    def run(codes: Sequence[str], messages_elsewhere: int = 0) -> str:
        count = len(codes)
        rows = pl.DataFrame({"uid": ["p"] * count, "text": [*codes], "text_row": range(count)})
        texts = pl.DataFrame(
            {"question_coded": [[f"question-{code}"] for code in codes], "reasons_coded": [["reasons-NC"]] * count}
        )
        counts = pl.DataFrame({"uid": ["p"], "message_count": [count + messages_elsewhere]})
        made = fold_yes_or_no(CodedDataset(plan, rows, texts), counts)
        assert made.columns == ["uid", "question_coded"]
        ((_, (code,)),) = made.iter_rows()
        return str(code.removeprefix("question-"))

    return run


@pytest.mark.parametrize(
    ("codes", "made"),
    [
        (["yes"], "yes"),
        (["yes", "yes"], "yes"),
        (["yes", "no"], "both"),
        (["no", "both"], "both"),
        (["yes", "no", "yes"], "both"),
        # What says nothing gives way to an answer.
        (["NC", "yes"], "yes"),
        (["yes", "NR"], "yes"),
        (["STOP", "no", "NS"], "no"),
        # Among such, STOP is stronger than NR, than NC, than NA, than NS.
        (["NC", "STOP"], "STOP"),
        (["NC", "NR"], "NR"),
        (["NS", "NC"], "NC"),
        (["NS", "NA"], "NA"),
        # Q36: WS is an answer of its own.
        (["yes", "WS"], "both"),
        (["NC", "WS"], "WS"),
        (["NA", "WS"], "WS"),
        (["WS", "WS"], "WS"),
        # A coding error says as little as a text that waits.
        (["CE", "yes"], "yes"),
        (["CE", "NC"], "CE"),
    ],
)
def test_several_messages_say_one_thing(folded: Callable[..., str], codes: list[str], made: str) -> None:
    assert folded(codes) == made
    assert folded(codes[::-1]) == made


@pytest.mark.parametrize(("code", "made"), [("NS", "NA"), ("NC", "NC"), ("yes", "yes"), ("WS", "WS"), ("NA", "NA")])
def test_a_message_to_another_question_says_na_to_this_one(folded: Callable[..., str], code: str, made: str) -> None:
    assert folded([code], messages_elsewhere=1) == made
    assert folded([code]) == code
