"""How many messages and people each episode had, and who came back (semantics.md 8)."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import polars as pl

from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.counting.measures import Measures, in_any, measures_of
from pipeline_lib.analysis.counting.messages import message_counts
from pipeline_lib.analysis.counting.people import Keys, counts_of, record_keys_of, stacked
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.disclosure.release import Counts, MessageCounts

MOST_EPISODES_TO_COMBINE = 12
"""With more episodes, only the combinations that occur are listed: there would be thousands of others."""


class ParticipationCounts(NamedTuple):
    """Numbers of messages and people; each as in `Participation`, which says what they are."""

    messages: MessageCounts
    people: Counts
    withdrawn: Counts
    partly_reviewed: Counts
    repeats: Counts
    repeated: Counts
    combinations: tuple[tuple[str, ...], ...]
    loyalty: Counts


def participation_of(
    frames: Frames, episodes: Sequence[Analysed], *, as_predecessor: bool = False
) -> ParticipationCounts:
    """All numbers of participation in some episodes."""
    messages, people = measures_of(frames.messages, episodes), measures_of(frames.individuals, episodes)
    keys = record_keys_of(frames.individuals)
    firsts = _firsts_of(episodes)
    times = people.opted_in if as_predecessor else people.opted_in.select(firsts.values())
    combined, loyalty = _loyalty(people.opted_in, firsts, keys)
    repeats, repeated = _repeats(times, frames.individuals.height, keys)
    return ParticipationCounts(
        messages=_messages(frames, messages, keys),
        people=_people(frames.individuals.height, people, keys),
        withdrawn=counts_of([frames.individuals["consent_withdrawn"]], keys),
        partly_reviewed=_partly_reviewed(frames.individuals, people, episodes),
        repeats=repeats,
        repeated=repeated,
        combinations=combined,
        loyalty=loyalty,
    )


def _firsts_of(episodes: Sequence[Analysed]) -> dict[str, str]:
    """The key of each dataset's first coding, which stands for the others: all are of the same messages."""
    firsts: dict[str, str] = {}
    for each in episodes:
        firsts.setdefault(each.dataset.name, each.key)
    return firsts


def _all_and(flags: pl.DataFrame, height: int) -> list[pl.Series]:
    return [*flags, in_any(flags, height)]


def _all(of_all: pl.Series, width: int) -> list[pl.Series]:
    """A number that is given only for all episodes together."""
    return [*([pl.repeat(value=False, n=of_all.len(), eager=True, dtype=pl.Boolean)] * width), of_all]


def _messages(frames: Frames, measures: Measures, keys: Keys) -> MessageCounts:
    """Frames do not say which messages are by which withdrawn person: each is assumed to have sent equally many."""
    senders = frames.messages["participant"]
    if keys is not None and senders.null_count():
        withdrawn = frames.individuals["consent_withdrawn"].arg_true()
        in_turns = withdrawn.gather(np.arange(senders.null_count()) % withdrawn.len())
        senders = senders.scatter(senders.is_null().arg_true(), in_turns)
    height, width = senders.len(), measures.opted_in.width
    everything = pl.repeat(value=True, n=height, eager=True, dtype=pl.Boolean)
    columns = [_all(everything, width), *(_all_and(flags, height) for flags in measures)]
    return message_counts([[senders.filter(flag) for flag in row] for row in zip(*columns, strict=True)], 4, keys)


def _people(height: int, measures: Measures, keys: Keys) -> Counts:
    everybody = pl.repeat(value=True, n=height, eager=True, dtype=pl.Boolean)
    columns = [
        _all(everybody, measures.opted_in.width),
        _all_and(measures.opted_in, height),
        _all_and(measures.relevant, height),
    ]
    return stacked([counts_of(column, keys) for column in columns])


def _partly_reviewed(individuals: pl.DataFrame, people: Measures, episodes: Sequence[Analysed]) -> Counts:
    """Looks only at people with an answer that waits for a coder: they are few."""
    waiting = people.opted_in.select(pl.col(each.key) & ~people.labelled[each.key] for each in episodes)
    is_waiting = in_any(waiting, individuals.height)
    them = individuals.filter(is_waiting)
    flags = them.select(each.partly_reviewed.alias(each.key) for each in episodes)
    of_any = in_any(flags, them.height) & ~in_any(people.relevant, individuals.height).filter(is_waiting)
    return counts_of([*flags, of_any], record_keys_of(them))


def _repeats(opted_in: pl.DataFrame, height: int, keys: Keys) -> tuple[Counts, Counts]:
    """How many opted in to one episode, to two, and so on; and how many to two or more."""
    if not opted_in.width:
        return counts_of([], keys), counts_of([pl.repeat(value=False, n=height, eager=True, dtype=pl.Boolean)], keys)
    times = opted_in.select(pl.sum_horizontal(pl.all())).to_series()
    return counts_of([times == count for count in range(1, opted_in.width + 1)], keys), counts_of([times > 1], keys)


def _loyalty(opted_in: pl.DataFrame, firsts: dict[str, str], keys: Keys) -> tuple[tuple[tuple[str, ...], ...], Counts]:
    if not firsts:
        return (), counts_of([], keys)
    names = list(firsts)
    flags = opted_in.select(firsts[name] for name in names)
    sums = pl.Series("key_sum", np.zeros(opted_in.height, np.int64) if keys is None else keys)
    grouped = flags.with_columns(sums).group_by(firsts.values()).agg(pl.len(), pl.col("key_sum").sum())
    occurring = {
        frozenset(name for name, is_in in zip(names, flags, strict=True) if is_in): (count, key_sum)
        for *flags, count, key_sum in grouped.iter_rows()
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
    numbers = np.array([occurring.get(frozenset(combination), (0, 0)) for combination in listed], np.int64)
    people, key_sums = numbers.reshape(-1, 2).T
    return tuple(tuple(sorted(combination)) for combination in listed), Counts(people, key_sums)
