"""A quirk: those who withdrew have an empty cell, and not STOP, where they had sent no text (semantics.md 13)."""

from collections.abc import Collection

import polars as pl

from pipeline_lib.exports.column_layout import arranged
from pipeline_lib.exports.columns import Block
from pipeline_lib.exports.withdrawn import block_of_stoppable


def blocks_with_empty_texts(
    rows: pl.DataFrame, columns: pl.DataFrame, row: pl.Expr, raw_fields: Collection[str]
) -> list[Block]:
    """What `block_of_stoppable` gives, but for the columns of texts, in the same order.

    Args:
        rows: The CSV's rows: `is_withdrawn` and what `row` reads.
        columns: What there is to show.
        row: Which row of `columns` to show for somebody who did not withdraw.
        raw_fields: The columns of texts.
    """
    shown = rows.select("is_withdrawn", row.cast(pl.UInt32).alias("row"))
    blocks = [block_of_stoppable(shown, columns.drop(raw_fields), pl.col("row"))]
    for field in raw_fields:
        was_sent = columns[field].is_not_null().gather(shown["row"])
        stops = shown.with_columns(pl.col("is_withdrawn") & was_sent)
        blocks.append(block_of_stoppable(stops, columns.select(field), pl.col("row")))
    return arranged(blocks, columns.columns)
