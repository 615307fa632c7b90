"""Datasets that the analysis counts as one question, such as the same question of two seasons."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from pipeline_lib.analysis.frames import Frames
from pipeline_lib.model.code_scheme import CodeScheme, ControlCode
from pipeline_lib.model.coding_plan import CodingPlans, Dataset


def counted_together(frames: Frames, plans: CodingPlans) -> tuple[Frames, CodingPlans]:
    """The frames and plans as if those datasets were one, which is called as the first of them.

    A person has the codes that they were given in any of them; NA goes where there is another code, then NC likewise.

    Args:
        frames: The frames of what was processed.
        plans: The plans, whose `analysed_together` says which datasets.
    """
    if not plans.analysed_together:
        return frames, plans
    datasets = {dataset.name: dataset for dataset in plans.datasets}
    first_of = {name: names[0] for names in plans.analysed_together for name in names}
    for names in plans.analysed_together:
        frames = _united(frames, [datasets[name] for name in names])
    kept = [each.name for each in plans.research_questions if first_of.get(each.name, each.name) == each.name]
    renamed = pl.col("dataset").cast(pl.String).replace(first_of).cast(pl.Enum(kept))
    return replace(frames, messages=frames.messages.with_columns(renamed)), _plans(plans, first_of)


def _plans(plans: CodingPlans, first_of: Mapping[str, str]) -> CodingPlans:
    def left(datasets: Sequence[Dataset]) -> tuple[Dataset, ...]:
        return tuple(each for each in datasets if first_of.get(each.name, each.name) == each.name)

    groups = (
        replace(
            group,
            research_questions=tuple(dict.fromkeys(first_of.get(name, name) for name in group.research_questions)),
        )
        for group in plans.groups
    )
    return replace(
        plans,
        research_questions=left(plans.research_questions),
        demographics=left(plans.demographics),
        follow_ups=left(plans.follow_ups),
        engagement=left(plans.engagement),
        groups=tuple(groups),
        analysed_together=(),
    )


def _united(frames: Frames, datasets: Sequence[Dataset]) -> Frames:
    """The frames with one column for each coding of the first dataset, in place of those of all."""
    messages, individuals = frames.messages, frames.individuals
    for codings in zip(*(dataset.codings for dataset in datasets), strict=True):
        keys = [key for coding in codings if (key := coding.analysis_file_key) is not None]
        if not keys:
            continue
        first, *others = keys
        if first in messages.columns:
            messages = messages.with_columns(pl.coalesce(keys).alias(first)).drop(others)
        if first in individuals.columns:
            codes = _codes_of_all(keys, codings[0].code_scheme).alias(first)
            individuals = individuals.with_columns(codes).drop(others)
    return replace(frames, messages=messages, individuals=individuals)


def _codes_of_all(keys: Sequence[str], scheme: CodeScheme) -> pl.Expr:
    codes = pl.concat_list(keys).list.unique(maintain_order=True)
    for control in (ControlCode.NOT_AVAILABLE, ControlCode.NOT_CODED):
        if scheme.has_control(control):
            others = codes.list.filter(pl.element() != scheme.control(control).string_value)
            codes = pl.when(others.list.len() > 0).then(others).otherwise(codes)
    return codes
