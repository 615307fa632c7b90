"""What a dataset holds that nobody is asked about: the operator of a number, the sources that messages came by."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from pipeline_lib.model.coding_plan import Dataset, DerivedFrom
from pipeline_lib.processing.filters import is_within
from pipeline_lib.processing.settings import Settings
from pipeline_lib.processing.times import instants

SEPARATOR = ";"
"""Stands between the names of several sources."""


def with_derived_answers(
    answers: pl.DataFrame, messages: pl.DataFrame, settings: Settings, sources: Sequence[str | None]
) -> pl.DataFrame:
    """What participants answered, and beside it what nobody needs to ask them.

    Args:
        answers: As `translate_answers` gives it.
        messages: Their messages: `uid`, `sent_on`, `operator` and `file`, the number of the raw data file.
        settings: The project's.
        sources: The name of each raw data file's source, by the file's number.

    Returns:
        The same rows with the raw and the time field of every derived dataset: the first digits of the number, or the
        names of the sources of all messages within the project's dates, joined; null where nothing is known.
    """
    for dataset in settings.plans.derived:
        is_operator = dataset.derived_from is DerivedFrom.OPERATOR
        found = _operators(messages) if is_operator else _joined(messages, settings, names_of(dataset, sources))
        named = found.select(
            "uid", pl.col("text").alias(dataset.raw_field), pl.col("sent_on").alias(dataset.time_field)
        )
        others = answers.drop(dataset.raw_field, dataset.time_field)
        answers = others.join(named, on="uid", how="left", maintain_order="left")
    return answers


class Names(NamedTuple):
    """What messages may be called, each by one name or none."""

    names: Sequence[str]
    number: pl.Expr
    """Which of the names a message has, by its `file` and `sent_at`; null if none."""


def names_of(dataset: Dataset, sources: Sequence[str | None]) -> Names:
    """What a dataset that is derived from messages calls them: by their sources, or by the ranges of their times."""
    nothing = pl.lit(None, pl.UInt16)
    if dataset.derived_from is DerivedFrom.SOURCE:
        names = list(dict.fromkeys(filter(None, sources)))
        number_of = {file: names.index(name) for file, name in enumerate(sources) if name}
        return Names(names, pl.col("file").replace_strict(number_of, default=None, return_dtype=pl.UInt16))
    names = list(dict.fromkeys(each.match_value for each in dataset.ranges))
    sent_at = pl.col("sent_at")
    numbers = (
        pl.when((sent_at >= each.start) & (sent_at < each.end)).then(pl.lit(names.index(each.match_value), pl.UInt16))
        for each in dataset.ranges
    )
    return Names(names, pl.coalesce(*numbers, nothing))


def _operators(messages: pl.DataFrame) -> pl.DataFrame:
    """Of each participant: the first that tells the operator, even a run that nobody answered, and the first time."""
    known = messages.filter(pl.col("operator").is_not_null())
    time = pl.col("sent_on").drop_nulls().first()
    return known.group_by("uid").agg(pl.col("operator").first().alias("text"), time)


def _joined(messages: pl.DataFrame, settings: Settings, names: Names) -> pl.DataFrame:
    """Of each participant's messages within the project's dates: `uid`, `text` (all names) and the first `sent_on`."""
    sent_at = instants(messages["sent_on"]).alias("sent_at")
    sent = messages.select("uid", "sent_on", "file", sent_at).with_columns(names.number.alias("number"))
    found = (
        sent.filter(is_within(settings.start, settings.end), pl.col("number").is_not_null())
        .group_by("uid")
        .agg(pl.col("number").unique().sort(), pl.col("sent_on").first())
    )
    as_names = pl.element().replace_strict(dict(enumerate(names.names)), return_dtype=pl.String)
    return found.with_columns(pl.col("number").list.eval(as_names).list.join(SEPARATOR).alias("text"))
