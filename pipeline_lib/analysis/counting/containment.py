"""Who lives where a map has no place."""

from collections.abc import Sequence

import polars as pl

from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.containment import codes_elsewhere


def lives_elsewhere(coding: Analysed, others: Sequence[Analysed]) -> pl.Expr | None:
    """Whether somebody has said that they live in none of a coding's places; None if no other coding can say so.

    People who did not answer have not said so: their zone is guessed from their mobile network.
    """
    codes = codes_elsewhere(coding, others)
    if not codes:
        return None
    says_so = [
        other.has_any(code for code in other.themes if code.string_value in codes[other.key])
        for other in others
        if other.key in codes
    ]
    return coding.opted_in & ~coding.gave_theme & pl.any_horizontal(says_so)
