"""How many messages and answers there are in each dataset, and how many a step left out."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline_lib.model.coding_plan import CodingPlans, Dataset
from pipeline_lib.model.step_counts import Outcome, StepCount

RowCounts = Mapping[str, int]
"""Messages to each research question and answers to each survey, by raw field."""


def rows_by_dataset(messages: pl.DataFrame, answers: pl.DataFrame, plans: CodingPlans) -> RowCounts:
    """How many messages and answers there are in each dataset."""
    sent = dict(messages.group_by("dataset").len().iter_rows())
    questions = {question.raw_field: sent.get(question.raw_field, 0) for question in plans.research_questions}
    return questions | {survey.raw_field: answers[survey.raw_field].count() for survey in plans.surveys}


def rows_of_senders(messages: pl.DataFrame, answers: pl.DataFrame, plans: CodingPlans) -> RowCounts:
    """The same, but counting only the answers of people who sent one of the messages."""
    return rows_by_dataset(messages, answers.join(messages.select("uid").unique(), on="uid", how="semi"), plans)


def row_counts(step: str, rows: RowCounts, plans: CodingPlans, **facts: Any) -> list[StepCount]:
    """What a step counted of each dataset, as messages or answers, without the zeros."""
    return [
        StepCount(step=step, measure=measure_of(dataset), dataset=dataset.name, count=count, **facts)
        for dataset in plans.datasets
        if (count := rows.get(dataset.raw_field, 0))
    ]


def dropped_rows(step: str, before: RowCounts, after: RowCounts, plans: CodingPlans, reason: str) -> list[StepCount]:
    """What a step left out of each dataset, including answers whose senders have no message left."""
    dropped = {field: count - after[field] for field, count in before.items()}
    return row_counts(step, dropped, plans, outcome=Outcome.DROPPED, reason=reason)


def measure_of(dataset: Dataset) -> str:
    """What a dataset's rows are: messages, or for a survey answers, one per participant."""
    return "answers" if dataset.is_survey else "messages"
