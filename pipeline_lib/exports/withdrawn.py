"""How the messages and individuals CSVs show those who withdrew: STOP in every cell, uid and time included (Q17)."""

from collections.abc import Sequence

import polars as pl

from pipeline_lib.exports.columns import STOP, Block
from pipeline_lib.processing.channels import channel_column


def block_of_stoppable(rows: pl.DataFrame, columns: pl.DataFrame, row: pl.Expr) -> Block:
    """Columns of a CSV that say STOP for those who withdrew.

    Args:
        rows: The CSV's rows: `is_withdrawn` and what `row` reads.
        columns: What there is to show.
        row: Which row of `columns` to show for somebody who did not withdraw.
    """
    index = rows.select(pl.when("is_withdrawn").then(columns.height).otherwise(row).cast(pl.UInt32)).to_series()
    return Block(columns, index)


def leading_block(rows: pl.DataFrame, names: Sequence[str], channels: Sequence[str] = ()) -> Block:
    """The columns that every CSV begins with, whether consent was withdrawn, and by which channels somebody wrote."""
    shown = [_unless_withdrawn(pl.col(name)).alias(name) for name in names]
    came_by = [_unless_withdrawn(pl.col(channel_column(key)).cast(pl.String)).alias(key) for key in channels]
    leading = rows.select(*shown, pl.col("is_withdrawn").cast(pl.String).alias("consent_withdrawn"), *came_by)
    return Block(leading, pl.int_range(leading.height, dtype=pl.UInt32, eager=True))


def _unless_withdrawn(shown: pl.Expr) -> pl.Expr:
    return pl.when("is_withdrawn").then(pl.lit(STOP)).otherwise(shown)
