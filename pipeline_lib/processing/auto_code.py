"""Codes that cleaners find, per distinct text (semantics.md 5)."""

import polars as pl

from pipeline_lib.cleaners import clean
from pipeline_lib.errors import ConfigError, Problem, listed
from pipeline_lib.model.coding_plan import Coding
from pipeline_lib.processing.texts import CodedDataset, automatic_codes


def auto_code(coded: CodedDataset) -> CodedDataset:
    """The dataset with a column `automatic_codes(coding)` for every coding that has a cleaner.

    Raises:
        ConfigError: A cleaner gives a value that no code of the scheme has as a match value.
    """
    columns = [_automatic(coded.texts, coding) for coding in coded.dataset.codings if coding.cleaner is not None]
    return coded.after("auto_code", coded.texts.with_columns(columns))


def _automatic(texts: pl.DataFrame, coding: Coding) -> pl.Series:
    values = clean(coding.cleaner or "", texts[coding.raw_field or "text"])
    codes = {value: code.code_id for value, code in coding.code_scheme.by_match_value.items()}
    unknown = sorted(set(values.drop_nulls().unique()) - codes.keys())
    if unknown:
        place = f'code scheme "{coding.code_scheme.name}"'
        wrong = f"no code has the match values {listed(unknown)}, which the cleaner {coding.cleaner} gives"
        raise ConfigError(Problem(place, wrong, "add each to the code that it stands for"))
    return values.replace_strict(codes, default=None, return_dtype=pl.String).alias(automatic_codes(coding))
