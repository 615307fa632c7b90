"""Blocks of columns that are put side by side while a CSV is written, so that no wide frame is ever held whole."""

from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipeline_lib.model.coding_plan import Coding, CodingMode
from pipeline_lib.model.csv_cells import CONTROL_CHARACTER, REPLACEMENT, TO_GUARD
from pipeline_lib.processing.processed import Processed

ROWS_AT_A_TIME = 50_000

STOP = "STOP"
"""What every cell says of somebody who withdrew."""

_SPECIAL = ['"', ",", "\n", "\r"]
"""What quotes a cell that has it."""


class Cells(NamedTuple):
    """How the texts of a CSV are written."""

    are_readable: bool = False
    """Whether U+FFFD stands for control characters, which end a text for some readers."""
    are_guarded: bool = False
    """Whether what a spreadsheet would run begins with an apostrophe, and the file with a byte-order mark."""

    @property
    def to_change(self) -> str:
        """The pattern of texts that are not written as they are."""
        guarded = [TO_GUARD] if self.are_guarded else []
        return "|".join([f"[{''.join(_SPECIAL)}]", *([CONTROL_CHARACTER] if self.are_readable else []), *guarded])


AS_THEY_ARE = Cells()


@dataclass(frozen=True)
class Block:
    """Some columns of a CSV: the distinct rows there are, and which of them each row of the CSV shows."""

    table: pl.DataFrame
    index: pl.Series
    """The table's height where a row says STOP in every cell, null where it shows empty cells."""

    def lines(self, cells: Cells) -> pl.Series:
        """Each row of the table as it stands in the CSV, then the one that says STOP, and the empty one."""
        to_change = self.table.select(pl.col(pl.String).str.contains(cells.to_change).any())
        changed = [_quoted(_shown(self.table[each.name], cells)) for each in to_change if each.any()]
        written = self.table.with_columns(changed) if changed else self.table
        lines = written.select(pl.concat_str(pl.all().cast(pl.String).fill_null(""), separator=",")).to_series()
        width = self.table.width
        return lines.append(pl.Series([",".join([STOP] * width), "," * (width - 1)]))


def write_csv(path: Path, blocks: Sequence[Block], cells: Cells = AS_THEY_ARE) -> int:
    r"""Writes blocks side by side and returns the number of rows.

    Minimal quoting, `\n` at line ends, UTF-8, with BOM where cells are guarded; null and empty are both an empty cell.
    A cell with a carriage return is quoted too, which the predecessors' Python did not do: readers end the row there.
    """
    height = blocks[0].index.len()
    header = pl.Series([name for block in blocks for name in block.table.columns], dtype=pl.String)
    # What a block shows is put together once, however many rows show it.
    shown = [
        (block.lines(cells), block.index.fill_null(block.table.height + 1)) for block in blocks if block.table.width
    ]
    with path.open("wb") as file:
        file.write(BOM_UTF8 if cells.are_guarded else b"")
        file.write(f"{','.join(_quoted(header))}\n".encode())
        for start in range(0, height, ROWS_AT_A_TIME):
            parts = [lines[index.slice(start, ROWS_AT_A_TIME)] for lines, index in shown]
            lines = pl.select(pl.concat_str(parts, separator=","))
            lines.write_csv(file, include_header=False, quote_style="never")
    return height


def _shown(texts: pl.Series, cells: Cells) -> pl.Series:
    if cells.are_readable:
        texts = _replaced(texts, CONTROL_CHARACTER, REPLACEMENT)
    return _replaced(texts, f"({TO_GUARD})", "'$1") if cells.are_guarded else texts


def _replaced(texts: pl.Series, pattern: str, replacement: str) -> pl.Series:
    """The texts, with each match replaced. Searching first is cheaper, and mostly there is no match."""
    return texts.str.replace_all(pattern, replacement) if texts.str.contains(pattern).any() else texts


def _quoted(texts: pl.Series) -> pl.Series:
    special = texts.str.contains_any(_SPECIAL).arg_true()
    if special.is_empty():
        return texts
    return texts.scatter(special, '"' + texts[special].str.replace_all('"', '""', literal=True) + '"')


def sent_on(processed: Processed) -> pl.Expr:
    """When messages were sent: in one form and in UTC, or as the sources wrote it where quirks are kept."""
    if processed.as_predecessor:
        return pl.col("sent_on")
    return pl.col("sent_at").dt.to_string("%Y-%m-%dT%H:%M:%S%.6f+00:00").alias("sent_on")


def code_column_names(coding: Coding) -> list[str]:
    """The names of the columns that a coding has, if it has any."""
    if coding.analysis_file_key is None:
        return []
    if coding.mode is CodingMode.SINGLE:
        return [coding.analysis_file_key]
    return [f"{coding.analysis_file_key}{coding.key_separator}{code.string_value}" for code in coding.code_scheme.codes]


def code_columns(coding: Coding) -> list[pl.Expr]:
    """What a coding shows of lists of CodeIDs: a column of 0 and 1 per code, or for a single code its string value."""
    codes, names = pl.col(coding.coded_field).list, code_column_names(coding)
    if coding.mode is CodingMode.MULTIPLE:
        named = zip(names, coding.code_scheme.codes, strict=True)
        return [codes.contains(code.code_id).cast(pl.Int8).alias(name) for name, code in named]
    values = {code.code_id: code.string_value for code in coding.code_scheme.codes}
    return [codes.first().replace_strict(values, return_dtype=pl.String).alias(name) for name in names]
