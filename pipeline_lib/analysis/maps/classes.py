"""Classes of counts: which places share a colour (semantics.md 8)."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

CLASSES_AT_MOST = 5
"""In addition to zero: nobody can tell more shades apart in a legend."""


class CountClass(NamedTuple):
    """Counts from the lowest to the highest that occurs in the class."""

    lowest: int
    highest: int

    def __str__(self) -> str:
        return f"{self.lowest:,}" if self.lowest == self.highest else f"{self.lowest:,}\N{EN DASH}{self.highest:,}"


ZERO = CountClass(0, 0)


def classes(counts: Iterable[int]) -> tuple[CountClass, ...]:
    """Zero, whether or not it occurs, then Fisher-Jenks classes of the others: one per distinct count, up to five."""
    distinct, numbers = np.unique([count for count in counts if count > 0], return_counts=True)
    return (ZERO, *(CountClass(*map(int, ends)) for ends in _tightest(distinct.astype(float), numbers)))


def _tightest(values: FloatArray, numbers: IntArray) -> list[tuple[float, float]]:
    """The lowest and the highest value of each class, so that values lie as near to their class's mean as they can.

    By dynamic programming, as in Fisher (1958), "On grouping for maximum homogeneity": the tightest classes of all
    values are those of the values below the last class, and the last class.

    Args:
        values: Distinct values in order.
        numbers: How often each occurs.
    """
    if len(values) <= CLASSES_AT_MOST:
        return [(value, value) for value in values]
    count, total, square = (np.cumsum([0, *(numbers * values**power)]) for power in range(3))
    below, above = np.meshgrid(np.arange(len(values)), np.arange(1, len(values) + 1), indexing="ij")
    weight = np.maximum(count[above] - count[below], 1)
    spread = square[above] - square[below] - (total[above] - total[below]) ** 2 / weight
    spread[above <= below] = np.inf  # a class from the row's value to the column's, which must not lie below it
    tightest, first_of_last = spread[0], []
    for _ in range(CLASSES_AT_MOST - 1):
        together = np.concatenate([[np.inf], tightest[:-1]])[:, None] + spread
        first_of_last.append(together.argmin(axis=0))
        tightest = together.min(axis=0)
    classes_found, highest = [], len(values) - 1
    for firsts in reversed(first_of_last):
        classes_found.append((values[firsts[highest]], values[highest]))
        highest = firsts[highest] - 1
    return [(values[0], values[highest]), *reversed(classes_found)]


def class_number(count: int, shades: Sequence[CountClass]) -> int:
    """The number of the class that a count lies in; the counts that the classes were made from always lie in one."""
    return bisect_left([shade.highest for shade in shades], count)
