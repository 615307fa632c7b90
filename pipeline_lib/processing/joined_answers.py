"""All answers of a person to one survey, joined to one text, where the plans ask for it (semantics.md 15)."""

from collections.abc import Sequence

import polars as pl

from pipeline_lib.model.coding_plan import Dataset
from pipeline_lib.processing.raw_data import IDENTITY
from pipeline_lib.processing.translation import UID, Translation, raw_column

SEPARATOR = "; "
"""As between the parts of an answer that texts moved to."""


def join_answers(answers: pl.DataFrame, raws: Sequence[pl.DataFrame], translation: Translation) -> pl.DataFrame:
    """The answers, where each survey that joins them has all that somebody answered, each text once.

    They are in the order of the files, the latest last; an empty answer counts only where there is no other. The time
    stays that of the latest.

    Args:
        answers: As `translate_answers` gives them, with the latest answers alone.
        raws: All frames that may hold answers, in the order in which a later answer wins.
        translation: The project's.
    """
    for survey in translation.plans.surveys:
        if survey.joins_answers:
            joined = _joined(survey, raws, translation).rename({"text": "joined"})
            answers = (
                answers.join(joined, on=UID, how="left", maintain_order="left")
                .with_columns(pl.coalesce("joined", survey.raw_field).alias(survey.raw_field))
                .drop("joined")
            )
    return answers


def _joined(survey: Dataset, raws: Sequence[pl.DataFrame], translation: Translation) -> pl.DataFrame:
    """`uid` and `text` of everybody who answered anything."""
    said = [
        raw.select(pl.col(IDENTITY).alias(UID), raw_column(key).alias("text")).filter(pl.col("text") != "")
        for raw in raws
        for key in reversed(translation.sources_of(survey.raw_field, raw.columns))
    ]
    together = pl.concat([pl.DataFrame(schema={UID: pl.String, "text": pl.String}), *said])
    # The latest stands last, though it may have been given before.
    distinct = together.unique([UID, "text"], keep="last", maintain_order=True)
    return distinct.group_by(UID, maintain_order=True).agg(pl.col("text").str.join(SEPARATOR))
