"""Q53: the predecessors' noise filters knew Somali answers alone, and ages that stand by themselves.

Today's cleaners hear yes and no in three languages and in whole sentences, an age before letters (`40yrs`), and the
district in a part of Mogadishu.
"""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from pipeline_lib.cleaners.age import age_10_to_99
from pipeline_lib.cleaners.noise import Recognise, is_of_age, recogniser
from pipeline_lib.model.coding_plan import CleanerName
from pipeline_lib.model.noise_filter import Recogniser

_YES_OR_NO = r"(?i)\b(?:ha+h*|xa+|yes|yeah|may[ao]+|ma+y|no)\b"
_AGE = r"(?i)\b(?:1[1-9ijlzt]|[ijl][1-9]|[2-8][0-9oijlzt]|[zt][0-9])\b"
"""11 to 89, one of the digits perhaps a letter that looks like it."""


def _yes_no(texts: pl.Series) -> pl.Series:
    return texts.str.contains(_YES_OR_NO)


def _age(texts: pl.Series) -> pl.Series:
    in_words = is_of_age(age_10_to_99(texts, languages=("somali",))) & ~texts.str.contains("[0-9]")
    return texts.str.contains(_AGE) | in_words


RECOGNISERS: Mapping[str, Recognise] = MappingProxyType(
    {
        CleanerName.SOMALI_DISTRICT: recogniser(CleanerName.SOMALI_DISTRICT_UNLESS_SUB_DISTRICT),
        CleanerName.SOMALI_YES_NO: _yes_no,
        Recogniser.ONLY_YES_NO: _yes_no,
        Recogniser.AGE: _age,
        Recogniser.AGE_11_TO_89: _age,
    }
)
"""In place of those that hear more."""
