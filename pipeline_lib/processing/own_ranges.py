"""Datasets that count only what was sent within a time range of their own."""

from collections.abc import Sequence

import polars as pl

from pipeline_lib.model.coding_plan import CodingPlans, Dataset
from pipeline_lib.processing.times import instants


def answers_within_ranges(answers: pl.DataFrame, plans: CodingPlans) -> pl.DataFrame:
    """The answers, where one that was sent outside its survey's range was not given.

    Args:
        answers: As `translate_answers` gives them.
        plans: The coding plans.
    """
    for survey in _with_ranges(plans.surveys):
        sent_at = instants(answers[survey.time_field]).alias("sent_at")
        is_within = answers.select(sent_at).select(_is_within(survey).fill_null(value=True)).to_series()
        own = (survey.raw_field, survey.time_field)
        answers = answers.with_columns(pl.when(is_within).then(field).alias(field) for field in own)
    return answers


def messages_within_ranges(plans: CodingPlans) -> pl.Expr:
    """Whether a message, by `dataset` and `sent_at`, was sent within the range of its research question."""
    outside = (
        (pl.col("dataset") == question.raw_field) & ~_is_within(question)
        for question in _with_ranges(plans.research_questions)
    )
    return ~pl.any_horizontal(pl.lit(value=False), *outside).fill_null(value=False)


def _with_ranges(datasets: Sequence[Dataset]) -> list[Dataset]:
    return [each for each in datasets if each.sent_from is not None or each.sent_before is not None]


def _is_within(dataset: Dataset) -> pl.Expr:
    sent_at, bounds = pl.col("sent_at"), [pl.lit(value=True)]
    if dataset.sent_from is not None:
        bounds.append(sent_at >= dataset.sent_from)
    if dataset.sent_before is not None:
        bounds.append(sent_at < dataset.sent_before)
    return pl.all_horizontal(bounds)
