"""Ids and times in files that a spreadsheet may have saved: it rounds long numbers, and writes times in its own way."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from pipeline_lib.sources.files.operator_times import iso_local, local_times

EXPORT_ANEW = "export the file anew, and have a spreadsheet import its ids as text: of a number it keeps fifteen digits"
"""What to do about rounded ids: their last digits are lost."""

_ROUNDED = r"^[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+$|^[0-9]+[.,]0+$"
"""`1.22101E+17`, and `122101234567890000.0` of programs that take ids for numbers."""


def as_typed(column: str) -> pl.Expr:
    """A column of ids without the marks that keep a spreadsheet from reading them as numbers: `="123"` and `'123`."""
    return pl.col(column).str.strip_chars().str.replace('^="(.*)"$', "${1}").str.strip_prefix("'").alias(column)


def rounded(column: str, title: str) -> pl.Expr:
    """The fault of an id that was rounded; null for any other.

    Args:
        column: The column.
        title: The column's name in the file.
    """
    said = pl.lit(f'"{title}" was rounded by a spreadsheet: {EXPORT_ANEW}')
    return pl.when(pl.col(column).str.contains(_ROUNDED)).then(said)


def instants(texts: pl.Series, formats: Sequence[str], timezone: str) -> pl.Series:
    """Times in UTC as Python's isoformat writes them; null if they cannot be read, or the zone skips the hour.

    Args:
        texts: Local times, or ISO 8601 with an offset.
        formats: Formats of local times, tried in this order.
        timezone: The zone of local times. If its clocks show an hour twice, a time means the first one.
    """
    bare = texts.str.strip_chars()
    zoned = local_times(bare, formats).dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    local = zoned.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    with_offset = pl.Series([_with_offset(text) for text in bare], dtype=pl.Datetime("us"))
    return iso_local(local.zip_with(local.is_not_null(), with_offset), "UTC")


def _with_offset(text: str) -> datetime | None:
    """The instant of an ISO 8601 text with an offset, as UTC's clocks show it."""
    try:
        time = datetime.fromisoformat(text)
        offset = time.utcoffset()
        return None if offset is None else time.replace(tzinfo=None) - offset
    except (ValueError, OverflowError):
        return None
