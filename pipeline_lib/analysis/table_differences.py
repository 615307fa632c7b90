"""What differs between two versions of a table of the analysis: its cells, which are released numbers."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.input_files import read_data
from pipeline_lib.model.coding_plan import AnalysisFile

_NAMES_FIRST = {
    f"{AnalysisFile.THEME_DISTRIBUTIONS}.csv": 2,
    f"{AnalysisFile.DEMOGRAPHIC_DISTRIBUTIONS}.csv": 2,
    f"{AnalysisFile.ESTIMATED_ENGAGEMENT_TYPES}.csv": 2,
    f"{AnalysisFile.TRAFFIC_ANALYSIS}.csv": 3,
}
"""How many columns say what a row is about; in other tables one does, in cross-tabs two."""

_OF_WORDS = {f"{AnalysisFile.SAMPLE_MESSAGES}.csv", f"{AnalysisFile.IMPACT_MESSAGES}.csv"}

NOTHING = "-"


class CellDiffers(NamedTuple):
    """A cell that differs."""

    row: str
    """What its row is about."""
    column: str
    old: str
    """Its text before; `-` where there was no such cell."""
    new: str
    """Its text now, likewise."""


def compare_tables(name: str, old: Path, new: Path) -> list[CellDiffers]:
    """The cells that differ between two versions of a table; of what people wrote only the number of rows.

    Args:
        name: The table's file name.
        old: The earlier version; one that does not exist has no cells.
        new: The later one, likewise.

    Raises:
        DataError: One is there and is no such table.
    """
    before, after = _rows(old), _rows(new)
    if name in _OF_WORDS:
        if before == after:
            return []
        counts = [str(max(len(rows) - 1, 0)) for rows in (before, after)]
        return [CellDiffers("all", "rows of what people wrote, some of them others", *counts)]
    name_columns = _NAMES_FIRST.get(name, 2 if name.startswith("cross_tab_") else 1)
    cells, others = dict(_cells(before, name_columns)), dict(_cells(after, name_columns))
    found = (
        CellDiffers(*place, cells.get(place, NOTHING), others.get(place, NOTHING)) for place in {**others, **cells}
    )
    return [each for each in found if each.old != each.new]


def _rows(path: Path) -> list[list[str]]:
    if not path.is_file():
        return []
    try:
        rows = list(csv.reader(io.StringIO(read_data(path).decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        rows = []
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise DataError(Problem(str(path), "is no table of an analysis, or is broken", "make it again"))
    return rows


def _cells(rows: list[list[str]], name_columns: int) -> Iterator[tuple[tuple[str, str], str]]:
    """Each cell by its row's and its column's names; where the first name is empty, it is that of the row above."""
    first = ""
    for row in rows[1:]:
        first = row[0] or first
        about = ", ".join(filter(None, (first, *row[1:name_columns])))
        for column, cell in zip(rows[0][name_columns:], row[name_columns:], strict=True):
            yield (about, column), cell
