"""Samples for inter-coder reliability: a CSV per research question (semantics.md section 5)."""

import random
from pathlib import Path

import polars as pl

from pipeline_lib.exports.columns import Block, write_csv
from pipeline_lib.processing.process import Processed

ICR = "ICR"
"""Folder of the samples."""

SAMPLE_SIZE = 200


def write_icr_files(folder: Path, processed: Processed) -> dict[str, int]:
    """Writes a sample of each research question's messages and returns the number of rows by file name.

    The sample is the predecessors': drawn from the messages in the order of the files, the seed always 0.
    """
    return {
        question.dataset.icr_filename: _write_sample(
            folder / question.dataset.icr_filename,
            question.dataset.raw_field,
            question.dataset.run_id_field,
            processed.published_messages(question.rows),
        )
        for question in processed.questions
        if question.dataset.icr_filename is not None
    }


def _write_sample(path: Path, raw_field: str, run_id_field: str | None, messages: pl.DataFrame) -> int:
    size = min(SAMPLE_SIZE, messages.height)
    drawn = random.Random(0).sample(range(messages.height), size)  # noqa: S311 - a sample, not a secret
    table = messages.select(
        pl.when(pl.col("run_id_field") == run_id_field).then("run_id").alias(run_id_field or "run_id"),
        pl.col("text").alias(raw_field),
    )
    return write_csv(path, [Block(table, pl.Series(drawn, dtype=pl.UInt32))])
