"""Numbers as tables, charts and maps show them: some may be too small to be shown, or would give a small one away."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

WITHHELD = "*"
"""Stands for a number from which a small one could be worked out."""

Counts = NDArray[np.int64]
"""Numbers of people, or of messages."""

Modes = NDArray[np.int8]
"""How each number of an array is shown, as `Shown`."""


class Shown(IntEnum):
    """How a number is shown."""

    COUNT = 0
    SMALL = 1
    WITHHELD = 2


@dataclass(frozen=True)
class Cell:
    """A number as it is shown."""

    text: str
    """`17`, or `<5` for fewer than five people, or `*`."""
    count: int | None
    """None where it is not shown."""


@dataclass(frozen=True)
class Numbers:
    """Numbers of people or messages with the way in which each is shown."""

    counts: Counts
    modes: Modes
    threshold: int | None = None
    """The fewest people whom a number may tell of."""

    def cell(self, *place: int) -> Cell:
        """The number at a place."""
        mode = self.modes[place]
        if mode == Shown.COUNT:
            return Cell(str(self.counts[place]), int(self.counts[place]))
        return Cell(f"<{self.threshold}" if mode == Shown.SMALL else WITHHELD, None)

    def cells(self, *place: int) -> list[Cell]:
        """The numbers of a row, or of the whole where that has one dimension."""
        return [self.cell(*place, column) for column in range(self.counts.shape[-1])]


def all_shown(counts: Counts) -> Numbers:
    """Numbers of which none is too small."""
    return Numbers(counts, np.zeros(counts.shape, np.int8))


def all_withheld(counts: Counts) -> Numbers:
    """Numbers of which none is shown, whatever they are."""
    return Numbers(counts, np.full(counts.shape, Shown.WITHHELD, np.int8))


def percent(part: Cell, whole: Cell) -> str:
    """A share as the predecessors wrote it: `23.9`, or `-` of nothing; `*` where either number is not shown."""
    if whole.count == 0:
        return "-"
    if part.count is None or whole.count is None:
        return WITHHELD
    return str(round(100 * part.count / whole.count, 1))
