"""Blocks of columns that are put side by side while a CSV is written, so that no wide frame is ever held whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import Coding, CodingMode

ROWS_AT_A_TIME = 50_000

_CELL = pl.Enum(["0", "1", "STOP"])


@dataclass(frozen=True)
class Block:
    """Some columns of a CSV: the distinct rows there are, and which of them each row of the CSV shows."""

    table: pl.DataFrame
    index: pl.Series

    def rows(self, start: int, count: int) -> pl.DataFrame:
        """The columns for some rows of the CSV."""
        return self.table[self.index.slice(start, count)]


def write_csv(path: Path, blocks: Sequence[Block]) -> int:
    r"""Writes blocks side by side and returns the number of rows.

    Minimal quoting, `\n` at line ends, UTF-8 without BOM; null and empty are both an empty cell.
    A cell with a carriage return is quoted too, which the predecessors' Python did not do: readers end the row there.
    """
    height = blocks[0].index.len()
    with path.open("wb") as file:
        for start in range(0, max(height, 1), ROWS_AT_A_TIME):
            wide = pl.concat([block.rows(start, ROWS_AT_A_TIME) for block in blocks], how="horizontal")
            empty_is_null = pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)).name.keep()
            wide.with_columns(empty_is_null).write_csv(file, include_header=start == 0)
    return height


def code_columns(codes: pl.Series, coding: Coding) -> pl.DataFrame:
    """What a coding shows of lists of CodeIDs: a column of 0 and 1 per code, or for a single code its string value."""
    if coding.mode is CodingMode.MULTIPLE:
        return pl.DataFrame(
            [
                codes.list.contains(code.code_id)
                .cast(pl.Int8)
                .cast(pl.String)
                .cast(_CELL)
                .alias(f"{coding.analysis_file_key}_{code.string_value}")
                for code in coding.code_scheme.codes
            ]
        )
    values = {code.code_id: code.string_value for code in coding.code_scheme.codes}
    return (
        codes.list.first()
        .replace_strict(values, return_dtype=pl.String)
        .alias(coding.analysis_file_key or "")
        .to_frame()
    )


def not_available(coding: Coding) -> pl.Series:
    """The codes of somebody whom nothing was asked."""
    return pl.Series([[coding.code_scheme.control(ControlCode.NOT_AVAILABLE).code_id]], dtype=pl.List(pl.String))
