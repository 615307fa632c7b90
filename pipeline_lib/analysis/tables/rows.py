"""Tables as rows of text, and the CSV files that they become."""

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pipeline_lib.model.csv_cells import guarded, readable

Row = Sequence[str]
"""One line of a table, the header too."""


PARTLY_REVIEWED = "Partly Reviewed Participants"
"""Column of people who gave a theme but wait for a coder with something else: a theme's other numbers exclude them."""


def write_rows(path: Path, rows: Iterable[Row], *, begins_with_bom: bool = False) -> int:
    r"""Writes a table and returns its number of rows, the header not counted.

    Minimal quoting, `\n` at line ends, UTF-8, as the CSVs beside it.
    """
    lines = [",".join(map(_quoted, row)) + "\n" for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((BOM_UTF8 if begins_with_bom else b"") + "".join(lines).encode())
    return len(lines) - 1


def with_cells_readable(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows with U+FFFD for characters at which some reader would end a cell."""
    return ([readable(cell) for cell in row] for row in rows)


def with_cells_guarded(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows with an apostrophe before each cell that a spreadsheet might run."""
    return ([guarded(cell) for cell in row] for row in rows)


def _quoted(text: str) -> str:
    # Tables are long: a loop over the signs takes several times as long.
    if '"' in text or "," in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text
