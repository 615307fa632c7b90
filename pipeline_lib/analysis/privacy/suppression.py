"""Which numbers of an array are hidden so far, and what it would cost to hide more."""

from copy import deepcopy

import numpy as np
from numpy.typing import NDArray

from pipeline_lib.analysis.cells import Counts, Modes, Shown

IMPOSSIBLE = 1e12
"""The price of a change that somebody would see."""

Prices = NDArray[np.float64]

Flags = NDArray[np.bool_]

_ANY = np.iinfo(np.int64).max


class Suppression:
    """Numbers, how each is shown, and the changes that nobody would see."""

    def __init__(self, counts: Counts, threshold: int, people: Counts | None = None) -> None:
        """Hides the small numbers, and no others yet.

        Args:
            counts: The numbers.
            threshold: The fewest people that one may tell of.
            people: How many people each tells of, if they are not numbers of people.
        """
        self.counts = counts
        self.threshold = threshold
        self.modes: Modes = np.zeros(counts.shape, np.int8)
        people = counts if people is None else people
        self.is_small = (people > 0) & (people < threshold)
        self._lowest, self._highest = counts.copy(), counts.copy()
        self.hide(self.is_small)

    @property
    def is_hidden(self) -> Flags:
        """Which numbers are not shown."""
        return np.not_equal(self.modes, Shown.COUNT)

    @property
    def is_blank(self) -> Flags:
        """Which numbers are hidden behind a `*` that says nothing at all."""
        blank: Flags = (self._lowest == 0) & (self._highest == _ANY)
        return blank

    def hide(self, cells: Flags) -> None:
        """Hides numbers: `<n` says that one is less, and not zero, and `*` that one is not less."""
        new, is_less = cells & ~self.is_hidden, self.counts < self.threshold
        self._set(new & is_less, Shown.SMALL, 1, self.threshold - 1)
        self._set(new & ~is_less, Shown.WITHHELD, self.threshold, _ANY)

    def hide_few(self, cells: Flags) -> None:
        """Hides numbers that are all less, zeros among them: `<n` may stand for zero there."""
        self._set(cells, Shown.SMALL, 0, self.threshold - 1)

    def blank(self, cells: Flags) -> None:
        """Hides numbers, zeros among them, behind a `*` that says nothing at all."""
        self._set(cells, Shown.WITHHELD, 0, _ANY)

    def _set(self, cells: Flags, mode: Shown, lowest: int, highest: int) -> None:
        self.modes[cells], self._lowest[cells], self._highest[cells] = mode, lowest, highest

    def copy(self) -> "Suppression":
        """The same, to try what more could be hidden."""
        return deepcopy(self)

    def prices(self, cells: tuple[NDArray[np.intp], ...], by: NDArray[np.int64] | int) -> Prices:
        """What it costs that numbers could be others.

        Args:
            cells: Indices of the numbers.
            by: How much more or less they would be.

        Returns:
            Zero where nobody would see it; the number itself where nobody would if it were hidden; `IMPOSSIBLE` where
            it would have to be shown in another way.
        """
        before = self.counts[cells]
        after = before + by
        looks_the_same = (after >= self._lowest[cells]) & (after <= self._highest[cells])
        is_shown = self.modes[cells] == Shown.COUNT
        could_be_hidden = is_shown & (before >= self.threshold) & (after >= self.threshold)
        return np.where(looks_the_same, 0.0, np.where(could_be_hidden, before, IMPOSSIBLE))

    def complete(self, line: NDArray[np.bool_]) -> None:
        """Hides more of a line whose sum is known, until what is hidden tells of enough people together.

        Otherwise the sum less what is shown would be a small number by itself.
        """
        while 0 < self.counts[line & self.is_hidden].sum() < self.threshold:
            shown = line & ~self.is_hidden & (self.counts > 0)
            if not shown.any():
                return
            smallest = np.zeros_like(shown)
            smallest.ravel()[np.flatnonzero(shown)[np.argmin(self.counts[shown])]] = True
            self.hide(smallest)
