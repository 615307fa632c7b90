"""The codes of participants who did not answer a survey (semantics.md section 6)."""

import polars as pl

from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import Coding, Dataset
from pipeline_lib.processing.somalia import zones_of_operators


def codes_of_unanswered(dataset: Dataset, coding: Coding, operators: pl.Series, *, as_predecessor: bool) -> pl.Series:
    """A list of one CodeID per participant: NA, but of the Somali zone the one that their mobile network serves.

    Args:
        dataset: The survey.
        coding: One of its codings.
        operators: The first five digits of the participants' numbers, or null.
        as_predecessor: Whether that zone is always NC, which is what looking it up as a state came to (Q16).
    """
    scheme = coding.code_scheme
    if dataset.imputation == "somalia_location" and coding == dataset.codings[-1]:
        if not as_predecessor:
            return zones_of_operators(operators, scheme).reshape((-1, 1)).arr.to_list()
        control = ControlCode.NOT_CODED
    else:
        control = ControlCode.NOT_AVAILABLE
    return pl.repeat([scheme.control(control).code_id], operators.len(), dtype=pl.List(pl.String), eager=True)
