"""Classes of counts: which places share a colour (semantics.md 8)."""

import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

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
    others = sorted(count for count in counts if count > 0)
    distinct = sorted(set(others))
    if len(distinct) <= CLASSES_AT_MOST:
        return (ZERO, *(CountClass(count, count) for count in distinct))
    # The import takes seconds, which small drawings need not wait for.
    from mapclassify import FisherJenks  # type: ignore[import-untyped]  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Numba not installed")
        highest = [int(count) for count in FisherJenks(others, CLASSES_AT_MOST).bins]
    lowest = [others[0], *(distinct[bisect_right(distinct, count)] for count in highest[:-1])]
    return (ZERO, *map(CountClass, lowest, highest))


def class_number(count: int, shades: Sequence[CountClass]) -> int:
    """The number of the class that a count lies in; the counts that the classes were made from always lie in one."""
    return bisect_left([shade.highest for shade in shades], count)
