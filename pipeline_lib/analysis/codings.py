"""The codings that the analysis shows, and what they say of a message or a participant (semantics.md 8)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import polars as pl

from pipeline_lib.analysis.group_and_channel_datasets import CAME_BY, MEMBERSHIP, dataset_of
from pipeline_lib.model.code_scheme import Code, ControlCode
from pipeline_lib.model.coding_plan import Coding, CodingPlans, Dataset

_IDLE = (ControlCode.NOT_AVAILABLE, ControlCode.SKIPPED)


class Analysed(NamedTuple):
    """A coding with its dataset; its expressions work on both frames, whose columns are null for the withdrawn."""

    dataset: Dataset
    coding: Coding

    @property
    def key(self) -> str:
        """Its AnalysisFileKey: its name in tables, and its column in the frames."""
        return self.coding.analysis_file_key or ""

    @property
    def codes(self) -> tuple[Code, ...]:
        """The codes that tables show, in the scheme's order: all but STOP, since tables leave out the withdrawn."""
        return tuple(code for code in self.coding.code_scheme.codes if code.control_code != ControlCode.STOP)

    @property
    def themes(self) -> tuple[Code, ...]:
        """Its normal codes, in the scheme's order."""
        return tuple(code for code in self.codes if code.is_normal)

    @property
    def opted_in(self) -> pl.Expr:
        """Whether somebody said something, and has not withdrawn: the code is not NA or NS alone."""
        codes = pl.col(self.key)
        is_idle = (codes.list.len() == 1) & codes.list.first().is_in(self._values(*_IDLE))
        return (codes.is_not_null() & ~is_idle).fill_null(value=False)

    @property
    def labelled(self) -> pl.Expr:
        """Whether somebody opted in, and all that they said has been reviewed: there is no NR."""
        return self.opted_in & ~self._has(self._values(ControlCode.NOT_REVIEWED))

    @property
    def relevant(self) -> pl.Expr:
        """Whether all that somebody said has been reviewed, and some of it has a theme."""
        return self.labelled & self.gave_theme

    @property
    def partly_reviewed(self) -> pl.Expr:
        """Whether somebody gave a theme but is not relevant, since something else that they said waits for a coder."""
        return self.opted_in & ~self.labelled & self.gave_theme

    def has(self, code: Code) -> pl.Expr:
        """Whether one of the codes is the given one."""
        return self.has_any([code])

    def has_any(self, codes: Iterable[Code]) -> pl.Expr:
        """Whether one of the codes is among the given ones."""
        return self._has([code.string_value for code in codes])

    @property
    def gave_theme(self) -> pl.Expr:
        """Whether one of the codes is a theme, even if something waits for a coder."""
        return self.has_any(self.themes)

    def _has(self, values: list[str]) -> pl.Expr:
        found = pl.col(self.key).list.eval(pl.element().is_in(values)).list.any()
        return found.fill_null(value=False)

    def _values(self, *controls: ControlCode) -> list[str]:
        scheme = self.coding.code_scheme
        return [scheme.control(control).string_value for control in controls if scheme.has_control(control)]


def all_codings(plans: CodingPlans) -> tuple[Analysed, ...]:
    """Every coding that the frame of individuals has, in the order of its columns; groups and channels are the last."""
    return (*_of_datasets(plans), *groups(plans), *channels(plans))


def _of_datasets(plans: CodingPlans) -> Iterator[Analysed]:
    return (
        Analysed(dataset, coding)
        for dataset, coding in plans.codings()
        if coding.analysis_file_key is not None and coding.include_in_individuals_file
    )


def groups(plans: CodingPlans) -> tuple[Analysed, ...]:
    """The groups that the analysis shows."""
    return tuple(_fact(group.column, MEMBERSHIP) for group in plans.groups if group.is_breakdown)


def channels(plans: CodingPlans) -> tuple[Analysed, ...]:
    """The channels, and the weeks, that people's messages came by."""
    return tuple(_fact(key, CAME_BY) for key in plans.channels.keys)


def _fact(column: str, values: tuple[str, str]) -> Analysed:
    dataset = dataset_of(column, values)
    return Analysed(dataset, dataset.codings[0])


def episodes(plans: CodingPlans) -> tuple[Analysed, ...]:
    """The codings of research questions whose codes are themes."""
    return tuple(each for each in _of_themes(plans) if not each.dataset.is_survey)


def surveys(plans: CodingPlans) -> tuple[Analysed, ...]:
    """The codings of surveys that themes are broken down by."""
    return tuple(each for each in _of_themes(plans) if each.dataset.is_survey)


def breakdowns(plans: CodingPlans, question: Dataset | None = None) -> tuple[Analysed, ...]:
    """What the themes of a research question are broken down by, or those of any: surveys, groups, channels."""
    shown = {group.column for group in plans.groups if question is None or group.breaks_down(question.name)}
    return (*surveys(plans), *(each for each in groups(plans) if each.key in shown), *channels(plans))


def demographics(plans: CodingPlans) -> tuple[Analysed, ...]:
    """Those codings of surveys that are demographics, rather than follow-ups or engagement."""
    return tuple(each for each in surveys(plans) if each.dataset in plans.demographics)


def _of_themes(plans: CodingPlans) -> tuple[Analysed, ...]:
    return tuple(each for each in _of_datasets(plans) if each.coding.include_in_theme_distribution)


def any_opted_in(codings: Sequence[Analysed]) -> pl.Expr:
    """Whether somebody opted in to any of the codings."""
    return pl.any_horizontal(pl.lit(value=False), *(each.opted_in for each in codings))


def any_relevant(codings: Sequence[Analysed]) -> pl.Expr:
    """Whether somebody is relevant to any of the codings."""
    return pl.any_horizontal(pl.lit(value=False), *(each.relevant for each in codings))
