"""production.csv: a row per message, texts only (semantics.md 5)."""

from pathlib import Path

import polars as pl

from pipeline_lib.exports.columns import Block, Cells, sent_on, write_csv
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.texts import TEXT_ROW


def write_production_csv(path: Path, processed: Processed, *, are_guarded: bool = False) -> int:
    """Writes production.csv, its cells guarded against spreadsheets or not, and returns its number of rows.

    The predecessors wrote it before consent was known (Q12); otherwise the withdrawn are left out. So is noise.
    """
    participants = processed.participants.with_row_index("participant_row").select("uid", "participant_row")
    messages = processed.messages_for_producers()
    messages = messages.join(participants, on="uid", how="left", maintain_order="left")
    messages = messages.with_columns(sent_on(processed))
    names = ["uid", "sent_on"] if processed.plans.sent_on_column else ["uid"]
    blocks = [Block(messages.select(names), pl.int_range(messages.height, dtype=pl.UInt32, eager=True))]
    for question in processed.questions:
        is_to_question = pl.col("dataset") == question.dataset.raw_field
        rows = messages.select(pl.when(is_to_question).then(TEXT_ROW).cast(pl.UInt32)).to_series()
        blocks.append(Block(question.texts.select(pl.col("text").alias(question.dataset.raw_field)), rows))
    for survey in processed.surveys:
        if not survey.dataset.has_text_column:
            continue
        answers = participants.join(survey.rows.select("uid", "text"), on="uid", how="left", maintain_order="left")
        blocks.append(
            Block(answers.select(pl.col("text").alias(survey.dataset.raw_field)), messages["participant_row"])
        )
    return write_csv(path, blocks, Cells(not processed.as_predecessor, are_guarded))
