"""When the newest record of a file of raw data was received, by its source's own time."""

from datetime import datetime
from pathlib import Path

import polars as pl

_TIME_OF_RECEIPT = "|".join(
    f'{key}": ?"[^"\\\\]+"' for key in (r' \(Time\) - [^"]*', r'"received_on[^"]*', r"\.created_time")
)
"""The fields of `time_of_receipt` in JSON. A text holds none: its quotation marks have backslashes before them.

Each begins with letters that are always the same, which are found in half the time.
"""
_NEVER_IN_JSON = "\x1f"


def newest_received(path: Path, as_of: datetime | None) -> datetime | None:
    """When the newest of a file's records was received, of those that a run sees; None if none says when.

    The file is read as text, in the blocks that a machine has room for: nothing else of it is needed.
    """
    lines = pl.scan_csv(
        path,
        has_header=False,
        schema={"line": pl.String},
        separator=_NEVER_IN_JSON,
        quote_char=None,
        encoding="utf8-lossy",
        raise_if_empty=False,
    )
    fields = lines.select(pl.col("line").str.extract_all(_TIME_OF_RECEIPT).explode())
    texts = fields.select(pl.col("line").str.extract(r'": ?"([^"]+)"$').alias("received_at"))
    times = texts.select(pl.col("received_at").str.to_datetime("%+", time_zone="UTC", time_unit="us", strict=False))
    seen = times if as_of is None else times.filter(pl.col("received_at") < as_of)
    newest: datetime | None = seen.max().collect(engine="streaming").item()
    return newest
