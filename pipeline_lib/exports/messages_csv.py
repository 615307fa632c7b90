"""messages.csv: a row per message, with its codes and its participant's (semantics.md 7)."""

from pathlib import Path

import polars as pl

from pipeline_lib.exports.column_layout import laid_out
from pipeline_lib.exports.columns import Cells, sent_on, write_csv
from pipeline_lib.exports.group_columns import group_blocks
from pipeline_lib.exports.question_columns import question_columns
from pipeline_lib.exports.repaired_messages import with_repaired_messages
from pipeline_lib.exports.stoppable import stoppable_blocks
from pipeline_lib.exports.survey_blocks import survey_blocks
from pipeline_lib.exports.withdrawn import leading_block
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.texts import TEXT_ROW


def write_messages_csv(path: Path, processed: Processed, *, are_guarded: bool = False) -> int:
    """Writes messages.csv, its cells guarded against spreadsheets or not, and returns its number of rows."""
    if Quirk.ONLY_MESSAGES_SHOW_FOLDED_CODES in processed.quirks:
        processed = with_repaired_messages(processed)
    participants = processed.participants.select("uid").with_row_index("participant_row")
    messages = processed.messages_with_rows().join(participants, on="uid", how="left", maintain_order="left")
    messages = messages.with_columns(sent_on(processed), pl.col("is_stopped").alias("is_withdrawn"))
    names = ["uid", "sent_on"] if processed.plans.sent_on_column else ["uid"]
    blocks = [leading_block(messages, names, processed.plans.channels.keys), *group_blocks(processed, messages)]
    for question in processed.questions:
        columns = question_columns(question.dataset, question.texts)
        is_to_question = pl.col("dataset") == question.dataset.raw_field
        row = pl.when(is_to_question).then(TEXT_ROW).otherwise(question.text_row_elsewhere)
        blocks += stoppable_blocks(messages, columns, row, processed)
    blocks += survey_blocks(messages, processed)
    return write_csv(path, laid_out(blocks, processed.plans), Cells(not processed.as_predecessor, are_guarded))
