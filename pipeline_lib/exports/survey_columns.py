"""What surveys show in the messages and individuals CSVs (semantics.md 7)."""

from collections.abc import Iterable

import polars as pl

from pipeline_lib.exports.columns import code_columns
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.processing.joined_once_per_message import joined_once_per_message
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.texts import CodedDataset
from pipeline_lib.processing.unanswered import answers_of_everybody, folded_answers_of_everybody


def survey_columns(processed: Processed, surveys: Iterable[CodedDataset]) -> pl.DataFrame:
    """The columns of some surveys: a row per participant, as in `processed`."""
    people, as_predecessor = processed.participants, processed.as_predecessor
    parts = [
        _columns(survey, answers_of_everybody(survey, people, as_predecessor=as_predecessor)) for survey in surveys
    ]
    return _put_together(parts, people)


def folded_survey_columns(processed: Processed, message_counts: pl.DataFrame) -> pl.DataFrame:
    """The same as the individuals CSV has them, where answers fold.

    Args:
        processed: What was processed.
        message_counts: `uid` and `message_count`, over all datasets.
    """
    people = processed.participants.join(message_counts, on="uid", how="left", maintain_order="left")
    is_repeated = Quirk.SURVEY_TEXTS_ARE_JOINED_ONCE_PER_MESSAGE in processed.quirks
    surveys = joined_once_per_message(processed.surveys, message_counts) if is_repeated else processed.surveys
    parts = [
        _columns(survey, folded_answers_of_everybody(survey, people, as_predecessor=processed.as_predecessor))
        for survey in surveys
    ]
    return _put_together(parts, people)


def _put_together(parts: list[pl.DataFrame], people: pl.DataFrame) -> pl.DataFrame:
    return pl.concat(parts, how="horizontal") if parts else pl.DataFrame(height=people.height)


def _columns(survey: CodedDataset, answers: pl.DataFrame) -> pl.DataFrame:
    dataset = survey.dataset
    texts = [pl.col("text").alias(dataset.raw_field)] if dataset.has_text_column else []
    return answers.select(*(column for coding in dataset.codings for column in code_columns(coding)), *texts)
