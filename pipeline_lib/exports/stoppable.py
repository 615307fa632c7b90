"""Blocks of a CSV whose cells say STOP for those who withdrew."""

import polars as pl

from pipeline_lib.exports.columns import Block
from pipeline_lib.exports.texts_never_sent import blocks_with_empty_texts
from pipeline_lib.exports.withdrawn import block_of_stoppable
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.processing.processed import Processed


def stoppable_blocks(rows: pl.DataFrame, columns: pl.DataFrame, row: pl.Expr, processed: Processed) -> list[Block]:
    """Columns of a CSV that say STOP for those who withdrew, as `block_of_stoppable` has them."""
    if Quirk.WITHDRAWN_LACK_TEXTS_NEVER_SENT not in processed.quirks:
        return [block_of_stoppable(rows, columns, row)]
    raw_fields = [dataset.raw_field for dataset in processed.plans.datasets if dataset.raw_field in columns.columns]
    return blocks_with_empty_texts(rows, columns, row, raw_fields)
