"""Moving answers to the question that they answer, where a coder said that they stand under another (semantics.md 3).

A text that is coded as wrong scheme (WS) in its dataset, and has a label that says which dataset it belongs to, moves:
a message to another episode or to its sender's survey answers, a survey answer to an episode or to another survey.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.model.code_scheme import CodeScheme, ControlCode
from pipeline_lib.model.coding_plan import CodingPlans, Dataset
from pipeline_lib.model.step_counts import Outcome, StepCount
from pipeline_lib.processing.manual_codes import codes_of_messages, newest_checked_codes
from pipeline_lib.processing.message_ids import message_ids
from pipeline_lib.processing.move_cycles import with_fates
from pipeline_lib.processing.row_counts import (
    RowCounts,
    dropped_rows,
    measure_of,
    row_counts,
    rows_by_dataset,
    rows_of_senders,
)

UNKNOWN = "unknown"
"""The target of texts whose right dataset no plan has: they are dropped."""

_OWN = ("dataset", "text", "sent_on", "position", "message_key")
"""Columns that a moved text keeps, in addition to its place in the files."""

_PLACE = ("file", "file_row")

_STAYING, _SURVEY_ANSWER, _MESSAGE = range(3)
"""The order in which the parts of an answer are put together, and a participant's messages listed."""


MOVES = {
    "uid": pl.String,
    "dataset": pl.String,
    "target": pl.String,
    "code_id": pl.String,
    "moves_on": pl.Boolean,
    "returns": pl.Boolean,
}
"""One row per moved text: `dataset` and `target`, where from and where to (raw fields, or `unknown`), and `code_id`,
the code of the wrong-scheme scheme that says so; `with_fates` explains the last two columns."""


@dataclass(frozen=True)
class Moved:
    """Messages and answers where they belong, and what moved."""

    messages: pl.DataFrame
    """Participant by participant, in the order of their first messages: those that stay, then survey answers that moved
    to an episode, then messages that moved to another."""
    answers: pl.DataFrame
    """A row per participant who sent a message, in no order."""
    moves: pl.DataFrame
    """A row per text that moved, of each participant, with the columns of `MOVES`."""
    counts: tuple[StepCount, ...] = ()


def nothing_moved(messages: pl.DataFrame, answers: pl.DataFrame) -> Moved:
    """Messages and answers as they are, where a project moves nothing."""
    return Moved(
        messages=messages.with_columns(pl.lit(None, pl.String).alias("moved_from")),
        answers=answers,
        moves=pl.DataFrame(schema=MOVES),
    )


def move_wrong_scheme(
    messages: pl.DataFrame,
    answers: pl.DataFrame,
    plans: CodingPlans,
    labels: Mapping[str, pl.DataFrame],
) -> Moved:
    """Messages and answers, each under the question that it answers.

    Args:
        messages: As `translate_messages` gives them, all with a dataset.
        answers: As `translate_answers` gives them.
        plans: The coding plans.
        labels: The datasets' labels, by raw field.

    Raises:
        ConfigError: The plans have no wrong-scheme scheme.
    """
    ws_scheme = plans.ws_correct_dataset_scheme
    if ws_scheme is None:
        wrong = "messages can only move with a scheme that says where they belong"
        raise ConfigError(Problem("WSCorrectDatasetScheme", wrong, "name it, or set MoveWSMessages to false"))
    messages = messages.with_row_index("position")
    senders = answers.join(messages.select("uid"), on="uid", how="semi", maintain_order="left")
    datasets_by_code = {code_id: dataset or UNKNOWN for code_id, dataset in plans.datasets_by_ws_code.items()}
    targets = {d.raw_field: _targets(d, labels[d.raw_field], ws_scheme, datasets_by_code) for d in plans.datasets}
    parts = pl.concat(
        _with_targets(rows, targets[dataset.raw_field]) for dataset, rows in _parts(messages, senders, plans)
    )
    movers = parts.filter(pl.col("target").is_not_null())["uid"].unique()
    parts_of_movers = parts.filter(pl.col("uid").is_in(movers.implode()))
    moving = parts_of_movers.filter(pl.col("target").is_not_null())
    moves = moving.select("uid", "dataset", "target", "code_id", "message_id")
    moved = Moved(
        messages=_messages_after(messages, moving, plans.research_questions),
        answers=_answers_after(senders, parts_of_movers, movers, plans.surveys),
        moves=with_fates(moves, targets).drop("message_id"),
    )
    return replace(moved, counts=tuple(_counts(moved, rows_by_dataset(messages, senders, plans), plans)))


