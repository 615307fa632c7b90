"""What surveys show in the messages and individuals CSVs (semantics.md 7)."""

import polars as pl

from pipeline_lib.exports.columns import code_columns
from pipeline_lib.exports.withdrawn import with_stop_row
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.texts import CodedDataset
from pipeline_lib.processing.unanswered import codes_of_everybody


def survey_columns(processed: Processed) -> pl.DataFrame:
    """The columns of all surveys: a row per participant, as in `processed`, and a last one for the withdrawn."""
    parts = [_columns(survey, processed) for survey in processed.surveys]
    if not parts:
        return pl.DataFrame(height=processed.participants.height + 1)
    return with_stop_row(pl.concat(parts, how="horizontal"))


def _columns(survey: CodedDataset, processed: Processed) -> pl.DataFrame:
    answers = processed.participants.select("uid").join(
        survey.rows.select("uid", "text"), on="uid", how="left", maintain_order="left"
    )
    raw = answers["text"].alias(survey.dataset.raw_field)
    parts = [
        code_columns(
            codes_of_everybody(survey, coding, processed.participants, as_predecessor=processed.as_predecessor), coding
        )
        for coding in survey.dataset.codings
        if coding.analysis_file_key is not None
    ]
    return pl.concat([*parts, raw.to_frame()], how="horizontal")
