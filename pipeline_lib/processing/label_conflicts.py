"""Texts that coders have labelled differently."""

import polars as pl

from pipeline_lib.model.coding_plan import Dataset

IN_CONFLICT = "in_conflict"
"""Column that marks the texts whose two newest checked labels under one scheme differ."""


def with_conflicts(texts: pl.DataFrame, dataset: Dataset, labels: pl.DataFrame) -> pl.DataFrame:
    """Texts with a column `in_conflict`: whether the function of that name names them.

    Args:
        texts: The dataset's distinct texts: `message_id`.
        dataset: The dataset.
        labels: Its labels, as `read_labels` gives them.
    """
    return texts.with_columns(pl.col("message_id").is_in(in_conflict(dataset, labels).implode()).alias(IN_CONFLICT))


def in_conflict(dataset: Dataset, labels: pl.DataFrame) -> pl.Series:
    """The ids of messages whose newest checked label under some scheme differs from the one before it.

    The newest label counts, so no text waits for a decision; but many conflicts mean that coders read the scheme
    differently. Taking a code away is an opinion too. Labels of two schemes that contradict each other, such as a place
    and a region that it is not in, are coding errors (CE) instead. A label that names the right dataset is not a code
    and is left out, and so are codings that nobody verifies by hand.

    Args:
        dataset: The dataset.
        labels: Its labels, as `read_labels` gives them.
    """
    schemes = [coding.code_scheme for coding in dataset.codings if coding.requires_manual_verification]
    belongs = (pl.col("scheme_id").str.starts_with(scheme.scheme_id) for scheme in schemes)
    opinions = labels.filter("is_checked", pl.any_horizontal(pl.lit(value=False), *belongs))
    differing = opinions.group_by("message_id", "scheme_id").agg(pl.col("code_id").head(2).n_unique())
    return differing.filter(pl.col("code_id") > 1)["message_id"].unique()
