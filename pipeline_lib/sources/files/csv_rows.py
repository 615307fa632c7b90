"""Rows of a CSV file with the lines on which they begin.

A CSV that went through a spreadsheet can be read too: in UTF-16, as Excel's "Unicode text", or with semicolons or tabs
between the columns, as Excel writes in countries with decimal commas. The apostrophe that keeps a spreadsheet from
running a cell, as in our own CSVs, is removed.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import polars as pl

from pipeline_lib.errors import DataError, Problem, listed, nearest
from pipeline_lib.model.csv_cells import unguarded
from pipeline_lib.model.lenient_json import whole_text
from pipeline_lib.sources.base import BadLine, problems_of

LINE = " line"
"""The column of the physical line, from 1, on which a row begins. No column of a file is read by such a name."""


class Layout(NamedTuple):
    """What cannot be told from a file, and somebody has declared."""

    encoding: str | None = None
    """Python's name of the encoding of a file that is not in Unicode; None where there is no such file."""
    delimiter: str | None = None
    """None for the comma, semicolon or tab, whichever finds most of the wanted columns."""


_AS_USUAL = Layout()

_DELIMITERS = ",;\t"
_SEPARATOR_LINE = re.compile("sep=(.)(?=\r?\n)")
"""The first line by which Excel recognises the delimiter."""
csv.field_size_limit(2**31 - 1)  # a text may be long: processing cuts it off, where a project asks for it
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_rows(
    content: bytes, place: str, columns: Sequence[str], optional: Sequence[str] = (), layout: Layout = _AS_USUAL
) -> tuple[pl.DataFrame, list[BadLine]]:
    """The named columns of a CSV file as texts, with `LINE`; and the rows with too few or too many columns.

    Rows come in file order. Empty rows and other columns are ignored. A quoted text may hold line breaks.

    Args:
        content: The file, in UTF-8 with or without a byte-order mark, or in UTF-16 with one. Half a surrogate pair in
            it is read as U+FFFD.
        place: How errors name the file.
        columns: The columns to read; their names are in the first row.
        optional: More columns to read, if the file has them.
        layout: What somebody has declared of the file.

    Raises:
        DataError: The file is in another encoding, lacks a column, or its quotes do not match, so that the ends of rows
            are unknown.
    """
    rows = _rows(*_delimited(_text(content, place, layout.encoding), columns, layout.delimiter), place)
    width, places = _header(rows, place, columns, optional)
    columns, positions = list(places), list(places.values())
    needed_width = max(positions) + 1
    values: list[list[str]] = [[] for _ in columns]
    lines: list[int] = []
    misshapen: list[BadLine] = []
    targets = [(column.append, position) for column, position in zip(values, positions, strict=True)]
    for line, row in rows:
        if len(row) < needed_width:
            misshapen.append(BadLine(line, "has fewer columns than the first line"))
        elif len(row) > width and any(row[width:]):
            misshapen.append(BadLine(line, "has more columns than the first line: is a text with a comma not quoted?"))
        else:
            lines.append(line)
            for append, position in targets:
                append(unguarded(row[position]))
    frame = pl.DataFrame(dict(zip(columns, values, strict=True)), schema=dict.fromkeys(columns, pl.String))
    return frame.with_columns(pl.Series(LINE, lines, dtype=pl.Int64)), misshapen


def all_rows(content: bytes, place: str, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Every row of a CSV file with all of its cells, the header first, each with the line on which it begins.

    Args:
        content: As for `read_rows`.
        place: How errors name the file.
        columns: Columns that it should have, by which its delimiter is found.

    Raises:
        DataError: The file is in another encoding, or its quotes do not match.
    """
    return _rows(*_delimited(_text(content, place, None), columns, None), place)


def _text(content: bytes, place: str, encoding: str | None) -> str:
    if content.startswith(_UTF_16):
        try:
            return whole_text(content.decode("utf-16", "surrogatepass"))
        except UnicodeDecodeError:
            problem = Problem(place, "begins like UTF-16 but is not UTF-16", 'save it again as "CSV UTF-8"')
            raise DataError(problem) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return whole_text(content.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError:
        pass
    try:
        return content.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        bad_lines = [
            BadLine(number, "is not UTF-8") for number, line in enumerate(content.split(b"\n"), 1) if _is_bad(line)
        ]
        problems = problems_of(bad_lines, place, noun="lines")
        raise DataError(*problems, Problem(place, "cannot be read", 'save it as "CSV UTF-8"')) from None


def _is_bad(line: bytes) -> bool:
    try:
        line.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return True
    return False


def _delimited(text: str, columns: Sequence[str], declared: str | None) -> tuple[str, str]:
    """The text, and its delimiter."""
    told = _SEPARATOR_LINE.match(text)
    if told is not None:
        return text[told.end() :], told[1]  # the line break stays, so that lines are counted as they are
    return text, declared or max(_DELIMITERS, key=lambda delimiter: _known_count(text, delimiter, columns))


def _known_count(text: str, delimiter: str, columns: Sequence[str]) -> int:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = next((row for row in reader if "".join(row).strip()), [])
    except csv.Error:
        return 0  # the error is reported when the rows are read
    return len({name.strip() for name in header} & set(columns))


def _rows(text: str, delimiter: str, place: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if "".join(row).strip():
                yield line, row
            line = reader.line_num + 1
    except csv.Error:
        wrong = "the quotes of the row that begins here do not match"
        right = 'close every quoted text, and write a quote inside one twice ("")'
        raise DataError(Problem(f"{place}: line {line}", wrong, right)) from None


def _header(
    rows: Iterator[tuple[int, list[str]]], place: str, columns: Sequence[str], optional: Sequence[str]
) -> tuple[int, dict[str, int]]:
    """The number of columns, and the positions of those to read."""
    right = f"the first line names the columns {listed(columns)}, separated by commas"
    line, written = next(rows, (1, []))
    if not written:
        raise DataError(Problem(place, "is empty", right))
    names = [name.strip() for name in written]
    # Other names are not quoted if none is known: in a file without a header they would be somebody's message.
    missing = [column for column in columns if column not in names]
    if missing:
        known = listed([column for column in columns if column in names]) or "none"
        wrong = f"has no column {listed(missing)} (it has {len(names)} in all, known of them: {known})"
        if known != "none":
            right = _similar(missing, names) or right
        raise DataError(Problem(f"{place}: line {line}", wrong, right))
    wanted = [*columns, *(column for column in optional if column in names)]
    repeated = [column for column in wanted if names.count(column) > 1]
    if repeated:
        raise DataError(Problem(f"{place}: line {line}", f"names {listed(repeated)} more than once", right))
    return len(names), {column: names.index(column) for column in wanted}


def _similar(missing: Sequence[str], names: Sequence[str]) -> str:
    """The names that may be meant by those that are missing; empty if there is none."""
    meant = {column: nearest(column, names) for column in missing}
    told = [f'"{name}" for "{column}"' for column, name in meant.items() if name is not None]
    return f"did you mean {', '.join(told)}?" if told else ""
