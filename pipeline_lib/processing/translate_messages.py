"""From the fields of activations to messages (semantics.md 2)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import NamedTuple

import polars as pl

from pipeline_lib.errors import DataError, Problem, listed
from pipeline_lib.processing.raw_data import IDENTITY
from pipeline_lib.processing.remap_text import NO_LABELS, remap_text
from pipeline_lib.processing.time_of_receipt import LATE
from pipeline_lib.processing.times import instants
from pipeline_lib.processing.translation import (
    OPERATOR,
    SHOW,
    SHOW_TEXT,
    UID,
    TimeRemapping,
    Translation,
    is_test_run,
    message_fields,
    raw_column,
)


def translate_messages(
    name: str,
    raw: pl.DataFrame,
    translation: Translation,
    labels: Mapping[str, pl.DataFrame] = NO_LABELS,
    *,
    rows: pl.Series | None = None,
) -> pl.DataFrame:
    """The messages of one activation file.

    Args:
        name: The file's, for errors.
        raw: As `read_activations` gives it.
        translation: The project's.
        labels: The datasets' labels, by raw field.
        rows: The index of each object in the file, for errors; None: the file has these objects alone.

    Returns:
        One row per object, in order: `uid`, `dataset` (its research question's raw field; null if the object holds no
        message to one), `text`, `sent_on` (as the source wrote it), `run_id`, `message_key` (what identifies the
        message where its text does not), `is_test`, `is_late` (part of it came too late for the run's as-of time),
        `operator`, and by their names the fields that single codings read.

    Raises:
        DataError: An object holds several messages.
    """
    file = _File(name, rows)
    raw = _with_show(file, raw, translation)
    for by_text in translation.texts:
        raw = remap_text(raw, by_text, translation.plans, labels)
    for remapping in translation.times:
        if remapping.time_key in raw.columns:
            raw = _remap_time(raw, remapping)
    fields = raw.select(
        pl.col(IDENTITY).alias(UID),
        SHOW,
        SHOW_TEXT,
        is_test_run(raw.columns).alias("is_test"),
        (pl.col(LATE).is_not_null() if LATE in raw.columns else pl.lit(value=False)).alias("is_late"),
        translation.field(OPERATOR, raw.columns).alias("operator"),
        *(translation.field(field, raw.columns) for field in sorted(message_fields(translation.plans))),
    )
    return _of_one_dataset(file, fields, translation)


class _File(NamedTuple):
    """The file that objects are in, for errors."""

    name: str
    rows: pl.Series | None
    """The index of each object in it; None: it has these alone."""


def _with_show(file: _File, raw: pl.DataFrame, translation: Translation) -> pl.DataFrame:
    """The text sent to a show, and the raw field of the show."""
    remappings = [r for r in translation.keys if r.is_activation_message and r.source_key in raw.columns]
    texts = [raw_column(remapping.source_key) for remapping in remappings]
    _refuse_several(file, raw, texts, [remapping.source_key for remapping in remappings])
    shows = [pl.when(raw_column(r.source_key).is_not_null()).then(pl.lit(r.pipeline_key)) for r in remappings]
    nothing = pl.lit(None, pl.String)
    return raw.with_columns(pl.coalesce(*shows, nothing).alias(SHOW), pl.coalesce(*texts, nothing).alias(SHOW_TEXT))


def _remap_time(raw: pl.DataFrame, remapping: TimeRemapping) -> pl.DataFrame:
    """Q5, corrected: an object without a message stays without one, though its time lies in the range."""
    time = instants(raw[remapping.time_key].alias("time"))
    in_range = time.is_not_null()
    if remapping.start is not None:
        in_range &= time >= remapping.start.astimezone(UTC)
    if remapping.end is not None:
        in_range &= time < remapping.end.astimezone(UTC)
    has_text = raw[SHOW_TEXT].is_not_null()
    columns = [pl.when(in_range & has_text).then(pl.lit(remapping.raw_field)).otherwise(SHOW).alias(SHOW)]
    if remapping.adjust_to is not None:
        adjusted = (
            pl.when(in_range).then(pl.lit(remapping.adjust_to.isoformat())).otherwise(raw_column(remapping.time_key))
        )
        columns.append(adjusted.alias(remapping.time_key))
    return raw.with_columns(columns)


def _of_one_dataset(file: _File, fields: pl.DataFrame, translation: Translation) -> pl.DataFrame:
    questions = {question.raw_field: question for question in translation.plans.research_questions}
    texts = {field: pl.when(pl.col(SHOW) == field).then(SHOW_TEXT).otherwise(field) for field in questions}
    _refuse_several(file, fields, texts.values(), list(texts))
    datasets = (pl.when(text.is_not_null()).then(pl.lit(field)) for field, text in texts.items())
    run_ids = list(dict.fromkeys(question.run_id_field for question in questions.values() if question.run_id_field))
    nothing = pl.lit(None, pl.String)
    own_fields = sorted({coding.raw_field for q in questions.values() for coding in q.codings if coding.raw_field})
    return fields.with_columns(
        pl.coalesce(*datasets, nothing).alias("dataset"), pl.coalesce(*texts.values(), nothing).alias("text")
    ).select(
        UID,
        "dataset",
        "text",
        _of_dataset({field: question.time_field for field, question in questions.items()}).alias("sent_on"),
        pl.coalesce(*(pl.when(pl.col(f).is_not_null()).then(pl.lit(f)) for f in run_ids), nothing).alias(
            "run_id_field"
        ),
        pl.coalesce(*run_ids, nothing).alias("run_id"),
        _of_dataset({field: question.message_id_field for field, question in questions.items()}).alias("message_key"),
        "is_test",
        "is_late",
        "operator",
        *own_fields,
    )


def _of_dataset(fields: Mapping[str, str | None]) -> pl.Expr:
    """The value of the field that goes with each row's dataset."""
    choices = (pl.when(pl.col("dataset") == dataset).then(field) for dataset, field in fields.items() if field)
    return pl.coalesce(*choices, pl.lit(None, pl.String))


def _refuse_several(file: _File, objects: pl.DataFrame, texts: Iterable[pl.Expr], keys: Sequence[str]) -> None:
    """Refuses objects that hold more than one of several texts."""
    if len(keys) <= 1:
        return
    several = objects.select(pl.sum_horizontal(text.is_not_null() for text in texts) > 1).to_series().arg_true()
    if several.len():
        first = several[0] if file.rows is None else file.rows[several[0]]
        wrong = f"{several.len()} objects hold several messages, the first is object {first + 1}"
        raise DataError(Problem(file.name, wrong, f"only one of {listed(keys)} may have a value"))
