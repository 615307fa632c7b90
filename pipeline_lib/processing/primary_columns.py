"""Labels in Coda's first column of a scheme, where a project's plans count no others (semantics.md 13)."""

import polars as pl

from pipeline_lib.model.coding_plan import CodingMode, Dataset


def without_second_columns(labels: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """A dataset's labels without those in second columns of schemes of which a text may have one code."""
    of_second = pl.lit(value=False)
    for coding in dataset.codings:
        if coding.mode is CodingMode.SINGLE:
            scheme_id = coding.code_scheme.scheme_id
            of_second |= pl.col("scheme_id").str.starts_with(scheme_id) & (pl.col("scheme_id") != scheme_id)
    return labels.filter(~of_second)
