"""Codes that cleaners find, per distinct text (semantics.md 5)."""

import polars as pl

from pipeline_lib.cleaners import clean
from pipeline_lib.cleaners.match_values import codes_of_values
from pipeline_lib.model.coding_plan import Coding
from pipeline_lib.processing.texts import CodedDataset, automatic_codes


def auto_code(coded: CodedDataset) -> CodedDataset:
    """The dataset with a column `automatic_codes(coding)` for every coding that has a cleaner.

    What a cleaner finds and the scheme has no code for is left to the coders.
    """
    columns = [_automatic(coded.texts, coding) for coding in coded.dataset.codings if coding.cleaner is not None]
    return coded.after("auto_code", coded.texts.with_columns(columns))


def _automatic(texts: pl.DataFrame, coding: Coding) -> pl.Series:
    cleaner = coding.cleaner or ""
    values = clean(cleaner, texts[coding.raw_field or "text"])
    codes = {value: code.code_id for value, code in codes_of_values(cleaner, coding.code_scheme).items()}
    return values.replace_strict(codes, default=None, return_dtype=pl.String).alias(automatic_codes(coding))
