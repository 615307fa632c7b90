"""The codes of participants, also of those who did not answer a survey (semantics.md 6)."""

import polars as pl

from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import Coding, Dataset, Imputation
from pipeline_lib.model.somalia import ZONE
from pipeline_lib.processing.fold import fold_answer
from pipeline_lib.processing.locations import zones_of_operators
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset


def answers_of_everybody(survey: CodedDataset, participants: pl.DataFrame, *, as_predecessor: bool) -> pl.DataFrame:
    """The participants with the `text` of their answer, or null, and a list of CodeIDs in each coding's coded field.

    Args:
        survey: The survey.
        participants: A row each: `uid` and `operator`, as in `Processed.participants`.
        as_predecessor: Whether the predecessors' quirks are kept.
    """
    answers = participants.join(
        survey.rows.select("uid", "text", TEXT_ROW), on="uid", how="left", maintain_order="left"
    )
    return answers.with_columns(
        pl.coalesce(
            pl.lit(survey.texts[coding.coded_field]).gather(TEXT_ROW),
            codes_of_unanswered(survey.dataset, coding, as_predecessor=as_predecessor),
        ).alias(coding.coded_field)
        for coding in survey.dataset.codings
    )


def folded_answers_of_everybody(
    survey: CodedDataset, participants: pl.DataFrame, *, as_predecessor: bool
) -> pl.DataFrame:
    """The same in the row of each participant, with their `message_count`: where answers are joined, codes fold."""
    answers = answers_of_everybody(survey, participants, as_predecessor=as_predecessor)
    if not survey.dataset.joins_answers:
        return answers
    return answers.with_columns(fold_answer(coding) for coding in survey.dataset.codings)


def codes_of_unanswered(dataset: Dataset, coding: Coding, *, as_predecessor: bool) -> pl.Expr:
    """A list of one CodeID: NA, or for the Somali zone the one that a mobile network (`operator`) alone serves.

    Args:
        dataset: The survey.
        coding: One of its codings.
        as_predecessor: Whether that zone is always NC, the result of looking it up as a state (Q16).
    """
    scheme = coding.code_scheme
    is_zone = _is_zone(coding, dataset)
    control = ControlCode.NOT_CODED if is_zone and as_predecessor else ControlCode.NOT_AVAILABLE
    code_id = pl.lit(scheme.control(control).code_id)
    if is_zone and not as_predecessor:
        code_id = pl.coalesce(zones_of_operators(pl.col("operator"), scheme), code_id)
    return pl.concat_list(code_id)


def _is_zone(coding: Coding, dataset: Dataset) -> bool:
    """Whether a mobile network may tell the coding's answer."""
    if dataset.imputation != Imputation.SOMALIA_LOCATION or not dataset.imputes_zone_from_operator:
        return False
    return ZONE in dataset.levels and coding == dataset.codings[dataset.levels.index(ZONE)]
