"""How many messages and people each episode had, and who came back (semantics.md section 8)."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import polars as pl

from pipeline_lib.analysis.cells import Cell, Counts, Numbers, all_shown
from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.measures import Measures, in_any, measures_of

MOST_EPISODES_TO_COMBINE = 12
"""Of more, only the combinations that occur are listed: there would be thousands of others."""


class Participation(NamedTuple):
    """Numbers of messages and people."""

    episodes: tuple[Analysed, ...]
    messages: Numbers
    """A row per episode and one for all. Columns: all (0 but in the last row), opted in, labelled, relevant."""
    people: Numbers
    """A row per episode and one for all. Columns: all (0 but in the last row), opted in, relevant."""
    withdrawn: Numbers
    """How many people withdrew: one number."""
    partly_reviewed: Numbers
    """How many people gave a theme and are not relevant, since something that they said waits for a coder: per episode,
    then of all those who are relevant to none."""
    senders: Counts
    """How many people sent the messages: a row per episode and one for all. Columns: opted in, labelled, relevant."""
    repeats: Numbers
    """How many people opted in to one episode, to two, and so on; one with several codings is one, but the predecessors
    counted each."""
    combinations: tuple[tuple[str, ...], ...]
    """Names of datasets."""
    loyalty: Numbers
    """How many people opted in to just the datasets of each combination."""

    def tells_people_of(self, episodes: Sequence[Analysed]) -> bool:
        """Whether the number of people is shown of each of these episodes."""
        keys = {episode.key for episode in episodes}
        return all(
            self.people.cell(place, 1).count is not None
            for place, episode in enumerate(self.episodes)
            if episode.key in keys
        )

    @property
    def opted_in(self) -> Cell:
        """How many people opted in to any episode."""
        return self.people.cell(len(self.episodes), 1)


def participation_of(frames: Frames, episodes: Sequence[Analysed], *, as_predecessor: bool = False) -> Participation:
    """Every number, whether or not it is small."""
    messages, people = measures_of(frames.messages, episodes), measures_of(frames.individuals, episodes)
    combined, loyalty = _loyalty(people.opted_in, episodes)
    return Participation(
        episodes=tuple(episodes),
        messages=_totals(frames.messages.height, [messages.opted_in, messages.labelled, messages.relevant]),
        people=_totals(frames.individuals.height, [people.opted_in, people.relevant]),
        withdrawn=all_shown(np.array([frames.individuals["consent_withdrawn"].sum()], np.int64)),
        partly_reviewed=_partly_reviewed(frames.individuals, people, episodes),
        senders=_senders(frames.messages["participant"], messages),
        repeats=_repeats(people.opted_in if as_predecessor else people.opted_in.select(_firsts_of(episodes).values())),
        combinations=combined,
        loyalty=loyalty,
    )


def _firsts_of(episodes: Sequence[Analysed]) -> dict[str, str]:
    """The key of each dataset's first coding, which stands for the others: all are of the same messages."""
    firsts: dict[str, str] = {}
    for each in episodes:
        firsts.setdefault(each.dataset.name, each.key)
    return firsts


def _totals(height: int, flags: Sequence[pl.DataFrame]) -> Numbers:
    everything = [*([0] * flags[0].width), height]
    flagged = [[*(int(column.sum()) for column in frame), int(in_any(frame, height).sum())] for frame in flags]
    return all_shown(np.array([everything, *flagged], np.int64).T)


def _partly_reviewed(individuals: pl.DataFrame, people: Measures, episodes: Sequence[Analysed]) -> Numbers:
    """Looks at whom something waits of alone: they are few."""
    waiting = people.opted_in.select(pl.col(each.key) & ~people.labelled[each.key] for each in episodes)
    them = in_any(waiting, individuals.height)
    flags = individuals.filter(them).select(each.partly_reviewed.alias(each.key) for each in episodes)
    of_any = in_any(flags, flags.height) & ~in_any(people.relevant.filter(them), flags.height)
    return all_shown(np.array([*(int(flag.sum()) for flag in flags), int(of_any.sum())], np.int64))


def _senders(participants: pl.Series, messages: Measures) -> Counts:
    of_all = [in_any(frame, participants.len()) for frame in messages]
    flags = [[*frame, any_episode] for frame, any_episode in zip(messages, of_all, strict=True)]
    return np.array([[participants.filter(flag).n_unique() for flag in column] for column in flags], np.int64).T


def _repeats(opted_in: pl.DataFrame) -> Numbers:
    if not opted_in.width:
        return all_shown(np.zeros(0, np.int64))
    times = opted_in.select(pl.sum_horizontal(pl.all())).to_series().to_numpy()
    return all_shown(np.bincount(times, minlength=opted_in.width + 1)[1:])


def _loyalty(opted_in: pl.DataFrame, episodes: Sequence[Analysed]) -> tuple[tuple[tuple[str, ...], ...], Numbers]:
    firsts = _firsts_of(episodes)
    names = list(firsts)
    occurring = {
        frozenset(name for name, is_in in zip(names, flags, strict=True) if is_in): count
        for *flags, count in opted_in.select(firsts[name] for name in names).group_by(pl.all()).len().iter_rows()
    }
    sizes = range(1, len(names) + 1)
    if len(names) <= MOST_EPISODES_TO_COMBINE:
        listed = [combination for size in sizes for combination in combinations(names, size)]
    else:
        order = {name: n for n, name in enumerate(names)}
        listed = sorted(
            (tuple(sorted(found, key=order.__getitem__)) for found in occurring if found),
            key=lambda combination: (len(combination), [order[name] for name in combination]),
        )
    counts = np.array([occurring.get(frozenset(combination), 0) for combination in listed], np.int64)
    return tuple(tuple(sorted(combination)) for combination in listed), all_shown(counts)
