"""A quirk: of schemes that give a text several codes, the newest label is the one with the latest time.

Everywhere else it is the one that stands first in Coda's file, as Coda writes it (semantics.md 6 and 13).
"""

import polars as pl

from pipeline_lib.model.coding_plan import CodingMode, Dataset


def in_order_of_time(labels: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """A dataset's labels, newest first by their time where a text may have several codes; each message's together."""
    several = pl.lit(value=False)
    for coding in dataset.codings:
        if coding.mode is CodingMode.MULTIPLE:
            several |= pl.col("scheme_id").str.starts_with(coding.code_scheme.scheme_id)
    # Of two labels of one instant the later in the file counts: the original put the oldest first, and took the last.
    by_time = labels.filter(several).sort("labelled_at", maintain_order=True).reverse()
    by_time = by_time.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).over("message_id").alias("position"))
    return pl.concat([by_time, labels.filter(~several)])
