"""Q53: the predecessors' noise filters knew Somali answers alone, and ages that stand by themselves.

Today's cleaners hear yes and no in three languages (`ndio`, `hapana`, `la`), and an age before letters (`40yrs`).
"""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from pipeline_lib.cleaners.noise import Recognise, recogniser
from pipeline_lib.cleaners.word_list import first_value
from pipeline_lib.model.coding_plan import CleanerName
from pipeline_lib.model.noise_filter import Recogniser


def _yes_no(texts: pl.Series) -> pl.Series:
    return first_value("somali_yes_no", texts).is_not_null()


def _age(texts: pl.Series) -> pl.Series:
    return recogniser(Recogniser.AGE)(texts) & ~texts.str.contains(r"[0-9]\p{L}")


RECOGNISERS: Mapping[str, Recognise] = MappingProxyType(
    {
        CleanerName.SOMALI_YES_NO: _yes_no,
        Recogniser.ONLY_YES_NO: _yes_no,
        Recogniser.AGE: _age,
        Recogniser.AGE_11_TO_89: _age,
    }
)
"""In place of those that hear more."""
