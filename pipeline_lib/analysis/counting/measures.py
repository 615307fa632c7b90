"""Which messages, or people, opted in to an episode, were labelled, and are relevant (semantics.md 8)."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from pipeline_lib.analysis.codings import Analysed


class Measures(NamedTuple):
    """Three frames with a row per message or person, as the frame has them, and a Boolean column per episode's key."""

    opted_in: pl.DataFrame
    labelled: pl.DataFrame
    relevant: pl.DataFrame


def measures_of(frame: pl.DataFrame, episodes: Sequence[Analysed]) -> Measures:
    """The measures of the messages or the people of a frame."""
    return Measures(
        _flags(frame, {each.key: each.opted_in for each in episodes}),
        _flags(frame, {each.key: each.labelled for each in episodes}),
        _flags(frame, {each.key: each.relevant for each in episodes}),
    )


def _flags(frame: pl.DataFrame, expressions: dict[str, pl.Expr]) -> pl.DataFrame:
    return frame.select(expression.alias(key) for key, expression in expressions.items())


def in_any(flags: pl.DataFrame, height: int) -> pl.Series:
    """Whether each row of a frame of `height` rows is flagged in any episode."""
    if not flags.width:
        return pl.repeat(value=False, n=height, eager=True, dtype=pl.Boolean)
    return flags.select(pl.any_horizontal(pl.all())).to_series()
