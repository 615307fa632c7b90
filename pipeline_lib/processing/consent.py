"""Who said STOP (semantics.md section 7)."""

from collections.abc import Iterable

import polars as pl

from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset


def withdrawn_participants(coded: Iterable[CodedDataset]) -> pl.Series:
    """The `uid` of everybody of whom any text in any dataset has a STOP code, each once."""
    uids = [rows for dataset in coded for rows in _withdrawing(dataset)]
    return pl.concat([pl.Series("uid", [], dtype=pl.String), *uids]).unique(maintain_order=True)


def _withdrawing(coded: CodedDataset) -> Iterable[pl.Series]:
    for coding in coded.dataset.codings:
        if coding.code_scheme.has_control(ControlCode.STOP):
            stop = coding.code_scheme.control(ControlCode.STOP).code_id
            says_stop = coded.texts[coding.coded_field].list.contains(stop)
            yield coded.rows.filter(says_stop.gather(coded.rows[TEXT_ROW]))["uid"]
