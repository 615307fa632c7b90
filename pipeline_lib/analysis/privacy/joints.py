"""Numbers of people per code of one dataset and code of another.

A near world is one in which two people, who gave different answers to the second dataset, made an exchange in the
first. The numbers of people per code of either dataset are the same in it.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline_lib.analysis.cells import Shown
from pipeline_lib.analysis.privacy.answers import kinds_of
from pipeline_lib.analysis.privacy.exchanges import Exchange, Exchanges, answers_by_frequency
from pipeline_lib.analysis.privacy.suppression import IMPOSSIBLE, Flags, Prices, Suppression
from pipeline_lib.analysis.profiles import Profiles, joint_counts

PricesOf = Callable[[tuple[NDArray[np.intp], ...], NDArray[np.int64]], Prices]
"""What it costs that numbers could be others, as `Suppression.prices`."""

MOST_ANSWERS = 64
"""How many answers to the second dataset near worlds are looked for among: the most frequent."""


class Side(NamedTuple):
    """One of the two datasets."""

    profiles: Profiles
    is_counted: Flags
    """Which of the profiles' columns are counted together with the other dataset."""
    margins: Suppression
    """How the number of people of each column is shown. Where it is not, nothing of them is."""

    @property
    def is_few(self) -> Flags:
        """Which columns have few people."""
        return np.equal(self.margins.modes, Shown.SMALL)

    @property
    def is_withheld(self) -> Flags:
        """Which columns have more, but it is not shown how many."""
        return np.equal(self.margins.modes, Shown.WITHHELD)


def protected_joint(first: Side, second: Side, threshold: int) -> Suppression:
    """How to show the number of people per column of one dataset's profiles and column of another's.

    All columns are there; those that are not counted together are shown, whatever they are.

    Args:
        first: The first dataset.
        second: The second.
        threshold: The fewest people that a number may tell of.
    """
    suppression = Suppression(joint_counts(first.profiles, second.profiles), threshold)
    is_withheld = first.is_withheld[:, None] | second.is_withheld[None, :]
    is_few = first.is_few[:, None] | second.is_few[None, :]
    suppression.blank(is_withheld)
    suppression.hide_few(is_few)
    for line in _lines(first, second, suppression.is_hidden):
        if not (is_withheld | is_few)[line].all():
            suppression.complete(line)
    worlds = _Worlds(first, second)
    is_counted = first.is_counted[:, None] & second.is_counted[None, :]
    for row, column in np.argwhere(suppression.is_small & is_counted):
        place = int(row), int(column)
        if not (worlds.has_one_of_another_answer(*place, suppression) or worlds.make_possible(*place, suppression)):
            suppression = _blanked(worlds, suppression, *place, second)
    return suppression


def _blanked(worlds: "_Worlds", before: Suppression, row: int, column: int, second: Side) -> Suppression:
    """What hides the least more, so that a number can be another one: whole rows or columns that say nothing."""
    for wider in _wider(second, row, column, before.counts.shape):
        tried = []
        for cells in wider:
            suppression = before.copy()
            suppression.blank(cells)
            if worlds.make_possible(row, column, suppression):
                tried.append(suppression)
        if tried:
            return min(tried, key=lambda suppression: suppression.counts[suppression.is_hidden].sum())
    before.blank(np.ones_like(before.is_hidden))
    return before


class _Worlds:
    """Near worlds, and what it costs to make them possible."""

    def __init__(self, first: Side, second: Side) -> None:
        self._first = _Answers(first, Exchanges(first.profiles, second.profiles))
        self._second = _Answers(second, Exchanges(second.profiles, first.profiles))

    def has_one_of_another_answer(self, row: int, column: int, suppression: Suppression) -> bool:
        """Whether a person could have given another answer to a dataset, where no number of people shows it."""
        if self._first.may_be_another(row, column, self._second, suppression.prices):
            return True
        return self._second.may_be_another(
            column, row, self._first, lambda cells, by: suppression.prices(cells[::-1], by)
        )

    def make_possible(self, row: int, column: int, suppression: Suppression) -> bool:
        """Hides what lets a number be another one, as cheaply as can be; whether there is such a world at all."""
        best, cells = IMPOSSIBLE, None
        for exchange in self._first.exchanges.of(row):
            rows = exchange.columns[self._first.is_counted[exchange.columns]]
            for price, columns in self._with(exchange, column, suppression):
                if price < best:
                    best, cells = price, np.ix_(rows, columns)
            if best == 0:
                return True
        if cells is None:
            return False
        changed = np.zeros_like(suppression.is_hidden)
        changed[cells] = True
        suppression.hide(changed)
        return True

    def _with(
        self, exchange: Exchange, column: int, suppression: Suppression
    ) -> Iterator[tuple[float, NDArray[np.intp]]]:
        """The lowest price of an exchange between people of whom one has a code, and the codes that they differ in."""
        answers, is_counted = self._second, self._first.is_counted[exchange.columns]
        rows = np.ix_(exchange.columns[is_counted], np.arange(answers.has.shape[1]))
        by = exchange.by[is_counted][:, None]
        gains, losses = suppression.prices(rows, by).sum(axis=0), suppression.prices(rows, -by).sum(axis=0)
        with_code = answers.has[:, column] > 0
        for has_it in (with_code, ~with_code):
            one, other = answers.frequent(exchange.one & has_it), answers.frequent(exchange.other & ~has_it)
            if one.size and other.size:
                price = (one @ gains)[:, None] + (other @ losses)[None, :] - (one * (gains + losses)) @ other.T
                first, second = np.unravel_index(np.argmin(price), price.shape)
                yield float(price[first, second]), np.flatnonzero(one[first] != other[second])


