"""Tables as rows of text, and the CSV files that they become."""

from collections.abc import Iterable, Sequence
from pathlib import Path

Row = Sequence[str]
"""One line of a table, the header too."""


def write_rows(path: Path, rows: Iterable[Row]) -> int:
    r"""Writes a table and returns its number of rows, the header not counted.

    Minimal quoting, `\n` at line ends, UTF-8 without BOM, as the CSVs beside it.
    """
    lines = [",".join(map(_quoted, row)) + "\n" for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines), encoding="utf-8", newline="")
    return len(lines) - 1


def _quoted(text: str) -> str:
    if any(sign in text for sign in '",\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text
