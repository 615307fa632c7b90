"""Which messages count (semantics.md 4)."""

from datetime import datetime

import polars as pl

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.processing.times import instants


def with_sent_at(messages: pl.DataFrame) -> pl.DataFrame:
    """Messages with `sent_at`, the instant in UTC that `sent_on` names.

    Raises:
        DataError: A message has no time, or one without an offset.
    """
    timed = messages.with_columns(instants(messages["sent_on"]).alias("sent_at"))
    untimed = timed.filter(pl.col("sent_at").is_null()).group_by("dataset", maintain_order=True).len()
    untimed = untimed.with_columns(pl.col("dataset").fill_null("of a survey"))
    if untimed.is_empty():
        return timed
    wrong = "messages have no time, or one that is not ISO 8601 with an offset"
    right = "map the time of the source's answer in SourceKeyRemappings"
    raise DataError(
        *(Problem(f"dataset {dataset}", f"{count} {wrong}", right) for dataset, count in untimed.iter_rows())
    )


def is_within(start: datetime, end: datetime) -> pl.Expr:
    """Messages sent from `start` on and before `end`."""
    return (pl.col("sent_at") >= start) & (pl.col("sent_at") < end)
