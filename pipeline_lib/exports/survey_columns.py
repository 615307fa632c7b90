"""What surveys show in the messages and individuals CSVs (semantics.md 7)."""

from collections.abc import Callable, Iterable

import polars as pl

from pipeline_lib.exports.columns import code_columns
from pipeline_lib.model.coding_plan import Coding
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.processing.fold import fold_answer
from pipeline_lib.processing.joined_once_per_message import joined_once_per_message
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.texts import CodedDataset
from pipeline_lib.processing.unanswered import codes_of_everybody

Codes = Callable[[CodedDataset, Coding], pl.Series]
"""The codes of each participant in one coding of a survey."""


def survey_columns(processed: Processed, surveys: Iterable[CodedDataset]) -> pl.DataFrame:
    """The columns of some surveys: a row per participant, as in `processed`."""

    def codes(survey: CodedDataset, coding: Coding) -> pl.Series:
        return codes_of_everybody(survey, coding, processed.participants, as_predecessor=processed.as_predecessor)

    return _columns_of_all(surveys, processed, codes)


def folded_survey_columns(processed: Processed, message_counts: pl.DataFrame) -> pl.DataFrame:
    """The same as the individuals CSV has them, where answers fold.

    Args:
        processed: What was processed.
        message_counts: `uid` and `message_count`, over all datasets.
    """
    people = processed.participants.join(message_counts, on="uid", how="left", maintain_order="left")

    def codes(survey: CodedDataset, coding: Coding) -> pl.Series:
        found = codes_of_everybody(survey, coding, people, as_predecessor=processed.as_predecessor)
        return fold_answer(found, coding, people["message_count"]) if survey.dataset.joins_answers else found

    is_repeated = Quirk.SURVEY_TEXTS_ARE_JOINED_ONCE_PER_MESSAGE in processed.quirks
    surveys = joined_once_per_message(processed.surveys, message_counts) if is_repeated else processed.surveys
    return _columns_of_all(surveys, processed, codes)


def _columns_of_all(surveys: Iterable[CodedDataset], processed: Processed, codes: Codes) -> pl.DataFrame:
    parts = [_columns(survey, processed, codes) for survey in surveys]
    if not parts:
        return pl.DataFrame(height=processed.participants.height)
    return pl.concat(parts, how="horizontal")


def _columns(survey: CodedDataset, processed: Processed, codes: Codes) -> pl.DataFrame:
    answers = processed.participants.select("uid").join(
        survey.rows.select("uid", "text"), on="uid", how="left", maintain_order="left"
    )
    raw = answers["text"].alias(survey.dataset.raw_field)
    parts = [
        code_columns(codes(survey, coding), coding)
        for coding in survey.dataset.codings
        if coding.analysis_file_key is not None
    ]
    texts = [raw.to_frame()] if survey.dataset.has_text_column else []
    return pl.concat([*parts, *texts], how="horizontal")
