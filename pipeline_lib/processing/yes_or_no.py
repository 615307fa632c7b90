"""What a participant's several messages say to a question of yes or no (semantics.md 13).

Whoever says yes and no is ambivalent, and so is who says either and something that belongs elsewhere (WS; Q36). Control
codes other than WS say nothing beside an answer; alone, the one that comes first in `_MISSING` stands.
"""

import polars as pl

from pipeline_lib.model.code_scheme import CodeScheme, ControlCode
from pipeline_lib.processing.fold import folded_codings, united
from pipeline_lib.processing.texts import CodedDataset

_MISSING = ("STOP", "NR", "CE", "NIC", "NC", "NA", "NS")


def fold_yes_or_no(coded: CodedDataset, messages_per_participant: pl.DataFrame) -> pl.DataFrame:
    """`uid` and one code, in a list, in the coded field of every coding that is a question of yes or no.

    Args:
        coded: A research question; its rows in the order in which they fold.
        messages_per_participant: `uid` and `message_count`, over all datasets.
    """
    own = coded.rows.group_by("uid").agg(pl.len().alias("own_count"))
    said = (
        united(coded)
        .join(messages_per_participant, on="uid", how="left", maintain_order="left")
        .join(own, on="uid", how="left", maintain_order="left")
    )
    wrote_elsewhere = pl.col("message_count") > pl.col("own_count")
    columns = [
        _folded(pl.col(coding.coded_field), coding.code_scheme, coding.ambivalent_code.code_id, wrote_elsewhere).alias(
            coding.coded_field
        )
        for coding in folded_codings(coded)
        if coding.ambivalent_code is not None
    ]
    return said.select("uid", *columns)


def _folded(codes: pl.Expr, scheme: CodeScheme, ambivalent: str, wrote_elsewhere: pl.Expr) -> pl.Expr:
    missing = _missing(scheme)
    not_available = scheme.control(ControlCode.NOT_AVAILABLE).code_id
    answers = codes.list.filter(~pl.element().is_in(missing))
    # A message to another question says NA to this one.
    nothing = pl.coalesce(
        pl.when(codes.list.contains(code) | (wrote_elsewhere & (code == not_available))).then(pl.lit(code))
        for code in missing
    )
    count = answers.list.len()
    one = pl.when(count == 0).then(nothing).when(count == 1).then(answers.list.first()).otherwise(pl.lit(ambivalent))
    return pl.concat_list(one)


def _missing(scheme: CodeScheme) -> list[str]:
    """The codes that say nothing, the strongest first."""
    controls = [code for code in scheme.codes if code.control_code not in {None, ControlCode.WRONG_SCHEME}]
    ranks = {control: rank for rank, control in enumerate(_MISSING)}
    # One that no list names, such as noise of another channel, is as weak as can be.
    controls.sort(key=lambda code: ranks.get(code.control_code or "", len(ranks)))
    return [code.code_id for code in controls]
