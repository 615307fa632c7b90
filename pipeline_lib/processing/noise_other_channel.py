"""Who is left out because a text of theirs is coded as noise of another channel (NOC; semantics.md 15)."""

from collections.abc import Iterable, Sequence

import polars as pl

from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import CodingPlans
from pipeline_lib.model.step_counts import StepCount
from pipeline_lib.processing.row_counts import dropped_rows
from pipeline_lib.processing.texts import CodedDataset, participants_with

REASON = "noise_other_channel"


def participants_of_other_channels(
    coded: Iterable[CodedDataset], plans: CodingPlans, withdrawn: pl.Series, *, keeps_no_stop: bool
) -> pl.Series:
    """The `uid` of everybody to leave out: all that they sent goes, not only the noise.

    Args:
        coded: The datasets, after all steps of coding.
        plans: The coding plans.
        withdrawn: Who withdrew: they stay, so that they are known to have withdrawn.
        keeps_no_stop: Whether they go too (Q61).
    """
    if not plans.noise_other_channel_filter:
        return withdrawn.clear()
    noise = participants_with(ControlCode.NOISE_OTHER_CHANNEL, coded)
    return noise if keeps_no_stop else noise.filter(~noise.is_in(withdrawn.implode()))


def other_channel_counts(
    before: Sequence[CodedDataset], after: Sequence[CodedDataset], people_count: int, plans: CodingPlans
) -> list[StepCount]:
    """How many people were left out, and how many messages and answers of theirs."""
    if not people_count:
        return []
    rows, rest = ({each.dataset.raw_field: each.rows.height for each in coded} for coded in (before, after))
    step = "filter_noise_other_channel"
    return [
        StepCount(step=step, measure="participants_with_noise", count=people_count),
        *dropped_rows(step, rows, rest, plans, REASON),
    ]
