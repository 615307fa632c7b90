"""From messages to one row per participant as the oldest predecessors did it, cell by cell (semantics.md 13 and 14).

Every message has a row of 0 and 1 for each research question, also for those that it does not answer: there NA is 1. A
participant's cell is 1 if any message's is, that of NC only if all messages' are. At the end NA goes where there is a
text, and NC comes where nothing else is left.
"""

import polars as pl

from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import Coding, CodingMode
from pipeline_lib.processing.fold import fold, folded_codings, united
from pipeline_lib.processing.texts import CodedDataset


def fold_matrix(
    coded: CodedDataset, messages_per_participant: pl.DataFrame, *, empty_is_not_available: bool
) -> pl.DataFrame:
    """What `fold` gives, but with NA and NC of codings of several codes by the rules of cells.

    Args:
        coded: A research question; its rows in the order in which they fold.
        messages_per_participant: `uid` and `message_count`, over all datasets.
        empty_is_not_available: Whether somebody whose only text to the question is empty, and who wrote to another one,
            has NA and not NC (Q57).
    """
    codings = [coding for coding in folded_codings(coded) if _has_cells(coding)]
    not_coded = [
        coded.codes_of_rows(c).list.contains(_code(c, ControlCode.NOT_CODED)).alias(c.coded_field) for c in codings
    ]
    always = (
        coded.rows.select("uid", *not_coded)
        .group_by("uid", maintain_order=True)
        .agg(pl.len().alias("own_count"), *(pl.col(c.coded_field).all().name.prefix("always ") for c in codings))
    )
    cells = (
        united(coded)
        .join(messages_per_participant, on="uid", how="left", maintain_order="left")
        .join(always, on="uid", how="left", maintain_order="left")
    )
    has_text = (pl.col("text") != "") | (not empty_is_not_available)
    folded = cells.select("uid", *(_folded(coding, has_text) for coding in codings))
    return fold(coded, messages_per_participant).update(folded, on="uid", maintain_order="left")


def _has_cells(coding: Coding) -> bool:
    return coding.mode is CodingMode.MULTIPLE and all(
        coding.code_scheme.has_control(control) for control in (ControlCode.NOT_AVAILABLE, ControlCode.NOT_CODED)
    )


def _folded(coding: Coding, has_text: pl.Expr) -> pl.Expr:
    codes = pl.col(coding.coded_field)
    not_available, not_coded = (
        _code(coding, control) for control in (ControlCode.NOT_AVAILABLE, ControlCode.NOT_CODED)
    )
    wrote_elsewhere = pl.col("message_count") > pl.col("own_count")
    is_not_available = (codes.list.contains(not_available) | wrote_elsewhere) & ~has_text
    others = codes.list.filter(~pl.element().is_in([not_available, not_coded]))
    is_alone = (others.list.len() == 0) & ~is_not_available
    is_not_coded = (pl.col(f"always {coding.coded_field}") & ~wrote_elsewhere) | is_alone
    return pl.concat_list(others, _if(is_not_coded, not_coded), _if(is_not_available, not_available)).alias(
        coding.coded_field
    )


def _if(condition: pl.Expr, code_id: str) -> pl.Expr:
    """The code in a list, or an empty list."""
    nothing = pl.lit([], dtype=pl.List(pl.String))
    return pl.when(condition).then(pl.lit([code_id], dtype=pl.List(pl.String))).otherwise(nothing)


def _code(coding: Coding, control: ControlCode) -> str:
    return coding.code_scheme.control(control).code_id
