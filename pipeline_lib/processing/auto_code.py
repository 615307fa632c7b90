"""Codes that cleaners find, per distinct text (semantics.md 5)."""

import polars as pl

from pipeline_lib.cleaners import clean_all
from pipeline_lib.cleaners.match_values import codes_of_values
from pipeline_lib.model.coding_plan import Coding
from pipeline_lib.processing.texts import CodedDataset, automatic_codes


def auto_code(coded: CodedDataset) -> CodedDataset:
    """The dataset with a column `automatic_codes(coding)` for every coding that has a cleaner.

    What a cleaner finds and the scheme has no code for is left to the coders.
    """
    codings = [coding for coding in coded.dataset.codings if coding.cleaner is not None]
    values = {
        field: clean_all([coding.cleaner or "" for coding in codings if _field(coding) == field], coded.texts[field])
        for field in dict.fromkeys(map(_field, codings))
    }
    columns = [_automatic(values[_field(coding)][coding.cleaner or ""], coding) for coding in codings]
    return coded.after("auto_code", coded.texts.with_columns(columns))


def _field(coding: Coding) -> str:
    return coding.raw_field or "text"


def _automatic(values: pl.Series, coding: Coding) -> pl.Series:
    found = codes_of_values(coding.cleaner or "", coding.code_scheme)
    codes = {value: code.code_id for value, code in found.items()}
    return values.replace_strict(codes, default=None, return_dtype=pl.String).alias(automatic_codes(coding))
