"""What the messages and individuals CSVs show of groups (semantics.md 15)."""

import polars as pl

from pipeline_lib.exports.columns import Block
from pipeline_lib.exports.withdrawn import block_of_stoppable
from pipeline_lib.processing.processed import Processed


def group_blocks(processed: Processed, rows: pl.DataFrame) -> list[Block]:
    """A column per group, True or False; no block in a project without groups.

    Args:
        processed: What was processed.
        rows: The CSV's rows: `is_withdrawn`, and `participant_row`, the number of each one's participant.
    """
    if not processed.memberships.width:
        return []
    shown = processed.memberships.select(pl.when(pl.all()).then(pl.lit("True")).otherwise(pl.lit("False")).name.keep())
    return [block_of_stoppable(rows, shown, pl.col("participant_row"))]
