"""What differs between two versions of a CSV with a row per message or participant, without showing what they wrote."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.input_files import read_data

_NUMBER = "which of several equal"
_OLD, _NEW = "old row", "new row"


@dataclass(frozen=True)
class RowsDiffer:
    """How the rows of a CSV differ."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    """How many rows that both have differ in a column."""
    codes: dict[str, dict[tuple[str, str], int]] = field(default_factory=dict)
    """Of the columns that hold codes: how many rows had which code before, and which now; the most frequent first."""
    new_columns: tuple[str, ...] = ()
    gone_columns: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.removed or self.changed or self.new_columns or self.gone_columns)


def compare_csvs(old: Path, new: Path, key: Sequence[str], coded: Collection[str]) -> RowsDiffer:
    """How the rows of two CSVs differ.

    Args:
        old: The earlier CSV; one that does not exist has no rows.
        new: The later one, likewise.
        key: Columns by which rows are the same in both; of several that are equal in these, the first is the first.
        coded: Columns that hold codes, whose values may be told.

    Raises:
        DataError: One is there and is no such CSV.
    """
    before, after = _read(old), _read(new)
    gone = tuple(name for name in before.columns if name not in after.columns)
    came = tuple(name for name in after.columns if name not in before.columns)
    if before.is_empty() or after.is_empty():
        return RowsDiffer(added=after.height, removed=before.height, new_columns=came, gone_columns=gone)
    by = [name for name in key if name in before.columns and name in after.columns]
    both = _numbered(before, by, _OLD).join(_numbered(after, by, _NEW), on=[*by, _NUMBER], nulls_equal=True)
    is_changed = pl.repeat(value=False, n=both.height, dtype=pl.Boolean, eager=True)
    columns, codes = {}, {}
    for name in before.columns:
        if name in by or name in gone:
            continue
        was, now = before[name].gather(both[_OLD]), after[name].gather(both[_NEW])
        differs = was != now
        if differs.any():
            columns[name], is_changed = int(differs.sum()), is_changed | differs
            if name in coded:
                codes[name] = _transitions(was.filter(differs), now.filter(differs))
    return RowsDiffer(
        added=after.height - both.height,
        removed=before.height - both.height,
        changed=int(is_changed.sum()),
        columns=columns,
        codes=codes,
        new_columns=came,
        gone_columns=gone,
    )


def _read(path: Path) -> pl.DataFrame:
    if not path.is_file():
        return pl.DataFrame()
    content = read_data(path)
    try:
        return pl.read_csv(content, infer_schema=False).fill_null("")
    except (pl.exceptions.PolarsError, UnicodeError, OSError):  # the last, of gzip without its end
        raise DataError(Problem(str(path), "is no CSV file, or is broken", "make it again")) from None


def _numbered(rows: pl.DataFrame, by: list[str], name: str) -> pl.DataFrame:
    """The key of each row, its number among those with the same, and its place."""
    keys = rows.select(by).with_row_index(name)
    number = pl.int_range(pl.len(), dtype=pl.UInt32)
    return keys.with_columns((number.over(by) if by else number).alias(_NUMBER))


def _transitions(was: pl.Series, now: pl.Series) -> dict[tuple[str, str], int]:
    counted = pl.DataFrame([was.alias("was"), now.alias("now")]).group_by("was", "now").len()
    ordered = counted.sort("len", "was", "now", descending=[True, False, False])
    return {(before, after): count for before, after, count in ordered.iter_rows()}
