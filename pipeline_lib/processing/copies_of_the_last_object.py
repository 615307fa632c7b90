"""Q51: where answers move, every message of a participant is a copy of the participant's last run, answered or not.

Elsewhere only what moved is (Q9), and a run that nobody answered is none of its participant's messages.
"""

from dataclasses import replace

import polars as pl

from pipeline_lib.model.coding_plan import CodingPlans
from pipeline_lib.processing.row_counts import dropped_rows, rows_of_senders
from pipeline_lib.processing.wrong_scheme import Moved

_OWN = ("uid", "dataset", "text", "sent_on", "message_key", "file", "file_row", "moved_from")
"""What is the message's own all the same, or says where it is from."""


def copies_of_the_last_object(moved: Moved, runs: pl.DataFrame, plans: CodingPlans) -> Moved:
    """The messages with run id, operator and test mark of their sender's last run, and without unanswered runs.

    Args:
        moved: What moved, of messages and unanswered runs together: so participants are in the order of their first
            run, answered or not.
        runs: These messages and runs before the moves; an unanswered run has no dataset.
        plans: The coding plans.
    """
    copied = [column for column in runs.columns if column not in _OWN]
    last = runs.group_by("uid").last().select("uid", *copied)
    messages = (
        moved.messages.filter(pl.col("dataset").is_not_null())
        .drop(copied)
        .join(last, on="uid", how="left", maintain_order="left")
        .select(moved.messages.columns)
    )
    before, after = (rows_of_senders(each, moved.answers, plans) for each in (moved.messages, messages))
    dropped = dropped_rows("move_wrong_scheme", before, after, plans, "without_message")
    return replace(moved, messages=messages, counts=(*moved.counts, *dropped))
