"""What became of what came in: counts that a run's manifest keeps."""

from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from pipeline_lib.model.coding_plan import CodingPlans


class Milestone(StrEnum):
    """When the rows of each dataset are counted."""

    STRANGERS = "strangers"
    """Answers of people who are in no activation file."""
    FETCHED = "fetched"
    """Messages, and answers of people who are in an activation file."""
    HEARD = "heard"
    """Messages, and answers of people who sent any."""
    MOVED = "moved"
    """Once texts labelled as wrong scheme have moved; answers also of people who have no message left."""
    KEPT = "kept"
    """The same, but answers only of people who have a message left; so in the steps that follow."""
    NOT_TESTS = "not tests"
    """Without test contacts."""
    WITHIN_DATES = "within dates"
    """Within the project's dates."""
    SHOWN = "shown"
    """Without people who are held back until a coder has labelled their stop word."""


@dataclass
class Tally:
    """Counts only: no texts, no names. Filled while processing goes on."""

    counts: dict[str, int] = field(default_factory=dict)
    """How many there are after each step, in the order of the steps."""
    dropped: dict[str, int] = field(default_factory=dict)
    """How many a rule of the pipeline left out, by the rule."""
    quarantined: dict[str, int] = field(default_factory=dict)
    """How many could not be used, by the reason."""
    rows: dict[Milestone, dict[str, int]] = field(default_factory=dict)
    """How many there are in each dataset, by its raw field."""


def rows_by_dataset(messages: pl.DataFrame, answers: pl.DataFrame, plans: CodingPlans) -> dict[str, int]:
    """How many messages and answers there are in each dataset, by its raw field."""
    sent = dict(messages.group_by("dataset").len().iter_rows())
    questions = {question.raw_field: sent.get(question.raw_field, 0) for question in plans.research_questions}
    return questions | {survey.raw_field: answers[survey.raw_field].count() for survey in plans.surveys}


def rows_of_senders(messages: pl.DataFrame, answers: pl.DataFrame, plans: CodingPlans) -> dict[str, int]:
    """The same, but of answers only those of people who sent one of the messages."""
    return rows_by_dataset(messages, answers.join(messages.select("uid").unique(), on="uid", how="semi"), plans)
