"""Selects the messages and answers that count in a run, and those that only coders should see."""

from collections.abc import Collection
from typing import NamedTuple

import polars as pl

from pipeline_lib.model.coding_plan import CodingPlans, Dataset
from pipeline_lib.model.mobile_operators import operator_of
from pipeline_lib.model.step_counts import StepCount
from pipeline_lib.processing.consent import Consent
from pipeline_lib.processing.filters import is_within, with_sent_at
from pipeline_lib.processing.groups import NO_GROUPS, OUTSIDE_GROUPS, Members, is_left_in
from pipeline_lib.processing.own_ranges import answers_within_ranges, messages_within_ranges
from pipeline_lib.processing.row_counts import RowCounts, dropped_rows, measure_of, rows_by_dataset, rows_of_senders
from pipeline_lib.processing.settings import Settings
from pipeline_lib.processing.times import instants
from pipeline_lib.processing.wrong_scheme import Moved


class Selected(NamedTuple):
    """What a run works with."""

    messages: pl.DataFrame
    """Messages that count, in their order; then stop words that do not count but wait for a coder."""
    participants: pl.DataFrame
    """People who sent a message that counts, in the order of their first one, with their answers."""
    waiting: pl.DataFrame
    """Stop words that wait for a coder, as `Consent.waiting`."""
    counts: tuple[StepCount, ...] = ()
    undated_count: int = 0
    """How many of the messages are stop words that do not count; they are the last ones."""

    def rows_of(self, dataset: Dataset, settings: Settings) -> pl.DataFrame:
        """A dataset's messages or answers; last, those that do not count but wait for a coder."""
        if not dataset.is_survey:
            return self.messages.filter(pl.col("dataset") == dataset.raw_field)
        answers = _answers_to(dataset, self.participants)
        waiting = self.waiting.filter(~pl.col("is_late"), dataset=dataset.raw_field).unique(
            ["uid", "text"], keep="first", maintain_order=True
        )
        more = waiting.join(answers, on=["uid", "text"], how="anti", maintain_order="left")
        # If an answer was given again, the time of the first one may no longer be known.
        sent_at = instants(more["sent_on"]).fill_null(settings.start).alias("sent_at")
        no_run = (pl.lit(None, pl.String).alias(column) for column in ("run_id_field", "run_id"))
        return pl.concat([answers, more.with_columns(sent_at, *no_run).select(answers.columns)])

    @property
    def held(self) -> pl.Expr:
        """Whether a row's person is left out until a coder has labelled their stop word."""
        return pl.col("uid").is_in(self.waiting["uid"].unique().implode())


def select(moved: Moved, consent: Consent, settings: Settings, members: Members = NO_GROUPS) -> Selected:
    """The messages that count, and the participants who sent them, with their answers.

    Args:
        moved: Messages and answers, after moves.
        consent: Who is to be left out, and what waits for a coder.
        settings: The project's.
        members: The members of its groups.

    Raises:
        DataError: A message has no time, or its time has no UTC offset.
    """
    messages, answers, plans, to_decide = moved.messages, moved.answers, settings.plans, consent.waiting
    counts: list[StepCount] = []
    rows = rows_of_senders(messages, answers, plans)
    if settings.filter_test_messages:
        named = pl.Series("uid", sorted(settings.test_participants), dtype=pl.String)
        testers = pl.concat([answers.filter("is_test")["uid"], consent.testers, named])
        messages = messages.filter(~pl.col("is_test") & ~pl.col("uid").is_in(testers.implode()))
        of_people = rows_of_senders(messages, answers, plans)
        counts += dropped_rows("filter_test_contacts", rows, of_people, plans, "test_contact")
        rows = of_people
    if settings.operators is not None:
        messages = _of_operators(messages, settings.operators)
        of_people = rows_of_senders(messages, answers, plans)
        counts += dropped_rows("filter_operators", rows, of_people, plans, "other_operator")
        rows = of_people
    in_groups = is_left_in(plans.groups, members)
    if in_groups is not None:
        messages, to_decide = messages.filter(in_groups), to_decide.filter(in_groups)
        of_people = rows_of_senders(messages, answers, plans)
        counts += dropped_rows("filter_groups", rows, of_people, plans, OUTSIDE_GROUPS)
        rows = of_people
    timed = with_sent_at(messages)
    counts_by_time = is_within(settings.start, settings.end) & messages_within_ranges(plans)
    dated = timed.filter(counts_by_time)
    participants = dated.group_by("uid", maintain_order=True).agg(pl.col("operator").drop_nulls().first())
    within_ranges = answers_within_ranges(answers, plans)
    participants = participants.join(within_ranges, on="uid", how="left", maintain_order="left")
    within_dates = rows_by_dataset(dated, participants, plans)
    counts += dropped_rows("filter_dates", rows, within_dates, plans, "outside_dates")
    undated = timed.filter(~counts_by_time)
    waiting = undated.join(to_decide, on=["uid", "dataset", "text"], how="semi", maintain_order="left")
    selected = Selected(pl.concat([dated, waiting]), participants, to_decide)
    counts += _counts(dated, selected, within_dates, plans)
    return selected._replace(counts=tuple(counts), undated_count=waiting.height)


def _of_operators(messages: pl.DataFrame, names: Collection[str]) -> pl.DataFrame:
    """The messages of people whose number belongs to one of these networks."""
    theirs = [digits for digits in messages["operator"].drop_nulls().unique() if operator_of(digits) in names]
    people = messages.filter(pl.col("operator").is_in(theirs))["uid"].unique()
    return messages.filter(pl.col("uid").is_in(people.implode()))


def _counts(dated: pl.DataFrame, selected: Selected, within_dates: RowCounts, plans: CodingPlans) -> list[StepCount]:
    """How many people the step holds back, and how many messages, answers and participants are left."""
    is_held = selected.held
    people = selected.participants.filter(~is_held)
    rows = rows_by_dataset(dated.filter(~is_held), people, plans)
    held_count = selected.participants.height - people.height
    held = [StepCount(step="hold_back_stops", measure="participants_held_back", count=held_count)] if held_count else []
    return [
        *held,
        *dropped_rows("hold_back_stops", within_dates, rows, plans, "held_back"),
        # Zeros too: otherwise readers would take the count of the step before for what is left of the dataset.
        *(
            StepCount(step="select", measure=measure_of(each), dataset=each.name, count=rows[each.raw_field])
            for each in plans.datasets
        ),
        StepCount(step="select", measure="participants", count=people.height),
    ]


def _answers_to(dataset: Dataset, participants: pl.DataFrame) -> pl.DataFrame:
    answered = participants.filter(pl.col(dataset.raw_field).is_not_null())
    run_id = pl.lit(None, pl.String) if dataset.run_id_field is None else pl.col(dataset.run_id_field)
    answers = answered.select(
        "uid",
        pl.lit(dataset.raw_field).alias("dataset"),
        pl.col(dataset.raw_field).alias("text"),
        pl.col(dataset.time_field).alias("sent_on"),
        pl.lit(dataset.run_id_field, pl.String).alias("run_id_field"),
        run_id.alias("run_id"),
    )
    return with_sent_at(answers).drop("dataset")
