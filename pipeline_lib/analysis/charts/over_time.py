"""How many messages came in, and from how many people, week by week, day by day or hour by hour."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from pipeline_lib.analysis.cells import WITHHELD, Cell
from pipeline_lib.analysis.charts.traffic import Slot
from pipeline_lib.analysis.charts.weeks import Week
from pipeline_lib.analysis.codings import Analysed, any_opted_in, any_relevant
from pipeline_lib.analysis.privacy.over_time import told_slots
from pipeline_lib.analysis.privacy.suppression import Flags

_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)

_POLARS_NAMES = {_HOUR: "1h", _DAY: "1d", _WEEK: "1w"}
"""By its name a week begins on Monday; seven days would begin on Thursday, as 1970 did."""

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
    is_relevant_told: bool
    """Whether the number of the relevant ones is."""


class _Count(NamedTuple):
    start: datetime
    opted_in: int
    relevant: int
    people: int
    relevant_people: int


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
    counts = _counts(messages, episodes, utc_offset, _WEEK)
    return [
        Week(count.start.date(), _messages(count.opted_in, is_told=is_told), _people(count.people, threshold))
        for count, is_told in zip(counts, _told(counts, threshold), strict=True)
    ]


def slot_length(messages: pl.DataFrame) -> timedelta:
    """How long the slots are: a day, or an hour where all messages came in within a few days."""
    first, last = messages["sent_at"].min(), messages["sent_at"].max()
    is_short = isinstance(first, datetime) and isinstance(last, datetime) and last - first <= _SHORT
    return _HOUR if is_short else _DAY


def slots_of(
    messages: pl.DataFrame,
    seasons: Sequence[Sequence[Analysed]],
    utc_offset: timedelta,
    threshold: int | None,
    ranges: Sequence[Range] = (),
) -> list[Slot]:
    """The messages that opted in to any of the episodes in each day, or each hour of a few days, without gaps.

    Args:
        messages: The frame of messages.
        seasons: The episodes of each; per season the messages of a week are shown elsewhere.
        utc_offset: Of the zone in which a day begins.
        threshold: The fewest people whom a number may tell of.
        ranges: Whose messages are counted elsewhere.
    """
    episodes, length = [episode for season in seasons for episode in season], slot_length(messages)
    counts = _counts(messages, episodes, utc_offset, length)
    told = relevant_told = [True] * len(counts)
    if threshold is not None and counts:
        beside = [*_weeks_beside(messages, seasons, utc_offset, threshold), *ranges]
        opted_in = [(count.opted_in, count.people) for count in counts]
        told = _told_beside(opted_in, _parts(counts, beside, length), [each.is_told for each in beside], threshold)
        relevant = [(count.relevant, count.relevant_people) for count in counts]
        of_relevant = [each.is_relevant_told for each in ranges]
        relevant_told = _told_beside(relevant, _parts(counts, ranges, length), of_relevant, threshold)
    return [
        Slot(
            count.start,
            _messages(count.opted_in, is_told=is_told),
            _messages(count.relevant, is_told=is_told and is_relevant_told),
        )
        for count, is_told, is_relevant_told in zip(counts, told, relevant_told, strict=True)
    ]


def _weeks_beside(
    messages: pl.DataFrame, seasons: Sequence[Sequence[Analysed]], utc_offset: timedelta, threshold: int
) -> Iterator[Range]:
    """The weeks, of all seasons together: one that is hidden of a season is the sum of all less the others."""
    told: dict[datetime, bool] = {}
    for episodes in seasons:
        weeks = _counts(messages, episodes, utc_offset, _WEEK)
        for week, is_told in zip(weeks, _told(weeks, threshold), strict=True):
            told[week.start] = told.get(week.start, True) and is_told
    for start, is_told in told.items():
        yield Range(start, start + _WEEK, is_told, is_relevant_told=False)


def _parts(counts: Sequence[_Count], ranges: Sequence[Range], length: timedelta) -> Flags:
    """A row per range, a column per slot: whether it is a part."""
    parts = [[each.start < count.start + length and count.start < each.end for count in counts] for each in ranges]
    return np.array(parts, np.bool_).reshape(-1, len(counts))


def _told_beside(
    counts: Sequence[tuple[int, int]], of_ranges: Flags, are_told: Sequence[bool], threshold: int
) -> list[bool]:
    """Whether the messages of each slot may be told, beside those of ranges and of all slots.

    Args:
        counts: Messages and people of each slot.
        of_ranges: A row per range, a column per slot: whether it is a part.
        are_told: Whether the number of messages of each range is shown.
        threshold: The fewest people whom a number may tell of.
    """
    messages, people = np.array(counts, np.int64).T
    is_told = np.array(are_told, np.bool_)
    everything = np.ones((1, len(counts)), np.bool_)
    sums = np.concatenate([everything, of_ranges[is_told]])
    return [bool(flag) for flag in told_slots(messages, people, sums, of_ranges[~is_told], threshold)]


def _counts(
    messages: pl.DataFrame, episodes: Sequence[Analysed], utc_offset: timedelta, length: timedelta
) -> list[_Count]:
    local = (pl.col("sent_at").dt.replace_time_zone(None) + utc_offset).dt.truncate(_POLARS_NAMES[length])
    rows = (
        messages.filter(any_opted_in(episodes))
        .group_by(start=local)
        .agg(
            pl.len(),
            any_relevant(episodes).sum().alias("relevant"),
            pl.col("participant").n_unique(),
            pl.col("participant").filter(any_relevant(episodes)).n_unique().alias("relevant_people"),
        )
        .sort("start")
    )
    if rows.is_empty():
        return []
    found = {row[0]: _Count(*row) for row in rows.iter_rows()}
    first, last = min(found), max(found)
    starts = [first + number * length for number in range((last - first) // length + 1)]
    return [found.get(start, _Count(start, 0, 0, 0, 0)) for start in starts]


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
