"""Samples for inter-coder reliability: a CSV per research question (semantics.md section 5)."""

from pathlib import Path

import polars as pl

from pipeline_lib.config.exports import IcrSampling
from pipeline_lib.exports.columns import Block, write_csv
from pipeline_lib.exports.icr_sampling import sample
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.texts import CodedDataset

ICR = "ICR"
"""Folder of the samples."""

AS_THE_PREDECESSORS = IcrSampling()
"""200 messages, drawn from all in the order of the files."""


def write_icr_files(folder: Path, processed: Processed, sampling: IcrSampling = AS_THE_PREDECESSORS) -> dict[str, int]:
    """Writes a sample of each research question's messages and returns the number of rows by file name.

    Empty texts, which nobody can code, are only in those of the predecessors.
    """
    return {
        question.dataset.icr_filename: _write_sample(
            folder / question.dataset.icr_filename,
            question,
            _to_sample(processed, question),
            sampling,
        )
        for question in processed.questions
        if question.dataset.icr_filename is not None
    }


def _to_sample(processed: Processed, question: CodedDataset) -> pl.DataFrame:
    messages = processed.published_messages(question.rows)
    return messages if processed.as_predecessor else messages.filter(pl.col("text").str.strip_chars() != "")


def _write_sample(path: Path, question: CodedDataset, messages: pl.DataFrame, sampling: IcrSampling) -> int:
    raw_field, run_id_field = question.dataset.raw_field, question.dataset.run_id_field
    table = messages.select(
        pl.when(pl.col("run_id_field") == run_id_field).then("run_id").alias(run_id_field or "run_id"),
        pl.col("text").alias(raw_field),
    )
    return write_csv(path, [Block(table, sample(question, messages, sampling))])
