"""theme_distributions.csv, demographic_distributions.csv and cross-tabs: people per code, by codes of other codings."""

from collections.abc import Iterable, Iterator, Sequence

from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.published_numbers import Distribution
from pipeline_lib.analysis.tables.rows import PARTLY_REVIEWED, Row
from pipeline_lib.disclosure.release import Cell, percent

RELEVANT = "Total Relevant Participants"


def distributions(shown: Sequence[Distribution], by: Sequence[Analysed] = ()) -> Iterator[Row]:
    """A row for the relevant people of each coding, then one for each of its codes.

    Shares are of the relevant people of the same column, and stand beside relevant people and normal codes only. Normal
    codes count only relevant people, unless the distribution is the predecessors'; other codes count all people.

    Args:
        shown: The distributions, in the order of the rows.
        by: The breakdowns to show, among those that the distributions have.
    """
    columns = ["Total Participants", *(f"{each.key}:{code.string_value}" for each in by for code in each.codes)]
    partly_reviewed = [PARTLY_REVIEWED] if any(each.partly_reviewed is not None for each in shown) else []
    yield ["Dataset", "Theme", *(name for column in columns for name in (column, f"{column} %")), *partly_reviewed]
    for distribution in shown:
        numbers = [0, *(column for each in by for column in _columns(distribution, each))]
        relevant = _cells(distribution, 0, numbers)
        partly = _partly_reviewed(distribution)
        last = [partly[None]] if partly else []
        yield [distribution.coding.key, RELEVANT, *_with_shares(relevant, relevant), *last]
        for row, code in enumerate(distribution.coding.codes, start=1):
            counts = _cells(distribution, row, numbers)
            last = [partly.get(code.string_value, "")] if partly else []
            yield ["", code.string_value, *_with_shares(counts, relevant if code.is_normal else None), *last]


def _columns(distribution: Distribution, by: Analysed) -> Sequence[int | None]:
    """The columns of a breakdown; None for each of a group of another question."""
    if all(each.key != by.key for each in distribution.by):
        return [None] * len(by.codes)
    return distribution.columns(by)


def _cells(distribution: Distribution, row: int, numbers: Iterable[int | None]) -> list[Cell | None]:
    return [None if number is None else distribution.numbers.cell(row, number) for number in numbers]


def _partly_reviewed(distribution: Distribution) -> dict[str | None, str]:
    """How many people are partly reviewed, by theme; the key None is for any theme."""
    if distribution.partly_reviewed is None:
        return {}
    cells = distribution.partly_reviewed.cells()
    themes = [None, *(code.string_value for code in distribution.coding.themes)]
    return {theme: cell.text for theme, cell in zip(themes, cells, strict=True)}


def _with_shares(counts: Sequence[Cell | None], wholes: Sequence[Cell | None] | None) -> Iterator[str]:
    for number, count in enumerate(counts):
        whole = wholes[number] if wholes is not None else None
        yield "" if count is None else count.text
        yield "" if count is None or whole is None else percent(count, whole)
