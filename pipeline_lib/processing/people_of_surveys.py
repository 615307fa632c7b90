"""Who takes part in a project that has surveys only: whoever answered any, with a row each as of one message."""

import polars as pl

from pipeline_lib.processing.settings import Settings
from pipeline_lib.processing.times import instants


def runs_of_surveys(runs: pl.DataFrame, answers: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """What people began in surveys, without those who answered nothing, as sent at the time of an answer.

    Args:
        runs: As `translate_messages` gives them, of all files.
        answers: As `translate_answers` gives them.
        settings: The project's.

    Returns:
        The runs, with the same columns: `sent_on` is that of their participant's first answer within the project's
        dates, else of the first.
    """
    times = [
        answers.filter(pl.col(survey.raw_field).is_not_null()).select("uid", sent_on=survey.time_field)
        for survey in settings.plans.surveys
        if survey.derived_from is None
    ]
    said = pl.concat([pl.DataFrame(schema={"uid": pl.String, "sent_on": pl.String}), *times])
    said = said.with_columns(instants(said["sent_on"]).alias("sent_at"))
    is_outside = ~pl.col("sent_at").is_between(settings.start, settings.end, closed="left")
    first = said.sort(is_outside, "sent_at", nulls_last=True).unique("uid", keep="first", maintain_order=True)
    dated = runs.drop("sent_on").join(first.select("uid", "sent_on"), on="uid", maintain_order="left")
    return dated.select(runs.columns)


def one_row_each(runs: pl.DataFrame) -> pl.DataFrame:
    """One row per participant, in the order of their first run, which is of no file."""
    told = {"is_test": pl.col("is_test").any(), "operator": pl.col("operator").drop_nulls().first()}
    others = pl.exclude("uid", *told).first()
    place = (pl.lit(None, pl.UInt16).alias("file"), pl.lit(None, pl.UInt32).alias("file_row"))
    each = runs.group_by("uid", maintain_order=True).agg(others, **told)
    return each.with_columns(*place).select(runs.columns)
