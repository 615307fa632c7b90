"""From messages to one row per participant (semantics.md 7)."""

import polars as pl

from pipeline_lib.model.code_scheme import CodeScheme, ControlCode
from pipeline_lib.model.coding_plan import Coding, CodingMode
from pipeline_lib.processing.texts import CodedDataset


def fold(coded: CodedDataset, messages_per_participant: pl.DataFrame) -> pl.DataFrame:
    """What each participant said in one dataset: texts joined by `;`, codes united in the order of the messages.

    NA goes where there is another code, then NC likewise, except for people who sent one message in all: theirs stays
    as it is. Empty texts stay, so that `;` may stand at either end.

    Args:
        coded: A research question; its rows in the order in which they fold.
        messages_per_participant: `uid` and `message_count`, over all datasets.

    Returns:
        One row per participant who sent messages to the dataset, in order of the first: `uid`, `text`, and a list of
        CodeIDs in the coded field of every coding that goes into the individuals file.
    """
    folded = united(coded).join(messages_per_participant, on="uid", how="left", maintain_order="left")
    codings = folded_codings(coded)
    return folded.with_columns(_folded(c.coded_field, c.code_scheme) for c in codings).drop("message_count")


def fold_answer(coding: Coding) -> pl.Expr:
    """A survey's codes in the row of each participant: several codes fold as those of research questions do.

    It reads `message_count`, how many messages each of them sent, and the lists of CodeIDs.
    """
    field = coding.coded_field
    return _folded(field, coding.code_scheme) if coding.mode is CodingMode.MULTIPLE else pl.col(field)


def _folded(field: str, scheme: CodeScheme) -> pl.Expr:
    is_folded = pl.col("message_count") > 1
    return pl.when(is_folded).then(_without_idle_codes(field, scheme)).otherwise(field).alias(field)


def folded_codings(coded: CodedDataset) -> list[Coding]:
    """The codings that go into the individuals file."""
    return [coding for coding in coded.dataset.codings if coding.include_in_individuals_file]


def united(coded: CodedDataset) -> pl.DataFrame:
    """What `fold` gives, with every code of every message."""
    codings = folded_codings(coded)
    codes = [coded.codes_of_rows(coding).alias(coding.coded_field) for coding in codings]
    return (
        coded.rows.select("uid", "text", *codes)
        .group_by("uid", maintain_order=True)
        .agg(
            pl.col("text").str.join(";"),
            *(pl.col(c.coded_field).explode().unique(maintain_order=True) for c in codings),
        )
    )


def _without_idle_codes(field: str, scheme: CodeScheme) -> pl.Expr:
    codes = pl.col(field)
    for control in (ControlCode.NOT_AVAILABLE, ControlCode.NOT_CODED):
        if scheme.has_control(control):
            others = codes.list.filter(pl.element() != scheme.control(control).code_id)
            codes = pl.when(others.list.len() > 0).then(others).otherwise(codes)
    return codes
