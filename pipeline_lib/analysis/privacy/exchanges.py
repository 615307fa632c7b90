"""What two people could have said otherwise to one dataset, so that as many have each code as do."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline_lib.analysis.privacy.answers import may_differ_in_one_code
from pipeline_lib.analysis.privacy.suppression import Flags
from pipeline_lib.analysis.profiles import Profiles, pairs_of

MOST_EXCHANGES = 32
"""How many pairs of answers are looked at for one code: those that differ the least, among as many answers each."""

MOST_FREQUENT = 5
"""Of how many answers every pair is looked at beside, however much they differ."""


class Exchange(NamedTuple):
    """One person could have had some codes more and others less, and another person the reverse."""

    columns: NDArray[np.intp]
    """The codes that change, as columns of the dataset's profiles."""
    by: NDArray[np.int64]
    """1 where the one person would have the code, -1 where not."""
    one: Flags
    """Per answer to the second dataset: whether somebody who gave it could be the one person."""
    other: Flags
    """Per answer to the second dataset: whether somebody who gave it could be the other."""


class Exchanges:
    """The exchanges in one dataset, by what people said to a second."""

    def __init__(self, first: Profiles, second: Profiles) -> None:
        """Nothing is looked for yet."""
        self._has, self._second_height = first.has, len(second.has)
        self._pairs = pairs_of(first, second)
        self._first_pair = np.searchsorted(self._pairs.first, np.arange(len(first.has) + 1))
        self._by_frequency = answers_by_frequency(first)
        self._in_one_code = may_differ_in_one_code(first)
        self._known: dict[int, list[Exchange]] = {}

    def of(self, column: int) -> list[Exchange]:
        """The exchanges that change a code: in this one alone, then of whole answers."""
        if column not in self._known:
            self._known[column] = self._in_one_code_alone(column) + self._of_answers(column)
        return self._known[column]

    def _in_one_code_alone(self, column: int) -> list[Exchange]:
        has, could = self._has[:, column], self._in_one_code[:, column]
        one, other = self._gave((~has & could)[self._pairs.first]), self._gave((has & could)[self._pairs.first])
        if not (one.any() and other.any()):
            return []
        return [Exchange(np.array([column]), np.array([1]), one, other)]

    def _of_answers(self, column: int) -> list[Exchange]:
        frequent, has = self._by_frequency, self._has
        with_code = frequent[has[frequent, column]][:MOST_EXCHANGES]
        without = frequent[~has[frequent, column]][:MOST_EXCHANGES]
        distances = (has[without][:, None, :] != has[with_code][None, :, :]).sum(axis=2)
        distances[:MOST_FREQUENT, :MOST_FREQUENT] = 0
        exchanges = []
        for nearest in np.argsort(distances, axis=None, kind="stable")[: MOST_EXCHANGES + MOST_FREQUENT**2]:
            before, after = (int(side) for side in np.unravel_index(nearest, distances.shape))
            changes = has[with_code[after]].astype(np.int64) - has[without[before]]
            columns = np.flatnonzero(changes)
            one, other = self._gave(self._with(without[before])), self._gave(self._with(with_code[after]))
            exchanges.append(Exchange(columns, changes[columns], one, other))
        return sorted(exchanges, key=lambda exchange: exchange.columns.size)

    def _with(self, answer: np.intp) -> slice:
        """The pairs with an answer to the first dataset; they are sorted by it."""
        return slice(self._first_pair[answer], self._first_pair[answer + 1])

    def _gave(self, pairs: Flags | slice) -> Flags:
        """Which answers to the second dataset are in some of the pairs."""
        found = np.zeros(self._second_height, np.bool_)
        found[self._pairs.second[pairs]] = True
        return found


def answers_by_frequency(profiles: Profiles) -> NDArray[np.intp]:
    """The numbers of the answers, those that most people gave first."""
    return np.argsort(-np.bincount(profiles.of_people, minlength=len(profiles.has)), kind="stable")
