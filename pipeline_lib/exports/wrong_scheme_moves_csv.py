"""wrong_scheme_moves.csv: which texts moved from where to where, and which of them belong elsewhere again."""

from pathlib import Path

import polars as pl

from pipeline_lib.model.coding_plan import CodingPlans
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.wrong_scheme import UNKNOWN


def write_wrong_scheme_moves_csv(path: Path, processed: Processed) -> int:
    """Writes wrong_scheme_moves.csv and returns its number of rows."""
    table = wrong_scheme_moves(processed)
    table.write_csv(path)
    return table.height


def wrong_scheme_moves(processed: Processed) -> pl.DataFrame:
    """How many texts moved from one dataset to another, in the order of the plans.

    Returns:
        `from` and `to`, datasets' names. A dataset that no plan has goes by its name in the wrong-scheme scheme,
        `in_plans` is false, and its texts are dropped. `messages`: how many messages and answers moved;
        `would_move_on`: how many of those belong elsewhere again by the labels of the dataset that they moved to (they
        stay there all the same); and `in_cycle`: how many of those would come back, since labels contradict each other.
    """
    names, places = _targets(processed.plans)
    moves = processed.moves.group_by("dataset", "target", "code_id").agg(
        pl.len().alias("messages"),
        pl.col("moves_on").sum().alias("would_move_on"),
        pl.col("returns").sum().alias("in_cycle"),
    )
    order = [pl.col("dataset").replace_strict(places), pl.col("target").replace_strict(places), "code_id"]
    return moves.sort(order).select(
        pl.col("dataset").replace_strict(names, return_dtype=pl.String).alias("from"),
        pl.col("target").replace_strict(names, default=_codes(processed.plans), return_dtype=pl.String).alias("to"),
        (pl.col("target") != UNKNOWN).alias("in_plans"),
        "messages",
        "would_move_on",
        "in_cycle",
    )


def _targets(plans: CodingPlans) -> tuple[dict[str, str], dict[str, int]]:
    """Names of the datasets by their raw fields, and their places in the plans, the last for unknown datasets."""
    names = {dataset.raw_field: dataset.name for dataset in plans.datasets}
    return names, {field: place for place, field in enumerate([*names, UNKNOWN])}


def _codes(plans: CodingPlans) -> pl.Expr:
    """What the wrong-scheme scheme calls a dataset."""
    scheme = plans.ws_correct_dataset_scheme
    called = {code.code_id: code.string_value for code in scheme.codes} if scheme else {}
    return pl.col("code_id").replace_strict(called, return_dtype=pl.String)
