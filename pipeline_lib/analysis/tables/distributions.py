"""theme_distributions.csv, demographic_distributions.csv and cross-tabs: people per code, by codes of other codings."""

from collections.abc import Iterator, Sequence

from pipeline_lib.analysis.cells import Cell, percent
from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.distributions import Distribution
from pipeline_lib.analysis.tables.rows import Row

RELEVANT = "Total Relevant Participants"


def distributions(shown: Sequence[Distribution], by: Sequence[Analysed] = ()) -> Iterator[Row]:
    """A row for the relevant people of each coding, then one for each of its codes.

    Shares are of the relevant people of the same column, and stand beside relevant people and normal codes only. The
    counts of codes include people who are not relevant.

    Args:
        shown: The distributions, one below the other.
        by: Which of the codings that they are broken down by to show.
    """
    columns = ["Total Participants", *(f"{each.key}:{code.string_value}" for each in by for code in each.codes)]
    yield ["Dataset", "Theme", *(name for column in columns for name in (column, f"{column} %"))]
    for distribution in shown:
        numbers = [0, *(column for each in by for column in distribution.columns(each))]
        relevant = [distribution.numbers.cell(0, number) for number in numbers]
        yield [distribution.coding.key, RELEVANT, *_with_shares(relevant, relevant)]
        for row, code in enumerate(distribution.coding.codes, start=1):
            counts = [distribution.numbers.cell(row, number) for number in numbers]
            yield ["", code.string_value, *_with_shares(counts, relevant if code.is_normal else None)]


def _with_shares(counts: Sequence[Cell], wholes: Sequence[Cell] | None) -> Iterator[str]:
    for number, count in enumerate(counts):
        yield count.text
        yield "" if wholes is None else percent(count, wholes[number])
