"""individuals.csv: a row per participant, their messages folded (semantics.md 7)."""

from pathlib import Path

import polars as pl

from pipeline_lib.exports.column_layout import laid_out
from pipeline_lib.exports.columns import Cells, write_csv
from pipeline_lib.exports.group_columns import group_blocks
from pipeline_lib.exports.question_columns import question_columns
from pipeline_lib.exports.stoppable import stoppable_blocks
from pipeline_lib.exports.survey_columns import folded_survey_columns
from pipeline_lib.exports.withdrawn import leading_block
from pipeline_lib.processing.channels import channels_of_people
from pipeline_lib.processing.processed import Processed


def write_individuals_csv(path: Path, processed: Processed, *, are_guarded: bool = False) -> int:
    """Writes individuals.csv, its cells guarded against spreadsheets or not, and returns its number of rows.

    Participants come in the order of their first messages.
    """
    messages = processed.messages_with_rows()
    message_counts = messages.group_by("uid", maintain_order=True).agg(message_count=pl.len())
    participants = processed.participants.select("uid", "is_withdrawn").with_row_index("participant_row")
    individuals = message_counts.join(participants, on="uid", how="left", maintain_order="left")
    came_by = channels_of_people(messages, processed.plans.channels)
    leading = individuals.join(came_by, on="uid", how="left", maintain_order="left")
    blocks = [leading_block(leading, ["uid"], processed.plans.channels.keys), *group_blocks(processed, individuals)]
    for question in processed.questions_in_order():
        folded = processed.folded(question, message_counts).with_row_index("folded_row")
        columns = question_columns(question.dataset, folded)
        rows = individuals.join(folded.select("uid", "folded_row"), on="uid", how="left", maintain_order="left")
        blocks += stoppable_blocks(rows, columns, pl.col("folded_row").fill_null(folded.height), processed)
    answers = folded_survey_columns(processed, message_counts)
    blocks += stoppable_blocks(individuals, answers, pl.col("participant_row"), processed)
    return write_csv(path, laid_out(blocks, processed.plans), Cells(not processed.as_predecessor, are_guarded))
