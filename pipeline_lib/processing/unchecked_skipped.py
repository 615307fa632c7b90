"""A quirk: a label NA or NS counts though nobody has checked it (Q32)."""

import polars as pl

from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import Dataset

_SKIPPED = (ControlCode.NOT_AVAILABLE, ControlCode.SKIPPED)


def with_skipped_as_checked(labels: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """A dataset's labels, of which those that give NA or NS in one of its codings count as checked."""
    schemes = [coding.code_scheme for coding in dataset.codings]
    skipped = pl.any_horizontal(
        pl.lit(value=False),
        *(
            pl.col("scheme_id").str.starts_with(scheme.scheme_id) & (pl.col("code_id") == scheme.control(each).code_id)
            for scheme in schemes
            for each in _SKIPPED
            if scheme.has_control(each)
        ),
    )
    return labels.with_columns(pl.col("is_checked") | skipped)
