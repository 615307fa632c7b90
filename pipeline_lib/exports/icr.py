"""Samples for inter-coder reliability: a CSV per research question, and per survey that names one (semantics.md 5)."""

from pathlib import Path

import polars as pl

from pipeline_lib.config.exports import IcrSampling
from pipeline_lib.exports.columns import Block, Cells, write_csv
from pipeline_lib.exports.icr_sampling import sample
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset

ICR = "ICR"
"""Folder of the samples."""

MESSAGE_ID = "message_id"
"""Column of a message's id in Coda."""


def write_icr_files(
    folder: Path, processed: Processed, sampling: IcrSampling, *, are_guarded: bool = False
) -> dict[str, int]:
    """Writes a sample of each dataset that has an ICR file and returns the number of rows by file name.

    Noise is in none. Only the predecessors' samples have empty texts, which nobody can code; only the others have
    `message_id`, which finds a text's labels in Coda.
    """
    if sampling.distinct_texts is None:
        sampling = sampling.model_copy(update={"distinct_texts": not processed.as_predecessor})
    cells = Cells(not processed.as_predecessor, are_guarded)
    return {
        question.dataset.icr_filename: write_csv(
            folder / question.dataset.icr_filename, [_sample(processed, question, sampling)], cells
        )
        for question in processed.for_icr
        if question.dataset.icr_filename is not None
    }


def _to_sample(processed: Processed, question: CodedDataset) -> pl.DataFrame:
    messages = question.without_noise(processed.published_messages(question.rows))
    return messages if processed.as_predecessor else messages.filter(pl.col("text").str.strip_chars() != "")


def _sample(processed: Processed, question: CodedDataset, sampling: IcrSampling) -> Block:
    messages = _to_sample(processed, question)
    raw_field, run_id_field = question.dataset.raw_field, question.dataset.run_id_field
    message_ids = question.texts["message_id"].gather(messages[TEXT_ROW])
    has_run_id = pl.col("run_id_field") == pl.lit(run_id_field, pl.String)
    table = messages.select(
        pl.when(has_run_id).then("run_id").alias(run_id_field or "run_id"),
        *([] if processed.as_predecessor else [message_ids.alias(MESSAGE_ID)]),
        pl.col("text").alias(raw_field),
    )
    return Block(table, sample(question, messages, sampling))
