"""What a research question shows in the messages and individuals CSVs (semantics.md 7)."""

from collections.abc import Mapping

import polars as pl

from pipeline_lib.exports.columns import code_columns, not_available
from pipeline_lib.model.coding_plan import Dataset


def question_columns(dataset: Dataset, codes: Mapping[str, pl.Series], texts: pl.Series) -> pl.DataFrame:
    """A research question's columns, and one more row: for those who sent nothing to it.

    Args:
        dataset: The research question.
        codes: Lists of CodeIDs, by coded field; the columns of a coding that is not among them are empty.
        texts: The texts that the codes are of.
    """
    parts = []
    for coding in dataset.codings:
        if coding.analysis_file_key is None:
            continue
        if coding.coded_field in codes:
            shown = code_columns(pl.concat([codes[coding.coded_field], not_available(coding)]), coding)
        else:
            shown = code_columns(not_available(coding), coding).clear(texts.len() + 1)
        parts.append(shown)
    raw = pl.concat([texts, pl.Series([None], dtype=pl.String)]).alias(dataset.raw_field).to_frame()
    return pl.concat([*parts, raw], how="horizontal")
