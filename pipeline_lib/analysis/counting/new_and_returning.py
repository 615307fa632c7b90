"""How many people of each show took part in an earlier one, and how many did not (semantics.md 15)."""

from collections.abc import Sequence

import polars as pl

from pipeline_lib.analysis.codings import Analysed, any_opted_in
from pipeline_lib.analysis.counting.people import counts_of, record_keys_of, stacked
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.disclosure.release import Counts
from pipeline_lib.model.coding_plan import Dataset


def shows_of(episodes: Sequence[Analysed]) -> tuple[Dataset, ...]:
    """The research questions that codings are of, in the order of the plans."""
    return tuple({each.dataset.name: each.dataset for each in episodes}.values())


def first_and_repeat(frames: Frames, episodes: Sequence[Analysed], *, as_predecessor: bool) -> Counts:
    """A row per show: its people, those who took part in no earlier show, and those who did.

    Args:
        frames: The messages and the people.
        episodes: The codings of the shows, in the order of the plans: that order says which show is earlier.
        as_predecessor: Whether people take part by having sent a text, whatever its codes, rather than by opting in.
    """
    keys = record_keys_of(frames.individuals)
    before = pl.repeat(value=False, n=frames.individuals.height, eager=True, dtype=pl.Boolean)
    rows = []
    for show in shows_of(episodes):
        if as_predecessor:
            took_part = _sent_text(frames, show)
        else:
            codings = [each for each in episodes if each.dataset.name == show.name]
            took_part = frames.individuals.select(any_opted_in(codings)).to_series()
        rows.append(counts_of([took_part, took_part & ~before, took_part & before], keys))
        before |= took_part
    return stacked(rows, axis=0) if rows else counts_of([], keys)


def _sent_text(frames: Frames, show: Dataset) -> pl.Series:
    senders = frames.messages.filter(pl.col("dataset") == show.name, pl.col("text").is_not_null())["participant"]
    everybody = pl.int_range(frames.individuals.height, eager=True, dtype=pl.UInt32)
    return everybody.is_in(senders.unique().implode())
