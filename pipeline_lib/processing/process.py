"""From raw data and labels to coded messages and their participants: the steps, in order."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import CodingPlans, Dataset
from pipeline_lib.processing.auto_code import auto_code
from pipeline_lib.processing.coda_labels import read_labels
from pipeline_lib.processing.consent import withdrawn_participants
from pipeline_lib.processing.filters import is_within, with_sent_at
from pipeline_lib.processing.impute import impute, impute_coding_errors
from pipeline_lib.processing.manual_codes import apply_manual_codes
from pipeline_lib.processing.opinions import with_conflicts
from pipeline_lib.processing.quarantine import set_aside_unusable
from pipeline_lib.processing.raw_data import IDENTITY, read_activations, read_surveys
from pipeline_lib.processing.read_files import read_files
from pipeline_lib.processing.reading_process import FileToRead
from pipeline_lib.processing.tally import Milestone, Tally, rows_by_dataset, rows_of_senders
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset, distinct_texts
from pipeline_lib.processing.translate_answers import fetched_answers, translate_answers
from pipeline_lib.processing.translate_messages import translate_messages
from pipeline_lib.processing.translation import TEST_RUN, UID, Translation
from pipeline_lib.processing.wrong_scheme import MOVES, UNKNOWN, move_wrong_scheme
from pipeline_lib.progress import step

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a project asks of processing, beside its coding plans."""

    translation: Translation
    start: datetime
    end: datetime
    filter_test_messages: bool
    moves_wrong_scheme: bool
    """Whether texts labelled as wrong scheme move to the dataset that they belong to."""
    as_predecessor: bool
    """Whether the predecessors' quirks are kept."""
    quarantine_share_limit: float
    as_of: datetime | None
    """What was received or labelled then or later is not there yet; None: everything is."""

    @property
    def plans(self) -> CodingPlans:
        """The coding plans."""
        return self.translation.plans


@dataclass(frozen=True, kw_only=True)
class RawFiles:
    """The raw data files, in the order of the config's sources."""

    activations: tuple[Path, ...]
    surveys: tuple[Path, ...]


@dataclass(frozen=True, kw_only=True)
class Origins:
    """What participants answered in surveys, before it was coded; a row per participant, in no order."""

    fetched: pl.DataFrame
    """By the sources' fields; `participant` says whose."""
    translated: pl.DataFrame
    """By the pipeline's fields."""
    answers: pl.DataFrame
    """Once every answer stands under the question that it answers."""


