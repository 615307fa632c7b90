"""Reads raw data and labels, and translates the raw data to the pipeline's fields."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from pipeline_lib.model.coding_plan import CodingPlans, Dataset, SingleCodingColumns
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.model.step_counts import Outcome, StepCount, step_counts
from pipeline_lib.processing.label_files import LabelFile, read_label_file
from pipeline_lib.processing.labels_by_time import in_order_of_time
from pipeline_lib.processing.primary_columns import without_second_columns
from pipeline_lib.processing.quarantine import check_messages, set_aside_unusable
from pipeline_lib.processing.raw_data import IDENTITY, RawFrames, read_activations, read_surveys
from pipeline_lib.processing.raw_lines import Checks
from pipeline_lib.processing.read_files import FileToRead, read_files
from pipeline_lib.processing.row_counts import RowCounts, dropped_rows, row_counts, rows_by_dataset, rows_of_senders
from pipeline_lib.processing.settings import RawFiles, Settings
from pipeline_lib.processing.text_limit import with_texts_cut_off
from pipeline_lib.processing.translate_answers import fetched_answers, translate_answers
from pipeline_lib.processing.translate_messages import translate_messages
from pipeline_lib.processing.translation import TEST_RUN, UID, Translation
from pipeline_lib.processing.unchecked_skipped import with_skipped_as_checked
from pipeline_lib.progress import step


class Inputs(NamedTuple):
    """Raw data and labels, as read from their files."""

    activations: list[RawFrames]
    surveys: list[RawFrames]
    label_files: dict[str, LabelFile]
    """The file of each dataset, by its raw field."""
    cuts: pl.DataFrame
    """Texts that were cut off, with the columns of `CUTS`."""

    @property
    def labels(self) -> dict[str, pl.DataFrame]:
        """All labels of each dataset, by its raw field."""
        return {field: file.labels for field, file in self.label_files.items()}

    def labels_before(self, as_of: datetime | None) -> dict[str, pl.DataFrame]:
        """The labels made before a run's as-of time; None: all."""
        if as_of is None:
            return self.labels
        is_before = pl.col("labelled_at") < as_of
        return {field: frame.filter(is_before) for field, frame in self.labels.items()}


class Translated(NamedTuple):
    """The raw data, translated."""

    messages: pl.DataFrame
    """Messages to any research question; in a project without any, the runs that people began in surveys, without a
    dataset."""
    fetched: pl.DataFrame
    """The survey answers of everybody who sent a message, by the sources' fields."""
    strangers: RowCounts
    """How many answers are by people who are in no activation file."""
    counts: tuple[StepCount, ...]


class UsableLabels(NamedTuple):
    """Labels that a run can use: their codes are in their schemes."""

    by_field: Mapping[str, pl.DataFrame]
    """Those of every dataset, by its raw field."""
    counts: tuple[StepCount, ...]


def read_inputs(raw_files: RawFiles, coded_files: Path, settings: Settings) -> Inputs:
    """Reads the raw data files and the Coda files."""
    translation, datasets = settings.translation, settings.plans.datasets
    wanted: dict[str, Any] = {
        "keys": translation.raw_keys,
        "identity_key": translation.identity_key,
        "as_of": settings.as_of,
        "checks": Checks(
            settings.checks_participants,
            translation.scalar_keys,
            settings.quarantine_share_limit,
            settings.as_predecessor,
            raw_files.shard,
        ),
    }
    files: list[FileToRead[Any]] = [
        *(FileToRead(path, partial(read_activations, **wanted)) for path in raw_files.activations),
        *(FileToRead(path, partial(read_surveys, **wanted)) for path in raw_files.surveys),
        *(FileToRead(coded_files / d.coda_filename, read_label_file) for d in datasets),
    ]
    with step("Reading raw data and labels") as reading:
        read = read_files(files)
        raws = [each for each in read if isinstance(each, RawFrames)]
        label_files = [each for each in read if isinstance(each, LabelFile)]
        frames = (*(file.labels for file in label_files), *(raw.frame for raw in raws))
        reading.row_count = sum(frame.height for frame in frames)
    raws, cuts = with_texts_cut_off(raws, translation.text_keys, settings.text_limit_bytes)
    activation_count = len(raw_files.activations)
    return Inputs(
        activations=raws[:activation_count],
        surveys=raws[activation_count:],
        label_files={d.raw_field: file for d, file in zip(datasets, label_files, strict=True)},
        cuts=cuts,
    )


def translate_inputs(
    raw_files: RawFiles,
    inputs: Inputs,
    translation: Translation,
    labels: Mapping[str, pl.DataFrame],
    *,
    keeps_unanswered: bool = False,
) -> Translated:
    """The messages to any research question, and the survey answers of everybody who sent one.

    Args:
        raw_files: The raw data files.
        inputs: What was read from them.
        translation: The project's.
        labels: The datasets' labels, by raw field.
        keeps_unanswered: Whether runs without an answer are among the messages, without a dataset (Q51).
    """
    activations = [raw.frame for raw in inputs.activations]
    surveys = [raw.frame for raw in inputs.surveys]
    paths, raws = raw_files.activations, inputs.activations
    if translation.plans.has_surveys_only:
        paths, raws = (*paths, *raw_files.surveys), [*raws, *inputs.surveys]
    with step("Translating messages") as translating:
        translated = [
            translate_messages(str(path), raw.frame, translation, labels, rows=raw.rows).with_columns(
                pl.lit(number, pl.UInt16).alias("file"), raw.rows.alias("file_row")
            )
            for number, (path, raw) in enumerate(zip(paths, raws, strict=True))
        ]
        messages = _with_operators(pl.concat(translated or [_no_messages(translation)]), raw_files.operators)
        translating.row_count = messages.height
    has_place = pl.col("dataset").is_not_null() | translation.plans.has_surveys_only
    silent = messages.filter(~has_place)
    late_count = silent.filter("is_late").height
    participants = messages["uid"].unique(maintain_order=True)
    # Q4: a survey that marks a test contact marks all of that contact's messages; a message marks only itself.
    unmarked = [activation.drop(TEST_RUN, strict=False) for activation in activations]
    with step("Joining answers") as joining:
        fetched = fetched_answers(participants, [*unmarked, *surveys], translation)
        joining.row_count = fetched.height
    dropped = {"after_as_of": late_count, "no_research_question": silent.height - late_count}
    is_kept = ~pl.col("is_late") if keeps_unanswered else pl.lit(value=False)
    return Translated(
        messages=messages.filter(has_place | is_kept),
        fetched=fetched,
        strangers=_answers_of_strangers(participants, surveys, translation),
        counts=(
            StepCount(step="translate_messages", measure="activations", count=messages.height),
            *(
                StepCount(
                    step="translate_messages", measure="messages", count=count, outcome=Outcome.DROPPED, reason=reason
                )
                for reason, count in dropped.items()
                if count
            ),
        ),
    )


