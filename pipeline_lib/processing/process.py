"""From raw data and labels to coded messages and their participants: the steps, in order."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.csv_cells import CONTROL_CHARACTER
from pipeline_lib.processing.auto_code import auto_code
from pipeline_lib.processing.consent import Known, read_consent, withdrawn_participants
from pipeline_lib.processing.impute import impute, impute_coding_errors
from pipeline_lib.processing.intake import read_inputs, translate_inputs, usable_labels
from pipeline_lib.processing.manual_codes import apply_manual_codes
from pipeline_lib.processing.opinions import with_conflicts
from pipeline_lib.processing.processed import Origins, Processed
from pipeline_lib.processing.selection import select
from pipeline_lib.processing.settings import RawFiles, Settings
from pipeline_lib.processing.tally import Milestone, Tally, rows_by_dataset, rows_of_senders
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset, distinct_texts
from pipeline_lib.processing.translate_answers import translate_answers
from pipeline_lib.processing.withdrawals import read_withdrawals
from pipeline_lib.processing.wrong_scheme import UNKNOWN, Moved, move_wrong_scheme, nothing_moved
from pipeline_lib.progress import step


def process(raw_files: RawFiles, coded_files: Path, settings: Settings, withdrawn: Collection[str] = ()) -> Processed:
    """Coded messages and their participants.

    Args:
        raw_files: The raw data.
        coded_files: Folder of the labels from Coda, a file per dataset; without it nothing of a dataset is reviewed.
        settings: The project's.
        withdrawn: Participants who are known to have withdrawn, beside those whom raw data and labels tell of.

    Raises:
        ConfigError: A code scheme lacks what a step needs.
        DataError: Raw data or labels are broken.
    """
    tally, plans = Tally(), settings.plans
    inputs = read_inputs(raw_files, coded_files, settings)
    labels = usable_labels(inputs, settings, tally)
    messages, fetched = translate_inputs(raw_files, inputs, settings.translation, tally)
    with step("Translating answers") as translating:
        translated = answers = translate_answers(fetched, settings.translation)
        translating.row_count = answers.height
    tally.rows[Milestone.FETCHED] = rows_by_dataset(messages, answers, plans)
    tally.rows[Milestone.HEARD] = rows_of_senders(messages, answers, plans)
    moved = nothing_moved(messages, answers)
    if settings.moves_wrong_scheme:
        with step("Moving what is in the wrong scheme") as moving:
            moved = _move(messages, answers, labels, settings, tally)
            moving.row_count = moved.moves.height
    with step("Reading who withdrew"):
        withdrawals = read_withdrawals(coded_files).and_of(withdrawn)
        raws = (*inputs.activations, *inputs.surveys)
        consent = read_consent(Known(raws, inputs.labels, withdrawals, inputs.cuts), moved, settings)
    with step("Selecting messages") as selecting:
        selected = select(moved, consent, settings, tally)
        selecting.row_count = selected.messages.height
    with step("Finding distinct texts") as finding:
        datasets = [distinct_texts(dataset, selected.rows_of(dataset, settings)) for dataset in plans.datasets]
        finding.row_count = sum(dataset.texts.height for dataset in datasets)
    for_coders = _code(datasets, labels, settings)
    coded = [replace(each, rows=each.rows.filter(~selected.held)) for each in for_coders]
    stopped = pl.concat([withdrawn_participants(coded), consent.withdrawn])
    participants = selected.participants.filter(~selected.held).select(
        "uid", pl.col("uid").is_in(stopped.implode()).alias("is_withdrawn"), "operator"
    )
    sent = _with_text_rows(selected.messages, for_coders).filter(~selected.held)
    _count(sent, participants, coded, settings, tally)
    return Processed(
        plans=plans,
        messages=sent,
        participants=participants,
        questions=tuple(each for each in coded if not each.dataset.is_survey),
        surveys=tuple(each for each in coded if each.dataset.is_survey),
        for_coders=tuple(for_coders),
        waiting=selected.waiting,
        withdrawn=frozenset(stopped),
        labels=labels,
        origins=Origins(fetched=fetched, translated=translated, answers=moved.answers, cuts=inputs.cuts),
        moves=moved.moves,
        as_predecessor=settings.as_predecessor,
        shows_withdrawn=settings.as_predecessor if settings.shows_withdrawn is None else settings.shows_withdrawn,
        tally=tally,
    )


def _count(
    messages: pl.DataFrame,
    participants: pl.DataFrame,
    coded: Sequence[CodedDataset],
    settings: Settings,
    tally: Tally,
) -> None:
    withdrawn = participants.filter("is_withdrawn")
    tally.counts["withdrawn participants"] = withdrawn.height
    tally.counts["messages of withdrawn participants"] = messages.filter(
        pl.col("uid").is_in(withdrawn["uid"].implode())
    ).height
    unreadable = 0 if settings.as_predecessor else sum(_unreadable_count(each) for each in coded)
    if unreadable:
        tally.counts["texts with control characters, which the CSVs show as U+FFFD"] = unreadable


def _unreadable_count(coded: CodedDataset) -> int:
    """How many messages or answers hold a character that would end them for some reader of a CSV."""
    is_unreadable = coded.texts["text"].str.contains(CONTROL_CHARACTER).fill_null(value=False)
    return int(is_unreadable.gather(coded.rows[TEXT_ROW]).sum()) if is_unreadable.any() else 0


def _move(
    messages: pl.DataFrame,
    answers: pl.DataFrame,
    labels: Mapping[str, pl.DataFrame],
    settings: Settings,
    tally: Tally,
) -> Moved:
    plans = settings.plans
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
    return moved


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


def _with_text_rows(messages: pl.DataFrame, datasets: Sequence[CodedDataset]) -> pl.DataFrame:
    """Messages with the row of their text, which each question knows for its own, in the same order."""
    numbered = messages.with_row_index("row")
    text_rows = [
        numbered.filter(pl.col("dataset") == question.dataset.raw_field).select("row", question.rows[TEXT_ROW])
        for question in datasets
        if not question.dataset.is_survey
    ]
    found = pl.concat(text_rows).sort("row")[TEXT_ROW]
    columns = ("uid", "dataset", "sent_on", "sent_at", "file", "file_row", "moved_from")
    return messages.select(*columns, found)
