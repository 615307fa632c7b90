"""How many messages came in, and from how many people, week by week, day by day or hour by hour."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from pipeline_lib.analysis.cells import WITHHELD, Cell
from pipeline_lib.analysis.charts.traffic import Slot
from pipeline_lib.analysis.charts.weeks import Week
from pipeline_lib.analysis.codings import Analysed, any_opted_in, any_relevant
from pipeline_lib.analysis.privacy.over_time import told_slots

_LENGTHS = {"1h": timedelta(hours=1), "1d": timedelta(days=1), "1w": timedelta(weeks=1)}
"""By Polars' names, for which a week begins on Monday."""

_SHORT = timedelta(days=10)
"""What took no longer is shown hour by hour."""


class Range(NamedTuple):
    """A range of time whose messages are counted elsewhere."""

    start: datetime
    """As a clock there shows it."""
    end: datetime
    """The first instant after it."""
    is_told: bool
    """Whether the number of its messages is shown."""


class _Count(NamedTuple):
    start: datetime
    opted_in: int
    relevant: int
    people: int


def weeks_of(
    messages: pl.DataFrame, episodes: Sequence[Analysed], utc_offset: timedelta, threshold: int | None
) -> list[Week]:
    """The messages that opted in to any of the episodes, and their senders, in each week from the first to the last.

    Args:
        messages: The frame of messages.
        episodes: Of one season.
        utc_offset: Of the zone in which a week begins, on Monday at midnight.
        threshold: The fewest people whom a number may tell of.
    """
    counts = _counts(messages, episodes, utc_offset, "1w")
    return [
        Week(count.start.date(), _messages(count.opted_in, is_told=is_told), _people(count.people, threshold))
        for count, is_told in zip(counts, _told(counts, threshold), strict=True)
    ]


def slots_of(
    messages: pl.DataFrame,
    episodes: Sequence[Analysed],
    utc_offset: timedelta,
    threshold: int | None,
    ranges: Sequence[Range] = (),
) -> list[Slot]:
    """The messages that opted in to any of the episodes in each day, or each hour of a few days, without gaps.

    Args:
        messages: The frame of messages.
        episodes: Of all seasons.
        utc_offset: Of the zone in which a day begins.
        threshold: The fewest people whom a number may tell of.
        ranges: Whose messages are counted elsewhere.
    """
    first, last = messages["sent_at"].min(), messages["sent_at"].max()
    is_short = isinstance(first, datetime) and isinstance(last, datetime) and last - first <= _SHORT
    every = "1h" if is_short else "1d"
    counts = _counts(messages, episodes, utc_offset, every)
    told = [True] * len(counts)
    if threshold is not None and counts:
        weeks = _counts(messages, episodes, utc_offset, "1w")
        of_weeks = [
            Range(week.start, week.start + _LENGTHS["1w"], is_told)
            for week, is_told in zip(weeks, _told(weeks, threshold), strict=True)
        ]
        told = _told_beside(counts, [*of_weeks, *ranges], _LENGTHS[every], threshold)
    return [
        Slot(
            count.start,
            _messages(count.opted_in, is_told=is_told),
            _messages(count.relevant, is_told=is_told),
        )
        for count, is_told in zip(counts, told, strict=True)
    ]


def _told_beside(counts: Sequence[_Count], ranges: Sequence[Range], length: timedelta, threshold: int) -> list[bool]:
    """Whether the messages of each slot may be told, beside those of ranges and of all slots."""
    parts = [[each.start < count.start + length and count.start < each.end for count in counts] for each in ranges]
    of_ranges = np.array(parts, np.bool_).reshape(-1, len(counts))
    is_told = np.array([each.is_told for each in ranges], np.bool_)
    everything = np.ones((1, len(counts)), np.bool_)
    messages, people = (
        np.array(column, np.int64) for column in ([c.opted_in for c in counts], [c.people for c in counts])
    )
    sums = np.concatenate([everything, of_ranges[is_told]])
    return [bool(flag) for flag in told_slots(messages, people, sums, of_ranges[~is_told], threshold)]


def _counts(messages: pl.DataFrame, episodes: Sequence[Analysed], utc_offset: timedelta, every: str) -> list[_Count]:
    local = (pl.col("sent_at").dt.replace_time_zone(None) + utc_offset).dt.truncate(every)
    rows = (
        messages.filter(any_opted_in(episodes))
        .group_by(start=local)
        .agg(pl.len(), any_relevant(episodes).sum().alias("relevant"), pl.col("participant").n_unique())
        .sort("start")
    )
    if rows.is_empty():
        return []
    found = {row[0]: _Count(*row) for row in rows.iter_rows()}
    first, last, length = min(found), max(found), _LENGTHS[every]
    starts = [first + number * length for number in range((last - first) // length + 1)]
    return [found.get(start, _Count(start, 0, 0, 0)) for start in starts]


def _told(counts: Sequence[_Count], threshold: int | None) -> list[bool]:
    """Whether the messages of each slot may be told.

    A slot of few people tells how much each of them wrote; where only one is left out, it would be all messages less
    the others, so that a second one goes with it.
    """
    if threshold is None:
        return [True] * len(counts)
    told = [count.people >= threshold for count in counts]
    if told.count(False) == 1 and len(told) > 1:
        fewest = min((number for number, is_told in enumerate(told) if is_told), key=lambda n: counts[n].opted_in)
        told[fewest] = False
    return told


def _messages(count: int, *, is_told: bool) -> Cell:
    return Cell(str(count), count) if is_told else Cell(WITHHELD, None)


def _people(count: int, threshold: int | None) -> Cell:
    if threshold is not None and count < threshold:
        return Cell(f"<{threshold}", None)
    return Cell(str(count), count)
