"""From raw data and labels to the messages and answers that count: the steps that need only one participant at a time.

No step here needs to know of other participants, so shards of participants can be gathered separately and then merged
(`merge_shards.py`). What follows, in `process.py`, works with all of them: each distinct text is coded once.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.model.step_counts import StepCount
from pipeline_lib.processing.coding_errors_of_the_last_object import people_in_error
from pipeline_lib.processing.consent import Known, read_consent
from pipeline_lib.processing.copies_of_the_last_object import copies_of_the_last_object
from pipeline_lib.processing.derived_answers import with_derived_answers
from pipeline_lib.processing.groups import Members
from pipeline_lib.processing.joined_answers import join_answers
from pipeline_lib.processing.load_inputs import (
    Inputs,
    Translated,
    UsableLabels,
    counts_of_answers,
    counts_of_raw_data,
    read_inputs,
    translate_inputs,
    usable_labels,
)
from pipeline_lib.processing.people_of_surveys import one_row_each, runs_of_surveys
from pipeline_lib.processing.processed import Origins
from pipeline_lib.processing.raw_lines import FileObjects
from pipeline_lib.processing.selection import Selected, select
from pipeline_lib.processing.settings import RawFiles, Settings
from pipeline_lib.processing.translate_answers import translate_answers
from pipeline_lib.processing.withdrawals import read_withdrawals
from pipeline_lib.processing.wrong_scheme import move_wrong_scheme, nothing_moved
from pipeline_lib.progress import step


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What people sent and answered, each under the question that it answers, and who of them counts."""

    selected: Selected
    withdrawn: pl.Series
    """The `uid` of everybody who is known to have withdrawn before anything is coded."""
    in_error: Mapping[str, pl.Series] | None
    """As `people_in_error` returns it, if the project keeps that quirk (Q52); else None."""
    senders: pl.Series
    """The `uid` of everybody with a message after moves, each once, whether or not the message counts."""
    first_places: pl.DataFrame
    """Where everybody's first message is, before moves: `uid`, `first_file`, `first_row`."""
    files: tuple[FileObjects, ...]
    """For each raw data file, how many objects it has and which could not be used."""
    origins: Origins
    moves: pl.DataFrame
    """As `Moved.moves`."""
    counts: tuple[StepCount, ...]
    """What the steps counted."""


def gather(
    raw_files: RawFiles, coded_files: Path, settings: Settings, members: Members, withdrawn: Collection[str] = ()
) -> tuple[Gathered, UsableLabels]:
    """What people sent and answered and who of them counts; and the usable labels.

    Args:
        raw_files: The raw data.
        coded_files: Folder of the labels from Coda.
        settings: The project's.
        members: The members of its groups.
        withdrawn: Participants known to have withdrawn, in addition to those found in raw data and labels.

    Raises:
        ConfigError: A code scheme lacks what a step needs.
        DataError: Raw data or labels are broken.
    """
    plans = settings.plans
    inputs = read_inputs(raw_files, coded_files, settings)
    usable = usable_labels(inputs, settings)
    labels = usable.by_field
    copies_last = settings.moves_wrong_scheme and Quirk.MESSAGES_ARE_COPIES_OF_THE_LAST_OBJECT in settings.quirks
    translated = translate_inputs(raw_files, inputs, settings.translation, labels, keeps_unanswered=copies_last)
    with step("Translating answers") as translating:
        messages, answers = _with_answers(inputs, translated, settings, raw_files.sources)
        translating.row_count = answers.height
    moved = nothing_moved(messages, answers)
    if settings.moves_wrong_scheme:
        with step("Moving what is in the wrong scheme") as moving:
            moved = move_wrong_scheme(messages, answers, plans, labels)
            if copies_last:
                moved = copies_of_the_last_object(moved, messages, plans)
            moving.row_count = moved.moves.height
    in_error = None
    if settings.moves_wrong_scheme and Quirk.CODING_ERRORS_OF_THE_LAST_OBJECT in settings.quirks:
        in_error = people_in_error(messages, answers, plans, labels)
    with step("Reading who withdrew"):
        withdrawals = read_withdrawals(coded_files).and_of(withdrawn)
        consent = read_consent(
            Known((*inputs.activations, *inputs.surveys), inputs.labels, withdrawals, inputs.cuts), moved, settings
        )
    with step("Selecting messages") as selecting:
        selected = select(moved, consent, settings, members)
        selecting.row_count = selected.messages.height
    gathered = Gathered(
        selected=selected,
        withdrawn=consent.withdrawn,
        in_error=in_error,
        senders=moved.messages["uid"].unique(maintain_order=True),
        origins=Origins(
            fetched=translated.fetched.lazy(),
            translated=answers.lazy(),
            answers=moved.answers.lazy(),
            cuts=inputs.cuts.lazy(),
        ),
        first_places=_first_places(translated.messages),
        files=tuple(_files(raw_files, inputs)),
        moves=moved.moves,
        counts=(
            *counts_of_raw_data(raw_files, inputs),
            *translated.counts,
            *counts_of_answers(translated, answers, plans),
            *moved.counts,
            *selected.counts,
        ),
    )
    return gathered, usable


def _first_places(messages: pl.DataFrame) -> pl.DataFrame:
    first = messages.unique("uid", keep="first", maintain_order=True)
    return first.select("uid", pl.col("file").alias("first_file"), pl.col("file_row").alias("first_row"))


def _files(raw_files: RawFiles, inputs: Inputs) -> Iterator[FileObjects]:
    paths, raws = (*raw_files.activations, *raw_files.surveys), (*inputs.activations, *inputs.surveys)
    for path, raw in zip(paths, raws, strict=True):
        yield FileObjects(path.name, raw.object_count, raw.set_aside)


def _with_answers(
    inputs: Inputs, translated: Translated, settings: Settings, sources: Sequence[str | None]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The messages, and what their senders answered; in a project with surveys only, one row per participant each."""
    messages, answers = translated.messages, translate_answers(translated.fetched, settings.translation)
    if not settings.as_predecessor:
        raws = [raw.frame for raw in (*inputs.activations, *inputs.surveys)]
        answers = join_answers(answers, raws, settings.translation)
    if not settings.plans.has_surveys_only:
        return messages, with_derived_answers(answers, messages, settings, sources)
    runs = runs_of_surveys(messages, answers, settings)
    return one_row_each(runs), with_derived_answers(answers, runs, settings, sources)
