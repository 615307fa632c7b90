"""Numbers of people who came back: a near world is one in which two people changed places in one episode.

One of them took part in it and the other did not; the reverse would have left every episode as many people. But how
many came once, twice and so on, and who stayed for which episodes, would be other numbers.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from pipeline_lib.analysis.cells import Counts, Modes
from pipeline_lib.analysis.privacy.suppression import IMPOSSIBLE, Suppression

MOST_COMBINATIONS = 120
"""Among how many combinations of episodes the two people are looked for: the most frequent."""

Combination = frozenset[str]
"""Names of episodes."""


class Returning(NamedTuple):
    """Numbers of people who came back."""

    combinations: Counts
    """Who took part in just the episodes of each combination."""
    times: Counts
    """Who took part in one episode, in two, and so on."""


class ReturningModes(NamedTuple):
    """How the same numbers are shown."""

    combinations: Modes
    times: Modes


def protected_returning(
    combinations: Sequence[Combination], people: Returning, threshold: int
) -> ReturningModes | None:
    """How to show the numbers of people who came back; None where all would follow from the people of each episode.

    Combinations of few people are shown as `<n` and so are those of nobody: there are many, and they say little.

    Args:
        combinations: Sets of episodes, none empty.
        people: The numbers.
        threshold: The fewest people that a number may tell of.
    """
    suppression = Suppression(np.concatenate(people), threshold)
    is_combination = np.arange(suppression.counts.size) < len(combinations)
    suppression.hide_few(is_combination & (suppression.counts < threshold))
    suppression.complete(~is_combination)
    places = _Places(combinations, people.combinations)
    for target in np.flatnonzero(suppression.is_small):
        if not _make_possible(int(target), places, suppression):
            return None
    return ReturningModes(suppression.modes[is_combination], suppression.modes[~is_combination])


def _make_possible(target: int, places: "_Places", suppression: Suppression) -> bool:
    best, cells = IMPOSSIBLE, np.zeros(0, np.int64)
    for changes in places.changing(target):
        numbers, by = np.array(list(changes)), np.array(list(changes.values()))
        price = suppression.prices((numbers,), by).sum()
        if price < best:
            best, cells = price, numbers
        if best == 0:
            break
    changed = np.zeros_like(suppression.is_hidden)
    changed[cells] = True
    suppression.hide(changed)
    return best < IMPOSSIBLE


class _Places:
    """What becomes of the numbers when two people change places."""

    def __init__(self, combinations: Sequence[Combination], people: Counts) -> None:
        self._number = {each: number for number, each in enumerate(combinations)}
        self._combinations = combinations
        self._occurring = {each for each, count in zip(combinations, people, strict=True) if count > 0}
        by_frequency = np.argsort(-people, kind="stable")[:MOST_COMBINATIONS]
        self._frequent = [combinations[n] for n in by_frequency if combinations[n] in self._occurring]

    def changing(self, target: int) -> Iterator[Mapping[int, int]]:
        """By how much numbers change, wherever the target is one of them."""
        if target < len(self._combinations):
            pairs = self._of_combination(self._combinations[target])
        else:
            pairs = ((one, other) for one in self._frequent for other in self._frequent)
        for one, other in pairs:
            for episode in sorted(other - one):
                changes = self._changes(one, other, episode)
                if changes.get(target):
                    yield changes

    def _of_combination(self, wanted: Combination) -> Iterator[tuple[Combination, Combination]]:
        """Pairs of whom one has the combination before, or after."""
        everything = frozenset().union(*self._combinations)
        gained_it = [wanted - {episode} for episode in sorted(wanted)]
        lost_it = [wanted | {episode} for episode in sorted(everything - wanted)]
        for other in self._frequent:
            yield wanted, other
            yield other, wanted
            yield from ((before, other) for before in gained_it if before in self._occurring)
            yield from ((other, before) for before in lost_it if before in self._occurring)

    def _changes(self, one: Combination, other: Combination, episode: str) -> Mapping[int, int]:
        """One gains an episode that the other loses."""
        after = one | {episode}, other - {episode}
        if one == after[1] or not all(each in self._number for each in after):
            return {}
        changes = Counter({self._number[each]: 1 for each in after})
        changes.subtract({self._number[one]: 1, self._number[other]: 1})
        first_of_times = len(self._combinations) - 1
        changes.update(first_of_times + len(each) for each in after)
        changes.subtract(first_of_times + len(each) for each in (one, other))
        return {number: by for number, by in changes.items() if by}