def _counts(moved: Moved, before: RowCounts, plans: CodingPlans) -> Iterator[StepCount]:
    """What moved, what was dropped, and what became a part of another answer."""
    step, datasets = "move_wrong_scheme", {dataset.raw_field: dataset for dataset in plans.datasets}
    came, went, lost = Counter[str](), Counter[str](), Counter[str]()
    for origin, target, count in moved.moves.group_by("dataset", "target").len().sort("dataset", "target").iter_rows():
        if target == UNKNOWN:
            lost[origin] += count
            continue
        came[target] += count
        went[origin] += count
        yield StepCount(
            step=step,
            measure=measure_of(datasets[origin]),
            count=count,
            outcome=Outcome.MOVED,
            dataset=datasets[origin].name,
            target=datasets[target].name,
        )
    yield from row_counts(step, lost, plans, outcome=Outcome.DROPPED, reason="unknown_dataset")
    after = rows_by_dataset(moved.messages, moved.answers, plans)
    merged = {field: before[field] + came[field] - went[field] - lost[field] - after[field] for field in before}
    yield from row_counts(step, merged, plans, outcome=Outcome.MERGED)
    of_senders = rows_of_senders(moved.messages, moved.answers, plans)
    yield from dropped_rows(step, after, of_senders, plans, "without_message")


def _parts(messages: pl.DataFrame, answers: pl.DataFrame, plans: CodingPlans) -> Iterator[tuple[Dataset, pl.DataFrame]]:
    """By dataset, surveys first, every text with its `key`, `origin`, `position` and place."""
    for number, survey in enumerate(plans.surveys):
        yield (
            survey,
            answers.filter(pl.col(survey.raw_field).is_not_null()).select(
                "uid",
                pl.lit(survey.raw_field).alias("dataset"),
                pl.col(survey.raw_field).alias("text"),
                pl.col(survey.time_field).alias("sent_on"),
                pl.col(survey.raw_field).alias("key"),
                pl.lit(_SURVEY_ANSWER).alias("origin"),
                pl.lit(number, pl.UInt32).alias("position"),
                pl.lit(None, pl.String).alias("message_key"),
                pl.lit(None, pl.UInt16).alias("file"),
                pl.lit(None, pl.UInt32).alias("file_row"),
            ),
        )
    for question in plans.research_questions:
        key = "text" if question.message_id_field is None else "message_key"
        own = messages.filter(dataset=question.raw_field)
        origin = pl.lit(_MESSAGE).alias("origin")
        columns = (
            "uid",
            "dataset",
            "text",
            "sent_on",
            pl.col(key).alias("key"),
            origin,
            "position",
            "message_key",
            *_PLACE,
        )
        yield question, own.select(*columns)


def _targets(
    dataset: Dataset, labels: pl.DataFrame, ws_scheme: CodeScheme, datasets_by_code: Mapping[str, str]
) -> pl.DataFrame:
    """`message_id`, `target` and `code_id`, which names it, of a dataset's messages that move.

    One that is coded as wrong scheme without its right dataset, or the reverse, is a coding error and does not move.
    """
    wrong_scheme = ids_of_wrong_scheme(dataset, labels)
    correct = newest_checked_codes(_of_messages(wrong_scheme, labels), ws_scheme)
    movable = pl.col("code_id").is_in(list(datasets_by_code))
    target = pl.col("code_id").replace_strict(datasets_by_code, return_dtype=pl.String)
    return correct.filter(movable).select("message_id", target.alias("target"), "code_id")


