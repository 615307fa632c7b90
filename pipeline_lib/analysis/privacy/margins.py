"""Numbers of people per code of one dataset: a near world is one in which a person gave another answer."""

import numpy as np
from numpy.typing import NDArray

from pipeline_lib.analysis.privacy.answers import kinds_of, may_differ_in_one_code
from pipeline_lib.analysis.privacy.suppression import IMPOSSIBLE, Flags, Suppression
from pipeline_lib.analysis.profiles import Profiles

MOST_ANSWERS = 200
"""How many answers a person's other one is looked for among: the most frequent."""


def protected_margins(profiles: Profiles, threshold: int, hidden: Flags | None = None) -> Suppression:
    """How to show the number of people per column of a dataset's profiles.

    Args:
        profiles: What people said to the dataset.
        threshold: The fewest people that a number may tell of.
        hidden: Columns that are hidden for another reason; of an episode, one that keeps them safe.
    """
    suppression = Suppression(profiles.counts(), threshold)
    hidden = np.zeros_like(suppression.is_hidden) if hidden is None else hidden
    is_few = suppression.counts < threshold
    if profiles.codings[0].dataset.is_survey:
        # Nobody takes a `*` for a small number: what is possible must be so without that.
        suppression.hide_few(hidden & (suppression.counts == 0))
        suppression.hide(hidden)
    else:
        suppression.hide_few(hidden & is_few)
        suppression.blank(hidden & ~is_few)
    for line in _lines(profiles, suppression.is_hidden):
        suppression.complete(line)
    in_one_code = may_differ_in_one_code(profiles)
    is_safe = hidden & (not profiles.codings[0].dataset.is_survey)
    for column in np.flatnonzero(suppression.is_small & ~is_safe):
        if not _may_be_another(column, suppression, profiles.has, in_one_code):
            _make_possible(column, suppression, profiles)
    return suppression


def _lines(profiles: Profiles, is_hidden: Flags) -> list[Flags]:
    """Columns whose sum is known: each person has one code of a survey, and a normal one if they are relevant."""
    kinds, lines = kinds_of(profiles), []
    for coding in profiles.codings:
        columns = profiles.columns(coding)
        if coding.dataset.is_survey:
            own = _only(columns, len(is_hidden)) & ~kinds.relevant
            lines += [own] if is_hidden[columns.start] else [own & kinds.normal, own & ~kinds.normal]
    return lines


def _may_be_another(column: np.intp, suppression: Suppression, has: Flags, in_one_code: Flags) -> bool:
    """Whether somebody could have had just this code more, or less."""
    cell = (np.array([column]),)
    for somebody, by in ((has[:, column], -1), (~has[:, column], 1)):
        if (somebody & in_one_code[:, column]).any() and suppression.prices(cell, by)[0] == 0:
            return True
    return False


def _make_possible(column: np.intp, suppression: Suppression, profiles: Profiles) -> None:
    """Hides what lets somebody have given another answer, with the code instead of without it or the reverse."""
    has = profiles.has[_candidates(column, profiles)]
    everywhere = (np.arange(has.shape[1]),)
    losses, gains = suppression.prices(everywhere, -1), suppression.prices(everywhere, 1)
    price = (has @ losses)[:, None] + (has @ gains)[None, :] - (has * (losses + gains)) @ has.T
    price[has[:, None, column] == has[None, :, column]] = IMPOSSIBLE
    before, after = np.unravel_index(np.argmin(price), price.shape)
    if price[before, after] < IMPOSSIBLE:
        suppression.hide(has[before] != has[after])
        return
    coding = next(each for each in profiles.codings if profiles.columns(each).stop > column)
    suppression.blank(_only(profiles.columns(coding), has.shape[1]))


def _candidates(column: np.intp, profiles: Profiles) -> NDArray[np.intp]:
    """Frequent answers, and all that have the code; only those that count as one, or only the others, of an episode."""
    weights = np.bincount(profiles.of_people, minlength=len(profiles.has))
    order = np.argsort(-weights, kind="stable")
    if not profiles.codings[0].dataset.is_survey:
        is_idle = kinds_of(profiles).idle
        said_nothing: Flags = np.any(profiles.has & is_idle, axis=1)
        order = order[said_nothing[order] == is_idle[column]]
    with_code, without = order[profiles.has[order, column]], order[~profiles.has[order, column]]
    return np.concatenate([with_code[:MOST_ANSWERS], without[:MOST_ANSWERS]])


def _only(columns: slice, width: int) -> Flags:
    flags = np.zeros(width, np.bool_)
    flags[columns] = True
    return flags