@dataclass(frozen=True, kw_only=True)
class Processed:
    """Coded messages and their participants."""

    plans: CodingPlans
    messages: pl.DataFrame
    """A row per message, in the files' order: `uid`, `dataset` (raw field), `text_row`, `sent_on`, `sent_at`, and where
    it is from: `file` and `file_row` (null: from a survey), `moved_from` (a raw field, or null)."""
    participants: pl.DataFrame
    """One row per participant, in the order of their first message: `uid`, `is_withdrawn`, `operator`."""
    questions: tuple[CodedDataset, ...]
    """Research questions; a row per message, in the order of the files."""
    surveys: tuple[CodedDataset, ...]
    """Surveys; a row per participant who answered, in the order of `participants`."""
    origins: Origins
    moves: pl.DataFrame
    """What moved, as `Moved.moves`; empty where the project moves nothing."""
    as_predecessor: bool
    """Whether the predecessors' quirks are kept."""
    tally: Tally

    def messages_in_order(self) -> pl.DataFrame:
        """The messages as the CSVs list them: by time, unless the plans leave them in the order of the files."""
        return self._in_order(self.messages)

    def questions_in_order(self) -> tuple[CodedDataset, ...]:
        """The research questions with their messages as the CSVs list them."""
        return tuple(replace(question, rows=self._in_order(question.rows)) for question in self.questions)

    def published_messages(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows that may be shown as they are: not the withdrawn's, though the predecessors showed them (Q12)."""
        if self.as_predecessor:
            return rows
        withdrawn = self.participants.filter("is_withdrawn")["uid"]
        return rows.filter(~pl.col("uid").is_in(withdrawn.implode()))

    @property
    def datasets(self) -> tuple[CodedDataset, ...]:
        """Research questions, then surveys."""
        return self.questions + self.surveys

    def _in_order(self, messages: pl.DataFrame) -> pl.DataFrame:
        return messages.sort("sent_at", maintain_order=True) if self.plans.sort_messages else messages


def process(raw_files: RawFiles, coded_files: Path, settings: Settings) -> Processed:
    """Coded messages and their participants.

    Args:
        raw_files: The raw data.
        coded_files: Folder of the labels from Coda, a file per dataset; without it nothing of a dataset is reviewed.
        settings: The project's.

    Raises:
        ConfigError: A code scheme lacks what a step needs.
        DataError: Raw data or labels are broken.
    """
    tally = Tally()
    activations, surveys, labels = _read(raw_files, coded_files, settings)
    labels = _usable(labels, settings, tally)
    messages, fetched = _translate(raw_files, activations, surveys, settings.translation, tally)
    with step("Translating answers") as translating:
        translated = answers = translate_answers(fetched, settings.translation)
        translating.row_count = answers.height
    tally.rows[Milestone.FETCHED] = rows_by_dataset(messages, answers, settings.plans)
    tally.rows[Milestone.HEARD] = rows_of_senders(messages, answers, settings.plans)
    moves, stopped = pl.DataFrame(schema=MOVES), pl.Series("uid", [], dtype=pl.String)
    if settings.moves_wrong_scheme:
        with step("Moving what is in the wrong scheme") as moving:
            messages, answers, moves, stopped = _move(messages, answers, settings.plans, labels, tally)
            moving.row_count = moves.height
    else:
        messages = messages.with_columns(pl.lit(None, pl.String).alias("moved_from"))
    with step("Selecting messages") as selecting:
        messages, participants = _select(messages, answers, settings, tally)
        selecting.row_count = messages.height
    with step("Finding distinct texts") as finding:
        datasets = [
            *(
                distinct_texts(d, messages.filter(pl.col("dataset") == d.raw_field))
                for d in settings.plans.research_questions
            ),
            *(distinct_texts(d, _answers_to(d, participants)) for d in settings.plans.surveys),
        ]
        finding.row_count = sum(dataset.texts.height for dataset in datasets)
    coded = _code(datasets, labels, settings)
    withdrawn = withdrawn_participants(coded)
    if not settings.as_predecessor:
        withdrawn = pl.concat([withdrawn, stopped.filter(stopped.is_in(participants["uid"].implode()))]).unique()
    questions = tuple(c for c in coded if not c.dataset.is_survey)
    tally.counts |= {"participants": participants.height, "withdrawn participants": withdrawn.len()}
    return Processed(
        plans=settings.plans,
        messages=_with_text_rows(messages, questions),
        participants=participants.select(
            "uid", pl.col("uid").is_in(withdrawn.implode()).alias("is_withdrawn"), "operator"
        ),
        questions=questions,
        surveys=tuple(c for c in coded if c.dataset.is_survey),
        origins=Origins(fetched=fetched, translated=translated, answers=answers),
        moves=moves,
        as_predecessor=settings.as_predecessor,
        tally=tally,
    )


def _read(
    raw_files: RawFiles, coded_files: Path, settings: Settings
) -> tuple[list[pl.DataFrame], list[pl.DataFrame], dict[str, pl.DataFrame]]:
    """What activation files hold, what survey files hold, and the labels of every dataset, by its raw field."""
    translation, datasets = settings.translation, settings.plans.datasets
    wanted: dict[str, Any] = {
        "keys": translation.raw_keys,
        "identity_key": translation.identity_key,
        "as_of": settings.as_of,
    }
    files = [
        *(FileToRead(path, partial(read_activations, **wanted)) for path in raw_files.activations),
        *(FileToRead(path, partial(read_surveys, **wanted)) for path in raw_files.surveys),
        *(FileToRead(coded_files / d.coda_filename, partial(read_labels, as_of=settings.as_of)) for d in datasets),
    ]
    with step("Reading raw data and labels") as reading:
        frames = read_files(files)
        reading.row_count = sum(frame.height for frame in frames)
    activation_count, raw_count = len(raw_files.activations), len(files) - len(datasets)
    labels = {d.raw_field: frame for d, frame in zip(datasets, frames[raw_count:], strict=True)}
    return frames[:activation_count], frames[activation_count:raw_count], labels


def _translate(
    raw_files: RawFiles,
    activations: Sequence[pl.DataFrame],
    surveys: Sequence[pl.DataFrame],
    translation: Translation,
    tally: Tally,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The messages to any research question, and what all who sent something answered, by the sources' fields."""
    with step("Translating messages") as translating:
        translated = [
            translate_messages(path.name, raw, translation)
            .with_columns(pl.lit(number, pl.UInt16).alias("file"))
            .with_row_index("file_row")
            for number, (path, raw) in enumerate(zip(raw_files.activations, activations, strict=True))
        ]
        messages = pl.concat(translated)
        translating.row_count = messages.height
    silent = messages.filter(pl.col("dataset").is_null())
    tally.counts["activations"] = messages.height
    tally.dropped["received after the run's as-of time"] = silent.filter("is_late").height
    tally.dropped["without a message to any research question"] = silent.filter(~pl.col("is_late")).height
    participants = messages["uid"].unique(maintain_order=True)
    # Q4: a survey's mark of a test contact is on all messages of theirs, a message's only on itself.
    unmarked = [activation.drop(TEST_RUN, strict=False) for activation in activations]
    with step("Joining answers") as joining:
        fetched = fetched_answers(participants, [*unmarked, *surveys], translation)
        joining.row_count = fetched.height
    tally.rows[Milestone.STRANGERS] = _answers_of_strangers(participants, surveys, translation)
    return messages.filter(pl.col("dataset").is_not_null()), fetched


def _answers_of_strangers(
    participants: pl.Series, surveys: Sequence[pl.DataFrame], translation: Translation
) -> dict[str, int]:
    """How many answers there are to each survey by people who are in no activation file."""
    answering = pl.concat([pl.Series(UID, [], dtype=pl.String), *(survey[IDENTITY] for survey in surveys)]).unique()
    strangers = answering.filter(~answering.is_in(participants.implode()))
    answers = translate_answers(fetched_answers(strangers, surveys, translation), translation)
    return {survey.raw_field: answers[survey.raw_field].count() for survey in translation.plans.surveys}


def _usable(labels: Mapping[str, pl.DataFrame], settings: Settings, tally: Tally) -> dict[str, pl.DataFrame]:
    """The usable labels of every dataset, by its raw field."""
    ws_scheme, limit = settings.plans.ws_correct_dataset_scheme, settings.quarantine_share_limit
    return {
        d.raw_field: set_aside_unusable(labels[d.raw_field], d, ws_scheme, limit, tally)
        for d in settings.plans.datasets
    }


def _move(
    messages: pl.DataFrame,
    answers: pl.DataFrame,
    plans: CodingPlans,
    labels: dict[str, pl.DataFrame],
    tally: Tally,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.Series]:
    moved = move_wrong_scheme(messages, answers, plans, labels)
    episodes = [question.raw_field for question in plans.research_questions]
    from_episode, to_episode = pl.col("dataset").is_in(episodes), pl.col("target").is_in(episodes)
    is_unknown = pl.col("target") == UNKNOWN
    moves = moved.moves
    tally.counts["messages moved to surveys"] = moves.filter(from_episode & ~to_episode & ~is_unknown).height
    tally.counts["survey answers moved to episodes"] = moves.filter(~from_episode & to_episode).height
    tally.dropped["messages that belong to a dataset that no plan has"] = moves.filter(from_episode & is_unknown).height
    tally.dropped["answers that belong to a dataset that no plan has"] = moves.filter(~from_episode & is_unknown).height
    for origin, target, count in moves.group_by("dataset", "target").len().sort("dataset", "target").iter_rows():
        tally.counts[f"moved from {origin} to {target}"] = count
    tally.rows[Milestone.MOVED] = rows_by_dataset(moved.messages, moved.answers, plans)
    tally.rows[Milestone.KEPT] = rows_of_senders(moved.messages, moved.answers, plans)
    return moved.messages, moved.answers, moves, moved.stopped


def _select(
    messages: pl.DataFrame, answers: pl.DataFrame, settings: Settings, tally: Tally
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The messages that count, and the participants who sent them, with their answers."""
    if settings.filter_test_messages:
        testers = answers.filter("is_test")["uid"]
        tested = messages.filter(~pl.col("is_test") & ~pl.col("uid").is_in(testers.implode()))
        tally.dropped["of test contacts"] = messages.height - tested.height
        messages = tested
        tally.rows[Milestone.NOT_TESTS] = rows_of_senders(messages, answers, settings.plans)
    timed = with_sent_at(messages)
    messages = timed.filter(is_within(settings.start, settings.end))
    tally.dropped["sent outside the project's dates"] = timed.height - messages.height
    tally.counts["messages"] = messages.height
    participants = messages.group_by("uid", maintain_order=True).agg(pl.col("operator").drop_nulls().first())
    participants = participants.join(answers, on="uid", how="left", maintain_order="left")
    tally.rows[Milestone.WITHIN_DATES] = rows_by_dataset(messages, participants, settings.plans)
    return messages, participants


def _answers_to(dataset: Dataset, participants: pl.DataFrame) -> pl.DataFrame:
    answered = participants.filter(pl.col(dataset.raw_field).is_not_null())
    answers = answered.select(
        "uid", pl.lit(dataset.raw_field).alias("dataset"), text=dataset.raw_field, sent_on=dataset.time_field
    )
    return with_sent_at(answers).drop("dataset")


def _code(
    datasets: Sequence[CodedDataset], labels: Mapping[str, pl.DataFrame], settings: Settings
) -> list[CodedDataset]:
    ws_scheme = settings.plans.ws_correct_dataset_scheme
    with step("Finding automatic codes"):
        coded = [auto_code(dataset) for dataset in datasets]
    with step("Applying manual codes"):
        coded = [_with_manual_codes(each, labels[each.dataset.raw_field], ws_scheme) for each in coded]
    with step("Imputing codes"):
        coded = [impute(each, as_predecessor=settings.as_predecessor) for each in coded]
        return [impute_coding_errors(each, ws_scheme) for each in coded]


def _with_manual_codes(coded: CodedDataset, labels: pl.DataFrame, ws_scheme: CodeScheme | None) -> CodedDataset:
    texts = apply_manual_codes(coded.texts, coded.dataset, labels, ws_scheme)
    return coded.after("manual_codes", with_conflicts(texts, coded.dataset, labels))


def _with_text_rows(messages: pl.DataFrame, questions: Sequence[CodedDataset]) -> pl.DataFrame:
    """Messages with the row of their text, which each question knows for its own, in the same order."""
    numbered = messages.with_row_index("row")
    text_rows = [
        numbered.filter(pl.col("dataset") == question.dataset.raw_field).select("row", question.rows[TEXT_ROW])
        for question in questions
    ]
    found = pl.concat(text_rows).sort("row")[TEXT_ROW]
    columns = ("uid", "dataset", "sent_on", "sent_at", "file", "file_row", "moved_from")
    return messages.select(*columns, found)
