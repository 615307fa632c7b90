"""Pages of a CSV: fifty rows at a time, each cell as it is in the file."""

from pathlib import Path
from typing import NamedTuple

import polars as pl
from polars.exceptions import PolarsError

PAGE_ROWS = 50
_LONGEST_CELL = 400
"""Characters; the rest of a longer text is in the file."""


class Page(NamedTuple):
    """Some rows of a table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    number: int
    """The first page is 1."""
    page_count: int
    row_count: int

    @property
    def first_row(self) -> int:
        """The number of the page's first row; the first below the header is 1."""
        return (self.number - 1) * PAGE_ROWS + 1


def page_of(path: Path, number: int, row_count: int | None = None) -> Page | None:
    """A page of a CSV; the last one if there are fewer, None if the file cannot be read as a CSV.

    Args:
        path: The file.
        number: Which page.
        row_count: How many rows it should have, where that is known.
    """
    try:
        table = pl.scan_csv(path, infer_schema=False, encoding="utf8-lossy", glob=False)
        columns = table.collect_schema().names()
        count = row_count if row_count is not None else table.select(pl.len()).collect().item()
        page_count = max(1, -(-count // PAGE_ROWS))
        shown = min(max(number, 1), page_count)
        rows = table.slice((shown - 1) * PAGE_ROWS, PAGE_ROWS).collect()
        if row_count is not None and rows.height != min(PAGE_ROWS, count - (shown - 1) * PAGE_ROWS):
            return page_of(path, number)  # somebody has changed the file since
    except (PolarsError, OSError):
        return None
    cells = tuple(tuple(_cut(cell or "") for cell in row) for row in rows.iter_rows())
    return Page(tuple(columns), cells, shown, page_count, count)


def _cut(cell: str) -> str:
    return cell if len(cell) <= _LONGEST_CELL else f"{cell[:_LONGEST_CELL]}…"
