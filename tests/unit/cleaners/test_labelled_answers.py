"""How often the cleaners are right on answers that people have labelled: docs/cleaners.md has the figures."""

from pathlib import Path

import polars as pl
import pytest

from pipeline_lib.cleaners.evaluation import read_labelled_answers, with_codes

DATA = Path(__file__).parents[2] / "data"
QUESTIONS = ("age", "gender", "yes_no", "place")


def measured(folder: str) -> dict[str, tuple[float, float]]:
    """Precision and recall of each question, over all of its cleaners."""
    answers = pl.concat([read_labelled_answers(path) for path in sorted((DATA / folder).glob("*.csv"))])
    named = pl.col("cleaner").str.extract(r"\.(age|gender|yes_no)")
    coded = with_codes(answers).with_columns(question=named.fill_null("place"), right=pl.col("code") == pl.col("label"))
    rows = coded.group_by("question").agg(pl.col("right").sum(), pl.col("code").count(), pl.col("label").count())
    return {question: (right / codes, right / labels) for question, right, codes, labels in rows.iter_rows()}


@pytest.mark.slow
def test_answers_that_the_lists_were_corrected_by_get_their_labels() -> None:
    assert {question: min(of) >= 0.98 for question, of in measured("labelled_answers").items()} == dict.fromkeys(
        QUESTIONS, True
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "precision", "recall"),
    [("age", 0.98, 0.95), ("gender", 0.98, 0.92), ("yes_no", 0.98, 0.85), ("place", 0.97, 0.95)],
)
def test_answers_that_nobody_looked_at_are_seldom_mistaken(question: str, precision: float, recall: float) -> None:
    found = measured("held_out_answers")[question]
    assert found[0] >= precision
    assert found[1] >= recall
