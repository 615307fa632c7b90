"""Folding by cells: what becomes of NA and NC, worked out by hand from the rule (semantics.md 14)."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.coding_plan import CodingMode
from pipeline_lib.processing.matrix_fold import fold_matrix
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset

Message = tuple[str, list[str]]


@pytest.fixture
def question_of(scheme: Callable[..., Any], coding: Any, dataset: Any) -> Callable[..., CodedDataset]:
    """A question to which p1 sent these messages, a text of its own each."""

    def make(messages: list[Message], mode: CodingMode = CodingMode.MULTIPLE) -> CodedDataset:
        plan = dataset("e01", coding(scheme("e01", "water", "food"), mode))
        rows = pl.DataFrame(
            {"uid": "p1", "text": [text for text, _ in messages], TEXT_ROW: range(len(messages))},
            schema_overrides={TEXT_ROW: pl.UInt32},
        )
        codes = [[f"e01-{code}" for code in codes] for _, codes in messages]
        return CodedDataset(plan, rows, pl.DataFrame({"text": rows["text"], "e01_coded": codes}))

    return make


def folded(question: CodedDataset, message_count: int, *, q57: bool = True) -> tuple[str, set[str]]:
    counts = pl.DataFrame({"uid": ["p1"], "message_count": [message_count]})
    frame = fold_matrix(question, counts, empty_is_not_available=q57).select("uid", "text", "e01_coded")
    ((_, text, codes),) = frame.rows()
    assert len(codes) == len(set(codes))
    return text, {code.removeprefix("e01-") for code in codes}


CASES: list[tuple[str, list[Message], int, str, set[str]]] = [
    ("one message stays as it is", [("a", ["water"])], 1, "a", {"water"}),
    ("NC beside a code stays in one's only message", [("a", ["water", "NC"])], 1, "a", {"water", "NC"}),
    ("but not beside messages elsewhere", [("a", ["water", "NC"])], 2, "a", {"water"}),
    ("nor beside a message without it", [("a", ["water", "NC"]), ("b", ["food"])], 2, "a;b", {"water", "food"}),
    ("where all have it, it stays", [("a", ["water", "NC"]), ("b", ["NC"])], 2, "a;b", {"water", "NC"}),
    ("NC alone is NC", [("a", ["NC"])], 3, "a", {"NC"}),
    ("NA by hand becomes NC", [("a", ["NA"])], 1, "a", {"NC"}),
    ("NA goes beside a code", [("a", ["NA"]), ("b", ["water"])], 2, "a;b", {"water"}),
    ("NR, WS and CE stay", [("a", ["NR"]), ("b", ["WS", "CE", "NC"])], 2, "a;b", {"NR", "WS", "CE"}),
    ("an empty text alone is NC", [("", ["NC"])], 1, "", {"NC"}),
    ("two empty texts are NC", [("", ["NC"]), ("", ["NC"])], 3, ";", {"NC"}),
]


@pytest.mark.parametrize(("messages", "count", "text", "codes"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
@pytest.mark.parametrize("q57", [True, False])
def test_cells_fold(
    messages: list[Message], count: int, text: str, codes: set[str], q57: bool, question_of: Callable[..., CodedDataset]
) -> None:
    assert folded(question_of(messages), count, q57=q57) == (text, codes)


def test_q57_an_empty_text_beside_messages_elsewhere_is_not_available(question_of: Callable[..., CodedDataset]) -> None:
    empty = question_of([("", ["NC"])])
    assert folded(empty, 2, q57=True) == ("", {"NA"})
    assert folded(empty, 2, q57=False) == ("", {"NC"})


def test_a_coding_of_one_code_folds_as_elsewhere(question_of: Callable[..., CodedDataset]) -> None:
    assert folded(question_of([("a", ["NA"])], CodingMode.SINGLE), 1) == ("a", {"NA"})
