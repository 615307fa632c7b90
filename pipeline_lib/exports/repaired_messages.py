"""A quirk: the only message of a person shows their codes as they were folded (Q37).

The original repaired the folded object, and for who sent one message that was the message itself: NA by hand becomes NC
in both CSVs.
"""

from dataclasses import replace

import polars as pl

from pipeline_lib.processing.fold import folded_codings
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset


def with_repaired_messages(processed: Processed) -> Processed:
    """What was processed, with texts of their own for messages that are all that somebody sent."""
    counts = processed.messages.group_by("uid").agg(message_count=pl.len())
    only = counts.filter(pl.col("message_count") == 1)["uid"]
    messages, questions = processed.messages, []
    for question in processed.questions:
        own = question.rows.filter(pl.col("uid").is_in(only.implode()))
        texts = pl.concat([question.texts, _repaired(replace(question, rows=own), processed, counts)])
        rows = own.select("uid", (pl.int_range(pl.len(), dtype=pl.UInt32) + question.texts.height).alias("repaired"))
        questions.append(replace(question, texts=texts))
        # Who sent one message sent it to one question, so that no other message has the same sender.
        messages = messages.join(rows, on="uid", how="left", maintain_order="left")
        messages = messages.with_columns(pl.coalesce("repaired", TEXT_ROW).alias(TEXT_ROW)).drop("repaired")
    return replace(processed, messages=messages, questions=tuple(questions))


def _repaired(own: CodedDataset, processed: Processed, counts: pl.DataFrame) -> pl.DataFrame:
    """The text of each row with its folded codes."""
    folded = processed.folded(own, counts)
    fields = [coding.coded_field for coding in folded_codings(own)]
    return own.texts[own.rows[TEXT_ROW]].with_columns(folded.select(fields))
