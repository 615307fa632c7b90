"""What became of what came in: counts that a run's manifest keeps."""

from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from pipeline_lib.model.coding_plan import CodingPlans


class Step(StrEnum):
    """When the rows of each dataset are counted."""

    UNHEARD = "unheard"
    """Answers to surveys of people who sent no message."""
    FETCHED = "fetched"
    """Messages, and the answers of people who sent any."""
    MOVED = "moved"
    """Once texts labelled as wrong scheme have moved; answers also of people who have no message left."""
    KEPT = "kept"
    """Of people who have a message left."""
    NOT_TESTS = "not tests"
    """Of people who are no test contacts."""
    WITHIN_DATES = "within dates"
    """Within the project's dates; answers of people who have a message there."""


@dataclass
class Tally:
    """Counts only: no texts, no names. Filled while processing goes on."""

    counts: dict[str, int] = field(default_factory=dict)
    """How many there are after each step, in the order of the steps."""
    dropped: dict[str, int] = field(default_factory=dict)
    """How many a rule of the pipeline left out, by the rule."""
    quarantined: dict[str, int] = field(default_factory=dict)
    """How many could not be used, by the reason."""
    rows: dict[Step, dict[str, int]] = field(default_factory=dict)
    """How many there are in each dataset, by its raw field."""


def rows_by_dataset(messages: pl.DataFrame, answers: pl.DataFrame, plans: CodingPlans) -> dict[str, int]:
    """How many messages and answers there are in each dataset, by its raw field; answers only of who sent messages."""
    sent = dict(messages.group_by("dataset").len().iter_rows())
    senders = answers.join(messages.select("uid").unique(), on="uid", how="semi")
    return {d.raw_field: sent.get(d.raw_field, 0) for d in plans.research_questions} | answer_counts(senders, plans)


def answer_counts(answers: pl.DataFrame, plans: CodingPlans) -> dict[str, int]:
    """How many participants answered each survey, by its raw field."""
    return {survey.raw_field: answers[survey.raw_field].count() for survey in plans.surveys}