def ids_of_wrong_scheme(dataset: Dataset, labels: pl.DataFrame) -> pl.Series:
    """The message ids of a dataset that are coded as wrong scheme in any coding."""
    ids = pl.Series("message_id", [], dtype=pl.String)
    for coding in dataset.codings:
        if coding.code_scheme.has_control(ControlCode.WRONG_SCHEME):
            code_id = coding.code_scheme.control(ControlCode.WRONG_SCHEME).code_id
            ever = labels.filter(pl.col("code_id") == code_id)["message_id"]
            if ever.is_empty():
                continue
            coded = codes_of_messages(coding, _of_messages(ever, labels))
            ids = ids.append(coded.filter(pl.col("code_id").list.contains(code_id))["message_id"])
    return ids


def _of_messages(message_ids: pl.Series, labels: pl.DataFrame) -> pl.DataFrame:
    return labels.filter(pl.col("message_id").is_in(message_ids.implode()))


def _with_targets(rows: pl.DataFrame, targets: pl.DataFrame) -> pl.DataFrame:
    """The rows with `message_id`, and with `target` and `code_id`, null where a text stays."""
    keys = rows.select("key").unique()
    keys = keys.with_columns(message_ids(keys["key"].fill_null("")))
    targets_by_key = keys.join(targets, on="message_id", how="left").select("key", "message_id", "target", "code_id")
    return rows.join(targets_by_key, on="key", how="left", maintain_order="left").drop("key")


def _messages_after(messages: pl.DataFrame, moving: pl.DataFrame, questions: Sequence[Dataset]) -> pl.DataFrame:
    """Messages participant by participant.

    A moved text gets the run id, operator and test mark of its sender's last message, as in the predecessors (Q9). Coda
    knows it by its earlier message key or, without one, by its text: otherwise all texts that moved to a dataset with
    ids of its own would be one message. People with no message left are dropped, with all their answers (Q10).
    """
    gone = moving.filter(pl.col("origin") == _MESSAGE).select("position")
    staying = messages.join(gone, on="position", how="anti", maintain_order="left")
    arriving = moving.filter(pl.col("target").is_in([question.raw_field for question in questions]))
    last = messages.join(arriving, on="uid", how="semi", maintain_order="left").group_by("uid").last()
    arrived = (
        arriving.drop("message_id", "code_id")
        .rename({"dataset": "moved_from", "target": "dataset"})
        .join(last.drop(*_OWN, *_PLACE), on="uid", maintain_order="left")
        .with_columns(pl.coalesce("message_key", "text").alias("message_key"))
    )
    first = messages.group_by("uid").agg(pl.col("position").first().alias("group"))
    staying = staying.with_columns(pl.lit(_STAYING).alias("origin"), pl.lit(None, pl.String).alias("moved_from"))
    together = pl.concat([staying, arrived], how="diagonal")
    return together.join(first, on="uid").sort("group", "origin", "position").drop("group", "origin", "position")


def _answers_after(
    answers: pl.DataFrame, parts_of_movers: pl.DataFrame, movers: pl.Series, surveys: Sequence[Dataset]
) -> pl.DataFrame:
    """Answers, each put together from the participant's own, if it stays, and what moved in.

    The time is the first in the order of texts, which is not always the earliest (Q8).
    """
    stays = pl.col("target").is_null()
    put_together = (
        parts_of_movers.filter(~stays | (pl.col("origin") == _SURVEY_ANSWER))
        .with_columns(
            pl.when(stays).then("dataset").otherwise("target").alias("dataset"),
            pl.when(stays).then(pl.lit(_STAYING)).otherwise("origin").alias("origin"),
        )
        .sort("origin", "position")
        .group_by("uid", "dataset", maintain_order=True)
        .agg(pl.col("text").str.join("; "), pl.col("sent_on").min())
    )
    is_mover = pl.col("uid").is_in(movers.implode())
    moved = answers.filter(is_mover)
    for survey in surveys:
        new = put_together.filter(pl.col("dataset") == survey.raw_field).select(
            "uid", pl.col("text").alias(survey.raw_field), pl.col("sent_on").alias(survey.time_field)
        )
        moved = moved.drop(survey.raw_field, survey.time_field).join(new, on="uid", how="left", maintain_order="left")
        if survey.run_id_field in moved.columns:
            # What is put together is of several runs, and what moved in of another.
            moved = moved.with_columns(pl.lit(None, pl.String).alias(survey.run_id_field))
    return pl.concat([answers.filter(~is_mover), moved.select(answers.columns)])
