"""The result of processing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from pipeline_lib.model.coding_plan import CodingPlans, FoldStyle
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.model.step_counts import StepCount
from pipeline_lib.processing.coding_errors_of_the_last_object import fold_errors_of_people
from pipeline_lib.processing.fold import fold
from pipeline_lib.processing.matrix_fold import fold_matrix
from pipeline_lib.processing.texts import IS_NOISE, TEXT_ROW, CodedDataset
from pipeline_lib.processing.yes_or_no import fold_yes_or_no


@dataclass(frozen=True, kw_only=True)
class Origins:
    """What participants answered in surveys, before coding; a row per participant, in no particular order.

    Only traced data shows it. In a project with shards it stays on disk until then.
    """

    fetched: pl.LazyFrame
    """By the sources' fields; `participant` is the `uid`."""
    translated: pl.LazyFrame
    """By the pipeline's fields."""
    answers: pl.LazyFrame
    """After moves: every answer under the question that it answers."""
    cuts: pl.LazyFrame
    """Texts of messages and answers that were cut off when they were read, with the columns of `CUTS`."""


@dataclass(frozen=True, kw_only=True)
class Processed:
    """Coded messages and their participants."""

    plans: CodingPlans
    messages: pl.DataFrame
    """A row per message, in the files' order: `uid`, `dataset` (raw field), `text_row`, `sent_on`, `sent_at`; where it
    comes from: `file` and `file_row` (null: from a survey), `moved_from` (a raw field, or null); whether its cells
    say STOP (`is_stopped`); and whether it came by each channel (`channel_column`)."""
    participants: pl.DataFrame
    """One row per participant, in the order of their first message: `uid`, `is_withdrawn`, `operator`."""
    memberships: pl.DataFrame
    """A row per participant, as in `participants`, and a Boolean column per group."""
    questions: tuple[CodedDataset, ...]
    """Research questions; a row per message, in the order of the files."""
    surveys: tuple[CodedDataset, ...]
    """Surveys; a row per participant who answered, in the order of `participants`."""
    for_coders: tuple[CodedDataset, ...]
    """The datasets as coders get them: also with the rows of people who are held back until a coder has labelled their
    stop word, and with unlabelled stop words from outside the project's dates, which no other output has."""
    for_icr: tuple[CodedDataset, ...]
    """The datasets with an ICR file, also with the rows of people who are left out because of noise in another channel,
    since coders see these."""
    waiting: pl.DataFrame
    """Stop words that no coder has labelled: `uid`, `dataset` (raw field), `message_id`, …"""
    withdrawn: frozenset[str]
    """Everybody who withdrew, participant or not."""
    labels: Mapping[str, pl.DataFrame]
    """The labels made before the run's as-of time, by raw field, as `read_label_file` reads them."""
    origins: Origins
    moves: pl.DataFrame
    """What moved, as `Moved.moves`; empty where the project moves nothing."""
    as_predecessor: bool
    """Whether the predecessors' quirks are kept."""
    quirks: frozenset[Quirk]
    """Those kept in addition to what all predecessors share."""
    shows_withdrawn: bool
    """Whether those who withdrew have rows in messages.csv and individuals.csv, which say STOP."""
    counts: tuple[StepCount, ...]
    """What the steps counted, in their order."""

    def messages_in_order(self) -> pl.DataFrame:
        """The messages as the CSVs list them: by time, unless the plans leave them in the order of the files."""
        return self._in_order(self.messages)

    def messages_with_rows(self) -> pl.DataFrame:
        """The messages that messages.csv has a row of, in its order."""
        messages = self.messages_in_order()
        return messages if self.shows_withdrawn else self.without_withdrawn(messages)

    def questions_in_order(self) -> tuple[CodedDataset, ...]:
        """The research questions with their messages as the CSVs list them."""
        return tuple(replace(question, rows=self._in_order(question.rows)) for question in self.questions)

    def messages_for_producers(self) -> pl.DataFrame:
        """The messages that production.csv has a row of, in its order."""
        messages = self.without_noise(self.published_messages(self.messages_in_order()))
        lacks_stopped = Quirk.PRODUCTION_LACKS_WITHDRAWN_MESSAGES in self.quirks
        return messages.filter(~pl.col("is_stopped")) if lacks_stopped else messages

    def folded(self, question: CodedDataset, messages_per_participant: pl.DataFrame) -> pl.DataFrame:
        """What each participant said on one research question, as `fold` returns it, in the plans' fold style."""
        if self.plans.fold_style is FoldStyle.LABELS:
            folded = fold(question, messages_per_participant)
        else:
            not_available = Quirk.EMPTY_TEXT_BESIDE_OTHERS_IS_NOT_AVAILABLE in self.quirks
            folded = fold_matrix(question, messages_per_participant, empty_is_not_available=not_available)
        if any(coding.ambivalent_code is not None for coding in question.dataset.codings):
            yes_or_no = fold_yes_or_no(question, messages_per_participant)
            folded = folded.update(yes_or_no, on="uid", maintain_order="left")
        in_error = question.people_in_error
        return folded if in_error is None else fold_errors_of_people(folded, question, in_error)

    def published_messages(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows (of `for_coders` or others) without those of people who withdrew; predecessors showed them (Q12)."""
        return rows if self.as_predecessor else self.without_withdrawn(rows)

    def without_noise(self, messages: pl.DataFrame) -> pl.DataFrame:
        """The messages that are not noise; all of them, if the project filters no noise or has no research question."""
        if self.plans.noise_filter is None or not self.questions:
            return messages
        noise = pl.concat(
            question.texts.with_row_index(TEXT_ROW)
            .filter(IS_NOISE)
            .select(pl.lit(question.dataset.raw_field).alias("dataset"), TEXT_ROW)
            for question in self.questions
        )
        return messages.join(noise, on=["dataset", TEXT_ROW], how="anti", maintain_order="left")

    @property
    def datasets(self) -> tuple[CodedDataset, ...]:
        """Research questions, then surveys."""
        return self.questions + self.surveys

    def without_withdrawn(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows of people who have not withdrawn."""
        return rows.filter(~pl.col("uid").is_in(self._withdrawn_people))

    @cached_property
    def _withdrawn_people(self) -> pl.Series:
        """The `uid` of the participants who have withdrawn, as one list."""
        return self.participants.filter("is_withdrawn")["uid"].implode()

    def _in_order(self, messages: pl.DataFrame) -> pl.DataFrame:
        return messages.sort("sent_at", maintain_order=True) if self.plans.sort_messages else messages
