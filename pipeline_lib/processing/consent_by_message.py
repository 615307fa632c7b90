"""Which messages a STOP withdraws, where consent belongs to a message and not to its sender (Q34)."""

from collections.abc import Iterable

import polars as pl

from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset, participants_with


def are_stopped(messages: pl.DataFrame, coded: Iterable[CodedDataset]) -> pl.Series:
    """Whether each message is coded STOP, or an answer of its sender to any survey is.

    Args:
        messages: `uid`, `dataset` (raw field) and `text_row`.
        coded: All datasets, after all steps of coding.
    """
    datasets = list(coded)
    senders = participants_with(ControlCode.STOP, [each for each in datasets if each.dataset.is_survey])
    is_stopped = pl.col("uid").is_in(senders.implode())
    for question in datasets:
        if not question.dataset.is_survey:
            rows = _texts_with_stop(question)
            is_stopped |= (pl.col("dataset") == question.dataset.raw_field) & pl.col(TEXT_ROW).is_in(rows.implode())
    return messages.select(is_stopped).to_series()


def _texts_with_stop(question: CodedDataset) -> pl.Series:
    stops = [
        pl.col(coding.coded_field).list.contains(coding.code_scheme.control(ControlCode.STOP).code_id)
        for coding in question.dataset.codings
        if coding.code_scheme.has_control(ControlCode.STOP)
    ]
    texts = question.texts.with_row_index(TEXT_ROW)
    return texts.filter(pl.any_horizontal(pl.lit(value=False), *stops))[TEXT_ROW]
