"""Q63, kept: in the row of a participant, an answer is joined with itself once per message, as messages fold."""

from collections.abc import Iterable, Mapping

import polars as pl

from pipeline_lib.model.coding_plan import Dataset
from pipeline_lib.processing.texts import CodedDataset


def joined_once_per_message(surveys: Iterable[CodedDataset], message_counts: pl.DataFrame) -> list[CodedDataset]:
    """The surveys, the text `a` of somebody who sent three messages being `a;a;a`.

    Args:
        surveys: The surveys.
        message_counts: `uid` and `message_count`, over all datasets.
    """
    return [_joined(survey, message_counts) if survey.dataset.joins_answers else survey for survey in surveys]


def _joined(survey: CodedDataset, message_counts: pl.DataFrame) -> CodedDataset:
    rows = survey.rows.join(message_counts, on="uid", maintain_order="left")
    texts = pl.col("text").repeat_by("message_count").list.join(";")
    return CodedDataset(survey.dataset, rows.with_columns(texts).drop("message_count"), survey.texts, survey.steps)


def repeated_answers(
    answers: Mapping[str, str | None], surveys: Iterable[Dataset], message_count: int
) -> dict[str, str]:
    """The same for one participant: the joined texts by raw field, without the surveys that they did not answer."""
    texts = {survey.raw_field: answers[survey.raw_field] for survey in surveys if survey.joins_answers}
    return {field: ";".join([text] * message_count) for field, text in texts.items() if text is not None}
