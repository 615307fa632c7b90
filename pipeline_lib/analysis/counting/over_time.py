"""How many messages came in, and from how many people, week by week, day by day or hour by hour."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import polars as pl

from pipeline_lib.analysis.codings import Analysed, any_opted_in, any_relevant
from pipeline_lib.analysis.counting.messages import opted_in_and_relevant
from pipeline_lib.analysis.counting.people import record_keys_of
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.disclosure.release import MessageCounts

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)

_POLARS_NAMES = {HOUR: "1h", DAY: "1d", WEEK: "1w"}
"""Polars' `1w` begins on Monday; `7d` would begin on Thursday, as 1970 did."""

_SHORT = timedelta(days=10)
"""Up to this length of time, messages are shown hour by hour."""


class OverTime(NamedTuple):
    """Messages in weeks, days or hours without gaps, from the first that has any to the last."""

    starts: list[datetime]
    """In local time."""
    counts: MessageCounts
    """A row per start. Columns: messages that opted in, and those of them that are relevant."""


def slot_length(messages: pl.DataFrame) -> timedelta:
    """How long the slots are: a day, or an hour if all messages came in within a few days."""
    first, last = messages["sent_at"].min(), messages["sent_at"].max()
    is_short = isinstance(first, datetime) and isinstance(last, datetime) and last - first <= _SHORT
    return HOUR if is_short else DAY


def over_time(frames: Frames, episodes: Sequence[Analysed], utc_offset: timedelta, length: timedelta) -> OverTime:
    """The messages that opted in to any of the episodes.

    Args:
        frames: The messages and the people.
        episodes: Whose messages are counted.
        utc_offset: The offset of the zone in which days begin at midnight, and weeks on Monday at midnight.
        length: The length of a slot: an hour, a day or a week.
    """
    local = (pl.col("sent_at").dt.replace_time_zone(None) + utc_offset).dt.truncate(_POLARS_NAMES[length])
    opted_in = frames.messages.filter(any_opted_in(episodes))
    sent = opted_in.select("participant", start=local, relevant=any_relevant(episodes))
    found = {start: group for (start,), group in sent.partition_by("start", as_dict=True).items()}
    keys = record_keys_of(frames.individuals)
    if not found:
        return OverTime([], opted_in_and_relevant([], keys))
    nothing, first, last = sent.clear(), min(found), max(found)
    starts = [first + number * length for number in range((last - first) // length + 1)]
    return OverTime(starts, opted_in_and_relevant([found.get(start, nothing) for start in starts], keys))
