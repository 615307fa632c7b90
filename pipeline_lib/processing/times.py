"""ISO 8601 texts to instants, a column at a time."""

import polars as pl

from pipeline_lib.model.times import parse_instant

INSTANT = pl.Datetime("us", "UTC")


def instants(texts: pl.Series) -> pl.Series:
    """The instants in UTC that ISO 8601 texts name; null where a text is null, has no UTC offset or is not a time."""
    parsed = texts.str.to_datetime("%+", time_zone="UTC", time_unit="us", strict=False)
    if parsed.null_count() == texts.null_count():
        return parsed
    unread = texts.filter(parsed.is_null() & texts.is_not_null()).unique()
    # Python reads some forms that Polars doesn't, such as a time without seconds or T24:00. Those are few, and are
    # read one by one.
    others = pl.Series([_instant_or_null(text) for text in unread], dtype=INSTANT)
    return parsed.fill_null(texts.replace_strict(unread, others, default=None, return_dtype=INSTANT))


def _instant_or_null(text: str) -> object:
    try:
        return parse_instant(text)
    except ValueError:
        return None