class _Change(NamedTuple):
    """What somebody could have said otherwise to one dataset."""

    people: Flags
    """Per answer to the other dataset: whether somebody who gave it could have."""
    columns: NDArray[np.intp]
    by: NDArray[np.int64]


class _Answers:
    """What people said to one dataset, and could have said."""

    def __init__(self, side: Side, exchanges: Exchanges) -> None:
        self.exchanges, self.is_counted = exchanges, side.is_counted
        # What is not counted together with the other dataset may change, and nobody sees it.
        self.has = (side.profiles.has & side.is_counted).astype(np.float64)
        self._margins, self._by_frequency = side.margins, answers_by_frequency(side.profiles)
        self._unseen: dict[int, list[_Change]] = {}

    def frequent(self, answers: Flags) -> Prices:
        """The codes of the most frequent ones of some answers."""
        return self.has[self._by_frequency[answers[self._by_frequency]][:MOST_ANSWERS]]

    def may_be_another(self, code: int, others_code: int, other: "_Answers", prices: PricesOf) -> bool:
        """Whether somebody with a code of the other dataset could have given another answer to this, unseen."""
        if code not in self._unseen:
            self._unseen[code] = list(self._changes_unseen(code))
        with_code, everywhere = other.has[:, others_code] > 0, np.arange(other.has.shape[1])
        for change in self._unseen[code]:
            price = prices(np.ix_(change.columns, everywhere), change.by[:, None]).sum(axis=0)
            if (other.frequent(change.people & with_code) @ price == 0).any():
                return True
        return False

    def _changes_unseen(self, code: int) -> Iterator[_Change]:
        """What a person could have said otherwise, so that no number of people who have a code shows it."""
        for exchange in self.exchanges.of(code) if self._margins.is_hidden[code] else ():
            is_counted = self.is_counted[exchange.columns]
            for people, by in ((exchange.one, exchange.by), (exchange.other, -exchange.by)):
                if not self._margins.prices((exchange.columns,), by).any():
                    yield _Change(people, exchange.columns[is_counted], by[is_counted])


def _lines(first: Side, second: Side, is_hidden: Flags) -> Iterator[Flags]:
    """Numbers whose sum is known, since everybody has just one code of a survey."""
    for row in np.flatnonzero(first.is_counted):
        for columns in _groups(second, is_hidden[row]):
            yield _block(is_hidden.shape, int(row), columns)
    for column in np.flatnonzero(second.is_counted):
        for rows in _groups(first, is_hidden[:, column]):
            yield _block(is_hidden.shape, rows, int(column))


def _groups(side: Side, is_hidden: Flags) -> Iterator[Flags]:
    """Codes of each survey, apart the normal ones where it is known how many people are relevant."""
    kinds = kinds_of(side.profiles)
    for coding in side.profiles.codings:
        columns = side.profiles.columns(coding)
        if coding.dataset.is_survey and side.is_counted[columns].any():
            codes = _only(columns, kinds.relevant.size) & ~kinds.relevant
            knows_relevant = side.is_counted[columns.start] and not is_hidden[columns.start]
            yield from [codes & kinds.normal, codes & ~kinds.normal] if knows_relevant else [codes]


def _wider(second: Side, row: int, column: int, shape: tuple[int, ...]) -> Iterator[list[Flags]]:
    """What to blank where no near world can be made possible: the least first.

    Who has a region has its state too, so that hiding a column may take the columns of whole answers.
    """
    has = second.profiles.has
    coding = next(each for each in second.profiles.codings if second.profiles.columns(each).stop > column)
    part_of_row = _block(shape, row, second.profiles.columns(coding))
    whole_row, own = _block(shape, row, slice(None)), _block(shape, slice(None), column)
    by_frequency = answers_by_frequency(second.profiles)
    with_code = by_frequency[has[by_frequency, column]]
    of_an_answer = _block(shape, slice(None), has[with_code[0]])
    of_all_answers = _block(shape, slice(None), has[with_code].any(axis=0))
    yield [part_of_row, own]
    yield [part_of_row | own, whole_row, of_an_answer]
    yield [whole_row | own, whole_row | of_an_answer, of_all_answers]
    yield [whole_row | of_all_answers]


def _block(shape: tuple[int, ...], rows: Flags | slice | int, columns: Flags | slice | int) -> Flags:
    flags = np.zeros(shape, np.bool_)
    flags[rows, columns] = True
    return flags


def _only(columns: slice, width: int) -> Flags:
    flags = np.zeros(width, np.bool_)
    flags[columns] = True
    return flags