def _no_messages(translation: Translation) -> pl.DataFrame:
    """The messages of a project whose sources name nothing to fetch."""
    none = translate_messages("", pl.DataFrame(schema={IDENTITY: pl.String}), translation)
    return none.with_columns(pl.lit(None, pl.UInt16).alias("file"), pl.lit(None, pl.UInt32).alias("file_row"))


def _with_operators(messages: pl.DataFrame, operators: Mapping[str, str] | None) -> pl.DataFrame:
    if not operators:
        return messages
    known = pl.DataFrame({UID: list(operators), "known": list(operators.values())})
    messages = messages.join(known, on=UID, how="left", maintain_order="left")
    return messages.with_columns(pl.coalesce("known", "operator").alias("operator")).drop("known")


def counts_of_raw_data(raw_files: RawFiles, inputs: Inputs) -> Iterator[StepCount]:
    """What was repaired, cut off and set aside when raw data was read."""
    if inputs.cuts.height:
        yield StepCount(step="cut_off_texts", measure="texts_above_TextLimitBytes", count=inputs.cuts.height)
    for path, raw in zip(
        (*raw_files.activations, *raw_files.surveys), (*inputs.activations, *inputs.surveys), strict=True
    ):
        yield from step_counts("read_raw_data", dict(raw.counts), file=path.name)
        for reason, count in Counter(each.reason for each in raw.set_aside).items():
            yield StepCount(
                step="read_raw_data",
                measure="lines",
                count=count,
                outcome=Outcome.QUARANTINED,
                file=path.name,
                reason=reason,
            )


def counts_of_answers(translated: Translated, answers: pl.DataFrame, plans: CodingPlans) -> list[StepCount]:
    """How many messages or answers each dataset has, and how many answers are by people who sent no message.

    Args:
        translated: The messages.
        answers: As `translate_answers` returns them.
        plans: The coding plans.
    """
    rows = rows_by_dataset(translated.messages, answers, plans)
    fetched = {field: count + translated.strangers.get(field, 0) for field, count in rows.items()}
    of_senders = rows_of_senders(translated.messages, answers, plans)
    return [
        *row_counts("translate_answers", fetched, plans),
        *dropped_rows("translate_answers", fetched, of_senders, plans, "without_message"),
    ]


def _answers_of_strangers(
    participants: pl.Series, surveys: Sequence[pl.DataFrame], translation: Translation
) -> dict[str, int]:
    """How many answers there are to each survey by people who are in no activation file."""
    answering = pl.concat([pl.Series(UID, [], dtype=pl.String), *(survey[IDENTITY] for survey in surveys)]).unique()
    strangers = answering.filter(~answering.is_in(participants.implode()))
    answers = translate_answers(fetched_answers(strangers, surveys, translation), translation)
    return {survey.raw_field: answers[survey.raw_field].count() for survey in translation.plans.surveys}


def usable_labels(inputs: Inputs, settings: Settings) -> UsableLabels:
    """Every dataset's usable labels, of those made before the run's as-of time.

    Raises:
        DataError: Too many of a dataset's messages or labels are unusable.
    """
    ws_scheme, limit = settings.plans.ws_correct_dataset_scheme, settings.quarantine_share_limit
    labels = inputs.labels_before(settings.as_of)
    files = {d.coda_filename: inputs.label_files[d.raw_field] for d in settings.plans.datasets}
    counts = check_messages(files, limit)
    found = {
        d.raw_field: set_aside_unusable(
            inputs.label_files[d.raw_field]._replace(labels=labels[d.raw_field]), d, ws_scheme, limit
        )
        for d in settings.plans.datasets
    }
    of_labels = (count for each in found.values() for count in each.counts)
    by_field = {
        d.raw_field: _as_the_project_reads(found[d.raw_field].labels, d, settings) for d in settings.plans.datasets
    }
    return UsableLabels(by_field, (*counts, *of_labels))


def _as_the_project_reads(labels: pl.DataFrame, dataset: Dataset, settings: Settings) -> pl.DataFrame:
    """A dataset's labels that count in this project, in the order in which they count."""
    if settings.plans.single_coding_columns is SingleCodingColumns.PRIMARY_ONLY:
        labels = without_second_columns(labels, dataset)
    if Quirk.NEWEST_BY_TIME_WHERE_SEVERAL_CODES in settings.quirks:
        labels = in_order_of_time(labels, dataset)
    if Quirk.UNCHECKED_SKIPPED_COUNTS in settings.quirks:
        labels = with_skipped_as_checked(labels, dataset)
    return labels
