"""How to show every number of people in the distributions of a project, all of them looked at together."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline_lib.analysis.cells import Modes
from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.privacy.answers import kinds_of
from pipeline_lib.analysis.privacy.joints import Side, protected_joint
from pipeline_lib.analysis.privacy.margins import protected_margins
from pipeline_lib.analysis.privacy.suppression import Flags, Suppression
from pipeline_lib.analysis.profiles import Profiles


class Counted(NamedTuple):
    """A coding, and others that its numbers are broken down by."""

    coding: Analysed
    by: Sequence[Analysed]


class Protection:
    """The modes of all distributions among some people."""

    def __init__(
        self, profiles: Mapping[str, Profiles], margins: Mapping[str, Suppression], counted: Sequence[Counted]
    ) -> None:
        """Looks at every pair of datasets that is counted together.

        Args:
            profiles: What the people said, by dataset, in the order of the plans.
            margins: How the numbers of people per column of the profiles are shown.
            counted: Every distribution.
        """
        self._profiles, self._margins = profiles, margins
        self._order = list(profiles)
        self._joints = {}
        for pair, columns in self._columns_of_pairs(counted).items():
            first, second = (Side(profiles[name], columns[name], margins[name]) for name in pair)
            self._joints[pair] = protected_joint(first, second, margins[pair[0]].threshold)

    def modes(self, coding: Analysed, by: Sequence[Analysed]) -> Modes:
        """How a distribution's numbers are shown."""
        own = self._profiles[coding.dataset.name].columns(coding)
        overall = self._margins[coding.dataset.name].modes[own]
        return np.concatenate([overall[:, None], *(self._joint(coding, other) for other in by)], axis=1)

    def _joint(self, coding: Analysed, other: Analysed) -> Modes:
        rows = self._profiles[coding.dataset.name].columns(coding)
        columns = self._profiles[other.dataset.name].columns(other)
        pair = self._pair(coding, other)
        modes = self._joints[pair].modes
        if pair[0] != coding.dataset.name:
            modes = modes.T
        return modes[rows, columns][:, 1:]

    def _pair(self, coding: Analysed, other: Analysed) -> tuple[str, str]:
        first, second = sorted((coding.dataset.name, other.dataset.name), key=self._order.index)
        return first, second

    def _columns_of_pairs(self, counted: Sequence[Counted]) -> dict[tuple[str, str], dict[str, Flags]]:
        """Which columns of both datasets are counted together."""
        pairs: dict[tuple[str, str], dict[str, Flags]] = {}
        for coding, by in counted:
            for other in by:
                pair = self._pair(coding, other)
                nothing = {name: np.zeros(self._profiles[name].has.shape[1], np.bool_) for name in pair}
                columns = pairs.setdefault(pair, nothing)
                for each in (coding, other):
                    profiles, is_row = self._profiles[each.dataset.name], each is coding
                    own = columns[each.dataset.name][profiles.columns(each)]
                    own |= is_row | ~kinds_of(profiles).relevant[profiles.columns(each)]
        return pairs


class Margins(NamedTuple):
    """How numbers of people per column of profiles are shown, by dataset."""

    people: dict[str, Suppression]
    """Of the people who opted in to any episode."""
    described: dict[str, Suppression]
    """Of those who opted in to any demographic: mostly the same ones, so that both hide the same codes."""


def margins_of(
    people: Mapping[str, Profiles], described: Mapping[str, Profiles], hidden: Mapping[str, Flags], threshold: int
) -> Margins:
    """How to show the number of people per column of the profiles.

    Args:
        people: What those said who opted in to any episode, by dataset.
        described: What those said who opted in to any demographic; no more columns than `people` has.
        hidden: Columns of episodes among `people` that are hidden for another reason, which keeps them safe.
        threshold: The fewest people that a number may tell of.
    """
    shown, of_described = {}, {name: protected_margins(each, threshold) for name, each in described.items()}
    for name, profiles in people.items():
        also_hidden = hidden.get(name, np.zeros(profiles.has.shape[1], np.bool_)).copy()
        if name in described:
            same = _columns_of(described[name], profiles)
            also_hidden[same] |= of_described[name].is_hidden
        shown[name] = protected_margins(profiles, threshold, also_hidden)
        if name in described:
            of_described[name].hide(shown[name].is_hidden[same])
            of_described[name].blank(shown[name].is_blank[same])
    return Margins(shown, of_described)


def _columns_of(some: Profiles, profiles: Profiles) -> NDArray[np.intp]:
    """Where the columns of profiles with fewer codings are in those with more."""
    every_column = np.arange(profiles.has.shape[1])
    return np.concatenate([every_column[profiles.columns(coding)] for coding in some.codings])
