"""From the fields of surveys to what each participant answered (semantics.md 2)."""

from collections.abc import Sequence

import polars as pl

from pipeline_lib.processing.raw_data import IDENTITY
from pipeline_lib.processing.translation import TEST_RUN, UID, Translation, is_test_run, raw_column, survey_fields


def fetched_answers(participants: pl.Series, raws: Sequence[pl.DataFrame], translation: Translation) -> pl.DataFrame:
    """What each participant answered in surveys, by the sources' fields.

    Args:
        participants: Everybody who sent a message, each once.
        raws: Frames that may hold answers: activations, with several rows per participant, where a later value wins;
            then surveys in the order of the sources, where a later survey wins.
        translation: The project's.

    Returns:
        One row per participant, in the order given: `participant`, and those fields that answers are taken from.
    """
    fields = survey_fields(translation.plans)
    sources = {r.source_key for r in translation.keys if r.pipeline_key in fields} | fields | {TEST_RUN}
    joined = participants.alias(IDENTITY).to_frame()
    for raw in raws:
        columns = [column for column in raw.columns if column in sources]
        if columns:
            joined = _join_latest(joined, raw.select(IDENTITY, *map(raw_column, columns)))
    return joined


def translate_answers(fetched: pl.DataFrame, translation: Translation) -> pl.DataFrame:
    """What each participant answered in surveys, by the pipeline's fields.

    Args:
        fetched: As `fetched_answers` gives it.
        translation: The project's.

    Returns:
        One row per participant, in the same order: `uid`, `is_test`, and as text the raw and the time field of each
        survey. Where the raw field is null the question was not answered, and the time is null too.
    """
    answers = fetched.select(
        pl.col(IDENTITY).alias(UID),
        is_test_run(fetched.columns).alias("is_test"),
        *(translation.field(field, fetched.columns) for field in sorted(survey_fields(translation.plans))),
    )
    return answers.with_columns(
        pl.when(pl.col(survey.raw_field).is_not_null()).then(survey.time_field).alias(survey.time_field)
        for survey in translation.plans.surveys
    )


def _join_latest(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Each participant's values of `right`, which win over equally named ones of `left`."""
    if right[IDENTITY].is_duplicated().any():
        right = right.group_by(IDENTITY).agg(pl.all().drop_nulls().last())
    both = [column for column in right.columns if column in left.columns and column != IDENTITY]
    joined = left.join(right, on=IDENTITY, how="left", maintain_order="left", suffix=" (right)")
    return joined.with_columns(
        pl.coalesce(f"{column} (right)", raw_column(column)).alias(column) for column in both
    ).drop(f"{column} (right)" for column in both)
