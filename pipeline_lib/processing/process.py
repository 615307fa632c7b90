"""From raw data and labels to coded messages and their participants: the steps, in order."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import CodingPlans, Dataset
from pipeline_lib.processing.auto_code import auto_code
from pipeline_lib.processing.consent import withdrawn_participants
from pipeline_lib.processing.filters import is_within, with_sent_at
from pipeline_lib.processing.impute import impute, impute_coding_errors
from pipeline_lib.processing.intake import read_inputs, translate_inputs, usable_labels
from pipeline_lib.processing.manual_codes import apply_manual_codes
from pipeline_lib.processing.opinions import with_conflicts
from pipeline_lib.processing.processed import Origins, Processed
from pipeline_lib.processing.settings import RawFiles, Settings
from pipeline_lib.processing.tally import Milestone, Tally, rows_by_dataset, rows_of_senders
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset, distinct_texts
from pipeline_lib.processing.translate_answers import translate_answers
from pipeline_lib.processing.wrong_scheme import MOVES, UNKNOWN, move_wrong_scheme
from pipeline_lib.progress import step


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
    activations, surveys, labels = read_inputs(raw_files, coded_files, settings)
    labels = usable_labels(labels, settings, tally)
    messages, fetched = translate_inputs(raw_files, activations, surveys, settings.translation, tally)
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
        labels=labels,
        origins=Origins(fetched=fetched, translated=translated, answers=answers),
        moves=moves,
        as_predecessor=settings.as_predecessor,
        tally=tally,
    )


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
