"""Texts of which coders have said different things."""

import polars as pl

from pipeline_lib.model.coding_plan import Dataset

IN_CONFLICT = "in_conflict"
"""Column that marks the texts whose two newest checked labels under one scheme differ."""


def with_conflicts(texts: pl.DataFrame, dataset: Dataset, labels: pl.DataFrame) -> pl.DataFrame:
    """Texts with a column `in_conflict`, which says what the function of that name does.

    Args:
        texts: The dataset's distinct texts: `message_id`.
        dataset: The dataset.
        labels: Its labels, as `read_labels` gives them.
    """
    return texts.with_columns(pl.col("message_id").is_in(in_conflict(dataset, labels).implode()).alias(IN_CONFLICT))


def in_conflict(dataset: Dataset, labels: pl.DataFrame) -> pl.Series:
    """The message ids of which, under some scheme, the newest checked label changed what the one before it said.

    The newest counts, so that nothing waits for an answer; but where there are many, coders read the scheme
    differently. A code that was taken away is an opinion too. Labels of two schemes that contradict each other, such as
    of a place and of a region that it is not in, are coding errors (CE) instead. What a coder says of the right dataset
    is no code and is left out, and so are codings that nobody verifies by hand.

    Args:
        dataset: The dataset.
        labels: Its labels, as `read_labels` gives them.
    """
    schemes = [coding.code_scheme for coding in dataset.codings if coding.requires_manual_verification]
    belongs = (pl.col("scheme_id").str.starts_with(scheme.scheme_id) for scheme in schemes)
    opinions = labels.filter("is_checked", pl.any_horizontal(pl.lit(value=False), *belongs))
    differing = opinions.group_by("message_id", "scheme_id").agg(pl.col("code_id").head(2).n_unique())
    return differing.filter(pl.col("code_id") > 1)["message_id"].unique()
