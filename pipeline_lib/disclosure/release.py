"""What is released instead of counts: cells that tables, charts, maps and the report show as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline_lib.disclosure.perturbation_tables import KEY_COUNT, PerturbationTable

SUPPRESSED = "*"
"""Shown for a share if either of its numbers is not released."""

_NOT_RELEASED = -1

_OTHER_KEYS = 2531
"""Odd, so that every cell key has another one, and near `KEY_COUNT` over the golden ratio, which spreads those of
neighbouring keys most evenly: somebody who knows the perturbation of one key knows next to nothing of that of the
other."""


class Counts(NamedTuple):
    """Counts of people as they are, not to be shown to anybody."""

    people: NDArray[np.int64]
    key_sums: NDArray[np.int64]
    """The sum of the record keys of those whom each cell counts; of the same shape."""


class MessageCounts(NamedTuple):
    """Counts of messages as they are, not to be shown to anybody."""

    messages: NDArray[np.int64]
    senders: Counts
    """Those who sent them."""
    further_key_sums: NDArray[np.int64]
    """The sum of the record keys of those who sent further messages, that is, more than one of a cell's."""
    most_further: NDArray[np.int64]
    """The largest number of further messages that one person sent."""


@dataclass(frozen=True)
class Cell:
    """A number as it is released."""

    text: str
    """`17`, or `<5` where it is not released."""
    count: int | None
    """None where it is not released."""
    is_perturbed: bool = False
    """Whether it may not be the number that was counted."""


@dataclass(frozen=True)
class Released:
    """Numbers as they are released, in an array of one or two dimensions."""

    _numbers: NDArray[np.int64]
    _threshold: int | None = None

    @property
    def row_count(self) -> int:
        """How many rows there are, or numbers where there is one dimension."""
        return len(self._numbers)

    def rows(self, places: Sequence[int]) -> "Released":
        """Some of the rows."""
        return Released(self._numbers[list(places)], self._threshold)

    def cell(self, *place: int) -> Cell:
        """The number at a place."""
        return _cell(int(self._numbers.item(place)), self._threshold)

    def cells(self, *place: int) -> list[Cell]:
        """The numbers of a row, or of the whole where that has one dimension."""
        return [self.cell(*place, column) for column in range(self._numbers.shape[-1])]


@lru_cache(maxsize=2**16)
def _cell(number: int, threshold: int | None) -> Cell:
    """Kept, since a table has many cells and few different ones."""
    if number == _NOT_RELEASED:
        return Cell(f"<{threshold}", None)
    return Cell(str(number), number, is_perturbed=threshold is not None)


def release_people(counts: Counts, table: PerturbationTable | None) -> Released:
    """Numbers of people, perturbed by their cell keys; without a table as they are."""
    if table is None:
        return Released(counts.people)
    perturbed = counts.people + table.of(counts.people, counts.key_sums % KEY_COUNT)
    return _released(perturbed, counts.people, perturbed, table)


def release_messages(counts: MessageCounts, table: PerturbationTable | None) -> Released:
    """Numbers of messages, protected as those of their senders are; without a table as they are.

    The result is the released number of senders plus their further messages (beyond one each). The further messages'
    perturbation is multiplied by the largest number of them that one person sent, so that a difference does not reveal
    somebody who writes much, either. It is not the perturbation of the senders, since both numbers together would
    reveal that one. It is chosen by the keys of those who sent more than one message: somebody who sent only one does
    not change it.

    That is how magnitudes are perturbed in Thompson, Broadfoot and Elazar (2013), "Methodology for the automatic
    confidentialisation of statistical outputs from remote servers at the Australian Bureau of Statistics", for the one
    largest contributor. Keys of those alone who contribute, and another key than that of the count, are
    `use_zero_rkeys` and `same_key` of https://cran.r-project.org/package=cellKey, after Giessing and Tent (2019),
    "Concepts for generalising tools implementing the cell key method to the case of continuous variables".
    """
    if table is None:
        return Released(counts.messages)
    senders = counts.senders
    perturbed_people = senders.people + table.of(senders.people, senders.key_sums % KEY_COUNT)
    further = counts.messages - senders.people
    other_keys = counts.further_key_sums * _OTHER_KEYS % KEY_COUNT
    perturbed = further + table.of_large(further, other_keys) * counts.most_further
    return _released(perturbed_people + np.maximum(perturbed, 0), senders.people, perturbed_people, table)


def percent(part: Cell, whole: Cell) -> str:
    """A share as the predecessors wrote it: `23.9`, or `-` of nothing; `*` where either number is not released.

    Where both are perturbed a part may be larger than its whole: its share is 100 then.
    """
    if whole.count == 0:
        return "-"
    if part.count is None or whole.count is None:
        return SUPPRESSED
    share = round(100 * part.count / whole.count, 1)
    return str(min(100.0, share) if part.is_perturbed else share)


def _released(
    numbers: NDArray[np.int64],
    people: NDArray[np.int64],
    perturbed_people: NDArray[np.int64],
    table: PerturbationTable,
) -> Released:
    is_released = (people >= table.threshold) & (perturbed_people >= table.threshold)
    return Released(np.where(is_released, numbers, _NOT_RELEASED), table.threshold)
