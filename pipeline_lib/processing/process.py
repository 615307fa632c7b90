"""From raw data and labels to coded messages and their participants: all steps, in order."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import CodingPlans, ConsentScope
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.model.csv_cells import CONTROL_CHARACTER
from pipeline_lib.model.step_counts import StepCount
from pipeline_lib.processing.auto_code import auto_code
from pipeline_lib.processing.channels import with_channels
from pipeline_lib.processing.coding_errors_of_the_last_object import impute_errors_of_people
from pipeline_lib.processing.consent import withdrawn_participants
from pipeline_lib.processing.consent_by_message import are_stopped
from pipeline_lib.processing.derived_codes import counts_of_uncoded, with_derived_codes
from pipeline_lib.processing.gather import Gathered, gather
from pipeline_lib.processing.groups import Members, member_counts, memberships, read_groups
from pipeline_lib.processing.impute import impute, impute_coding_errors
from pipeline_lib.processing.label_conflicts import with_conflicts
from pipeline_lib.processing.load_inputs import UsableLabels
from pipeline_lib.processing.manual_codes import apply_manual_codes
from pipeline_lib.processing.merge_shards import merge_shards
from pipeline_lib.processing.noise import find_noise, noise_counts, noise_not_coded
from pipeline_lib.processing.noise_other_channel import other_channel_counts, participants_of_other_channels
from pipeline_lib.processing.own_texts import with_own_texts
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.reasons import synchronise_reasons
from pipeline_lib.processing.settings import RawFiles, Settings
from pipeline_lib.processing.shard_files import read_shards
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset, distinct_texts
from pipeline_lib.progress import step


def process(raw_files: RawFiles, coded_files: Path, settings: Settings, withdrawn: Collection[str] = ()) -> Processed:
    """Coded messages and their participants.

    Args:
        raw_files: The raw data.
        coded_files: Folder of the labels from Coda, a file per dataset; a dataset without a file has no labels.
        settings: The project's.
        withdrawn: Participants known to have withdrawn, in addition to those found in raw data and labels.

    Raises:
        ConfigError: A code scheme lacks what a step needs.
        DataError: Raw data or labels are broken.
    """
    members = read_groups(settings.plans.groups, raw_files.groups, checks_participants=settings.checks_participants)
    gathered, usable = gather(raw_files, coded_files, settings, members, withdrawn)
    return code_gathered(gathered, usable, settings, members, raw_files.sources)


def process_shard(
    raw_files: RawFiles, coded_files: Path, settings: Settings, withdrawn: Collection[str] = ()
) -> tuple[Gathered, UsableLabels]:
    """What the participants of `raw_files.shard` sent and answered; and the labels, which are those of everybody.

    Raises:
        PipelineError: As `process`.
    """
    members = read_groups(settings.plans.groups, raw_files.groups, checks_participants=settings.checks_participants)
    return gather(raw_files, coded_files, settings, members, withdrawn)


def process_merged(
    shards: Sequence[Path],
    raw_files: RawFiles,
    settings: Settings,
    withdrawn: Collection[str] = (),
) -> Processed:
    """The same as `process` returns, from the folders of all shards.

    Raises:
        PipelineError: As `process`.
    """
    members = read_groups(settings.plans.groups, raw_files.groups, checks_participants=settings.checks_participants)
    read, usable = read_shards(shards, [dataset.raw_field for dataset in settings.plans.datasets])
    gathered = merge_shards(read, settings, raw_files)
    del read  # otherwise it would stay in memory
    more = pl.Series("uid", sorted(withdrawn), dtype=pl.String)  # those who have withdrawn since
    gathered = replace(gathered, withdrawn=pl.concat([gathered.withdrawn, more]).unique())
    return code_gathered(gathered, usable, settings, members, raw_files.sources)


def code_gathered(
    gathered: Gathered, usable: UsableLabels, settings: Settings, members: Members, sources: Sequence[str | None]
) -> Processed:
    """Codes everybody's texts, each distinct one once, and finds who has withdrawn by their codes.

    Args:
        gathered: What all participants sent and answered.
        usable: The labels.
        settings: The project's.
        members: The members of its groups.
        sources: The name of each raw data file's source, by the file's number.
    """
    plans, selected, labels = settings.plans, gathered.selected, usable.by_field
    with step("Finding distinct texts") as finding:
        datasets = [distinct_texts(dataset, selected.rows_of(dataset, settings)) for dataset in plans.datasets]
        finding.row_count = sum(dataset.texts.height for dataset in datasets)
    if plans.noise_filter is not None:
        with step("Finding noise"):
            datasets = [find_noise(dataset, labels, settings) for dataset in datasets]
    for_coders = _code(datasets, labels, settings, gathered.in_error)
    is_held = selected.held
    of_people = [replace(each, rows=each.rows.filter(~is_held)) for each in for_coders]
    stopped = pl.concat([withdrawn_participants(of_people), gathered.withdrawn])
    keeps_no_stop = Quirk.NOISE_OF_OTHER_CHANNELS_KEEPS_NO_STOP in settings.quirks
    others = participants_of_other_channels(of_people, plans, stopped, keeps_no_stop=keeps_no_stop)
    is_left = ~is_held & ~pl.col("uid").is_in(others.implode())
    coded = [replace(each, rows=each.rows.filter(is_left)) for each in of_people] if others.len() else of_people
    participants = selected.participants.filter(is_left).select(
        "uid", pl.col("uid").is_in(stopped.implode()).alias("is_withdrawn"), "operator"
    )
    sent = _with_text_rows(selected.messages, for_coders).filter(is_left)
    sent = sent.with_columns(_are_stopped(sent, coded, stopped, plans).alias("is_stopped"))
    counts = (
        *usable.counts,
        *gathered.counts,
        *member_counts(members, gathered.senders),
        *noise_counts(coded),
        *other_channel_counts(of_people, coded, others.len(), plans),
        *counts_of_uncoded(coded),
        *_counts(sent, participants, coded, settings),
    )
    return Processed(
        plans=plans,
        messages=with_own_texts(with_channels(sent, plans.channels), plans, sources),
        participants=participants,
        memberships=memberships(participants["uid"], members),
        questions=tuple(each for each in coded if not each.dataset.is_survey),
        surveys=tuple(each for each in coded if each.dataset.is_survey),
        for_coders=tuple(each for each in for_coders if each.dataset.derived_from is None),
        for_icr=tuple(each for each in of_people if each.dataset.icr_filename is not None),
        waiting=selected.waiting,
        withdrawn=frozenset(stopped),
        labels=labels,
        origins=gathered.origins,
        moves=gathered.moves,
        as_predecessor=settings.as_predecessor,
        quirks=settings.quirks,
        shows_withdrawn=settings.as_predecessor if settings.shows_withdrawn is None else settings.shows_withdrawn,
        counts=counts,
    )


def _are_stopped(
    messages: pl.DataFrame, coded: Sequence[CodedDataset], withdrawn: pl.Series, plans: CodingPlans
) -> pl.Series:
    """Whether each message says STOP in its cells."""
    if plans.consent_scope is ConsentScope.MESSAGE:
        return are_stopped(messages, coded)
    return messages["uid"].is_in(withdrawn.implode())


def _counts(
    messages: pl.DataFrame, participants: pl.DataFrame, coded: Sequence[CodedDataset], settings: Settings
) -> Iterator[StepCount]:
    """How many people withdrew, and how many texts some readers of CSVs would break."""
    withdrawn = participants.filter("is_withdrawn")["uid"]
    of_withdrawn = messages.filter(pl.col("uid").is_in(withdrawn.implode()))
    yield StepCount(step="read_consent", measure="withdrawn_participants", count=withdrawn.len())
    yield StepCount(step="read_consent", measure="messages_of_withdrawn_participants", count=of_withdrawn.height)
    unreadable = 0 if settings.as_predecessor else sum(_unreadable_count(each) for each in coded)
    if unreadable:
        yield StepCount(step="write_csvs", measure="texts_with_control_characters", count=unreadable)


def _unreadable_count(coded: CodedDataset) -> int:
    """How many messages or answers contain a character at which some CSV readers would cut them off."""
    is_unreadable = coded.texts["text"].str.contains(CONTROL_CHARACTER)
    return int(is_unreadable.gather(coded.rows[TEXT_ROW]).sum()) if is_unreadable.any() else 0


def _code(
    datasets: Sequence[CodedDataset],
    labels: Mapping[str, pl.DataFrame],
    settings: Settings,
    in_error: Mapping[str, pl.Series] | None,
) -> list[CodedDataset]:
    plans = settings.plans
    with step("Finding automatic codes"):
        coded = [auto_code(dataset) for dataset in datasets]
    with step("Applying manual codes"):
        coded = [
            _with_manual_codes(each, labels[each.dataset.raw_field], plans.ws_correct_dataset_scheme) for each in coded
        ]
        coded = [noise_not_coded(each, plans.ws_correct_dataset_scheme) for each in coded]
        coded = [synchronise_reasons(each) for each in coded]
    with step("Imputing codes"):
        coded = [impute(each, as_predecessor=settings.as_predecessor, quirks=settings.quirks) for each in coded]
        if in_error is not None:
            return [impute_errors_of_people(each, in_error[each.dataset.raw_field]) for each in coded]
        return [impute_coding_errors(each, plans) for each in coded]


def _with_manual_codes(coded: CodedDataset, labels: pl.DataFrame, ws_scheme: CodeScheme | None) -> CodedDataset:
    texts = with_conflicts(apply_manual_codes(coded.texts, coded.dataset, labels, ws_scheme), coded.dataset, labels)
    if coded.dataset.derived_from is not None:
        return coded.after("derive_codes", with_derived_codes(texts, coded.dataset))
    return coded.after("manual_codes", texts)


def _with_text_rows(messages: pl.DataFrame, datasets: Sequence[CodedDataset]) -> pl.DataFrame:
    """The messages, with the number of their text among their question's distinct texts.

    It comes from the questions' own rows, which are in the order of the messages.
    """
    numbered = messages.with_row_index("row")
    text_rows = [
        numbered.filter(pl.col("dataset") == question.dataset.raw_field).select("row", question.rows[TEXT_ROW])
        for question in datasets
        if not question.dataset.is_survey
    ]
    columns = ("uid", "dataset", "sent_on", "sent_at", "file", "file_row", "moved_from")
    if not text_rows:
        return messages.select(*columns, pl.lit(None, pl.UInt32).alias(TEXT_ROW))
    return messages.select(*columns, pl.concat(text_rows).sort("row")[TEXT_ROW])
