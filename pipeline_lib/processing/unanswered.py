"""The codes of participants, also of those who did not answer a survey (semantics.md 6)."""

import polars as pl

from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import Coding, Dataset, Imputation
from pipeline_lib.model.somalia import ZONE
from pipeline_lib.processing.locations import zones_of_operators
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset


def codes_of_everybody(
    survey: CodedDataset, coding: Coding, participants: pl.DataFrame, *, as_predecessor: bool
) -> pl.Series:
    """A list of CodeIDs per participant.

    Args:
        survey: The survey.
        coding: One of its codings.
        participants: A row each: `uid` and `operator`, as in `Processed.participants`.
        as_predecessor: Whether the predecessors' quirks are kept.
    """
    answers = participants.select("uid", "operator").join(
        survey.rows.select("uid", TEXT_ROW), on="uid", how="left", maintain_order="left"
    )
    found = survey.texts[coding.coded_field].gather(answers[TEXT_ROW])
    unanswered = codes_of_unanswered(survey.dataset, coding, answers["operator"], as_predecessor=as_predecessor)
    return (
        pl.DataFrame({"found": found, "unanswered": unanswered}).select(pl.coalesce("found", "unanswered")).to_series()
    )


def codes_of_unanswered(dataset: Dataset, coding: Coding, operators: pl.Series, *, as_predecessor: bool) -> pl.Series:
    """A list of one CodeID per participant: NA, or for the Somali zone the one that their mobile network alone serves.

    Args:
        dataset: The survey.
        coding: One of its codings.
        operators: The first five digits of the participants' numbers, or null.
        as_predecessor: Whether that zone is always NC, the result of looking it up as a state (Q16).
    """
    scheme = coding.code_scheme
    is_zone = _is_zone(coding, dataset)
    control = ControlCode.NOT_CODED if is_zone and as_predecessor else ControlCode.NOT_AVAILABLE
    code_ids = pl.repeat(scheme.control(control).code_id, operators.len(), dtype=pl.String, eager=True)
    if is_zone and not as_predecessor:
        zones = zones_of_operators(operators, scheme)
        code_ids = pl.select(pl.coalesce(zones, code_ids)).to_series()
    return code_ids.reshape((-1, 1)).arr.to_list()


def _is_zone(coding: Coding, dataset: Dataset) -> bool:
    """Whether a mobile network may tell the coding's answer."""
    if dataset.imputation != Imputation.SOMALIA_LOCATION or not dataset.imputes_zone_from_operator:
        return False
    return ZONE in dataset.levels and coding == dataset.codings[dataset.levels.index(ZONE)]
