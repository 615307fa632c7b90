"""Which answers a person could have given instead, by what the codes of one dataset mean together."""

from typing import NamedTuple

import numpy as np

from pipeline_lib.analysis.privacy.suppression import Flags
from pipeline_lib.analysis.profiles import Profiles
from pipeline_lib.model.code_scheme import ControlCode

_IDLE = (ControlCode.NOT_AVAILABLE, ControlCode.SKIPPED)


class Kinds(NamedTuple):
    """What each column of profiles is."""

    relevant: Flags
    normal: Flags
    idle: Flags
    """NA and NS."""
    unreviewed: Flags
    """NR."""


def kinds_of(profiles: Profiles) -> Kinds:
    """What each column of profiles is."""
    codes = [code for coding in profiles.codings for code in (None, *coding.codes)]
    return Kinds(
        relevant=np.array([code is None for code in codes]),
        normal=np.array([code is not None and code.is_normal for code in codes]),
        idle=np.array([code is not None and code.control_code in _IDLE for code in codes]),
        unreviewed=np.array([code is not None and code.control_code == ControlCode.NOT_REVIEWED for code in codes]),
    )


def may_differ_in_one_code(profiles: Profiles) -> Flags:
    """Whether people with each answer could have had one code more, or less, and be as relevant as they are.

    Nobody is left without a code, and only people who answered get one more. Never in codings of surveys, where each
    has just one code.
    """
    kinds = kinds_of(profiles)
    possible = np.zeros_like(profiles.has)
    for coding in profiles.codings:
        if not coding.dataset.is_survey:
            columns = profiles.columns(coding)
            possible[:, columns] = _of_coding(profiles.has[:, columns], Kinds(*(kind[columns] for kind in kinds)))
    return possible


def _of_coding(has: Flags, kinds: Kinds) -> Flags:
    codes: Flags = has & ~kinds.relevant
    themes = codes & kinds.normal
    answered = ~(codes & kinds.idle).any(axis=1, keepdims=True)
    has_others = codes.sum(axis=1, keepdims=True) > codes
    has_other_themes = themes.sum(axis=1, keepdims=True) > themes
    # A theme counts relevant people alone, so that nobody of whom something waits for a coder could have one more.
    keeps_relevance = np.where(kinds.normal, has_other_themes, True) & np.where(
        kinds.unreviewed, ~has_other_themes, True
    )
    possible: Flags = answered & has_others & keeps_relevance & ~kinds.idle & ~kinds.relevant
    return possible
