"""Numbers of messages, whose sums are known: a near world is one in which a message belongs to another group."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from pipeline_lib.analysis.cells import Counts, Modes
from pipeline_lib.analysis.privacy.suppression import IMPOSSIBLE, Flags, Prices, Suppression


def protected_messages(messages: Counts, people: Counts, threshold: int) -> Modes:
    """How to show numbers of messages.

    Args:
        messages: A row per group. Each column has some of the messages of the column before, and a sum that is known.
        people: How many people sent them.
        threshold: The fewest people that a number may tell of.
    """
    suppression = Suppression(messages, threshold, people)
    for row, column in np.argwhere(suppression.is_small):
        _make_possible(int(row), int(column), suppression, people)
    return suppression.modes


def _make_possible(row: int, column: int, suppression: Suppression, people: Counts) -> None:
    """Hides the group to which, or from which, a message is the least visible."""
    best, hidden = IMPOSSIBLE, np.zeros_like(suppression.is_hidden)
    for columns in _kinds_of_messages(column, suppression.counts.shape[1]):
        fewer, more = _changes(columns, -1, suppression, people), _changes(columns, 1, suppression, people)
        prices = np.minimum(fewer + more[row], more + fewer[row])
        prices[row] = IMPOSSIBLE
        if prices.min() < best:
            best, hidden = float(prices.min()), np.zeros_like(suppression.is_hidden)
            hidden[np.argmin(prices), columns] = True
    if best < IMPOSSIBLE:
        suppression.hide(hidden)
        return
    hidden[:, column] = True
    is_few = suppression.counts[:, column].sum() < suppression.threshold
    (suppression.hide_few if is_few else suppression.blank)(hidden)


def _kinds_of_messages(column: int, width: int) -> Iterator[slice]:
    """The columns in which a message may count here and not there; the column itself among them."""
    for first, last in product(range(column + 1), range(column, width)):
        yield slice(first, last + 1)


def _changes(columns: slice, by: int, suppression: Suppression, people: Counts) -> Prices:
    """What it costs that each group could have one more, or one less, in some columns."""
    messages = suppression.counts
    after = messages.copy()
    after[:, columns] += by
    could_be: Flags = np.all(after >= people, axis=1) & np.all(after[:, 1:] <= after[:, :-1], axis=1)
    cells = np.ix_(np.arange(len(messages)), np.arange(columns.start, columns.stop))
    prices = suppression.prices(cells, by).sum(axis=1)
    return np.where(could_be, prices, IMPOSSIBLE)
