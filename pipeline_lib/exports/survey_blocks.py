"""What surveys show in messages.csv: the participant's answers, and what is derived from the message itself."""

from collections.abc import Iterator
from itertools import groupby

import polars as pl

from pipeline_lib.exports.columns import Block, code_columns
from pipeline_lib.exports.stoppable import stoppable_blocks
from pipeline_lib.exports.survey_columns import survey_columns
from pipeline_lib.processing.derived_codes import codes_of
from pipeline_lib.processing.own_texts import own_text, told_of_messages
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.texts import CodedDataset


def survey_blocks(messages: pl.DataFrame, processed: Processed) -> Iterator[Block]:
    """The columns of all surveys, in their order.

    Args:
        messages: The rows of messages.csv, with `participant_row` and what `with_own_texts` adds.
        processed: What was processed.
    """
    told = {dataset.raw_field for dataset in told_of_messages(processed.plans)}
    for is_told, surveys in groupby(processed.surveys, lambda survey: survey.dataset.raw_field in told):
        if is_told:
            for survey in surveys:
                yield from _of_messages(survey, messages, processed)
        else:
            columns = survey_columns(processed, tuple(surveys))
            yield from stoppable_blocks(messages, columns, pl.col("participant_row"), processed)


def _of_messages(survey: CodedDataset, messages: pl.DataFrame, processed: Processed) -> list[Block]:
    """What is derived of each message, a row per distinct text and a last one for messages without."""
    dataset = survey.dataset
    texts = [*messages[own_text(dataset)].drop_nulls().unique().sort(), None]
    coded = pl.DataFrame(
        [
            pl.Series("text", texts, pl.String),
            *(
                pl.Series(coding.coded_field, [codes_of(text, dataset, coding) for text in texts], pl.List(pl.String))
                for coding in dataset.codings
            ),
        ]
    )
    raw = [pl.col("text").alias(dataset.raw_field)] if dataset.has_text_column else []
    columns = coded.select(*(column for coding in dataset.codings for column in code_columns(coding)), *raw)
    rows = {text: row for row, text in enumerate(texts) if text is not None}
    row = pl.col(own_text(dataset)).replace_strict(rows, default=len(texts) - 1, return_dtype=pl.UInt32)
    return stoppable_blocks(messages, columns, row, processed)
