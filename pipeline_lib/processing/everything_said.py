"""All that a project has of what people wrote: also what no step sees, since it came too late or was answered again."""

from collections.abc import Sequence
from functools import partial

import polars as pl

from pipeline_lib.model.coding_plan import CodingPlans, Dataset
from pipeline_lib.processing.message_ids import message_ids
from pipeline_lib.processing.raw_data import IDENTITY, LATE, RawFrames
from pipeline_lib.processing.translation import Translation

SAID = {
    "uid": pl.String(),
    "dataset": pl.String(),
    "text": pl.String(),
    "key": pl.String(),
    "sent_on": pl.String(),
    "is_late": pl.Boolean(),
}
"""Who wrote what to which dataset (raw field), what identifies the message there, when, and whether it was received too
late for the run's as-of time."""


def everything_said(raws: Sequence[RawFrames], translation: Translation) -> pl.DataFrame:
    """Every text of every raw data file that any dataset may hold, with the columns of `SAID`.

    Of a message to a show there is a row for the dataset that its field says, and for each that it may have been put
    into by its time: it may have been labelled before somebody wrote that rule, or after.
    """
    frames = [frame for raw in raws for frame in raw]
    columns = partial(_texts_to, translation=translation)
    rows = [part for dataset in translation.plans.datasets for frame in frames for part in columns(dataset, frame)]
    return pl.concat([pl.DataFrame(schema=SAID), *rows])


def standing_texts(messages: pl.DataFrame, answers: pl.DataFrame, plans: CodingPlans) -> pl.DataFrame:
    """The texts of messages and answers where they stand, with the columns of `SAID`.

    Args:
        messages: `uid`, `dataset`, `text`, `message_key`, `sent_on`.
        answers: A row per participant, `uid` and the raw and the time field of each survey.
        plans: The coding plans.
    """
    with_own_ids = [question.raw_field for question in plans.research_questions if question.message_id_field]
    key = pl.when(pl.col("dataset").is_in(with_own_ids)).then("message_key").otherwise("text")
    is_late = pl.lit(value=False).alias("is_late")
    parts = [messages.select("uid", "dataset", "text", key.alias("key"), "sent_on", is_late)]
    for survey in plans.surveys:
        text = pl.col(survey.raw_field)
        named = (pl.lit(survey.raw_field).alias("dataset"), text.alias("text"), text.alias("key"))
        given = answers.filter(text.is_not_null())
        parts.append(given.select("uid", *named, pl.col(survey.time_field).alias("sent_on"), is_late))
    return pl.concat(parts)


def with_message_ids(said: pl.DataFrame) -> pl.DataFrame:
    """The rows with `message_id`, by which Coda knows each message."""
    keys = said.select("key").unique()
    ids = keys.with_columns(message_ids(keys["key"].fill_null("")))
    return said.join(ids, on="key", how="left", nulls_equal=True, maintain_order="left")


def _texts_to(dataset: Dataset, frame: pl.DataFrame, translation: Translation) -> list[pl.DataFrame]:
    is_late = pl.col(LATE).is_not_null() if LATE in frame.columns else pl.lit(value=False)
    field = partial(translation.field, available=frame.columns)
    return [
        frame.select(
            pl.col(IDENTITY).alias("uid"),
            pl.lit(dataset.raw_field).alias("dataset"),
            pl.col(key).alias("text"),
            (field(dataset.message_id_field) if dataset.message_id_field else pl.col(key)).alias("key"),
            field(dataset.time_field).alias("sent_on"),
            is_late.alias("is_late"),
        ).filter(pl.col("text").is_not_null())
        for key in _keys_of(dataset, translation)
        if key in frame.columns
    ]


def _keys_of(dataset: Dataset, translation: Translation) -> list[str]:
    """The fields of raw data that may hold a text to the dataset."""
    is_remapped_to = dataset.raw_field in {remapping.raw_field for remapping in translation.times}
    keys = (
        remapping.source_key
        for remapping in translation.keys
        if remapping.pipeline_key == dataset.raw_field or (is_remapped_to and remapping.is_activation_message)
    )
    return list(dict.fromkeys([dataset.raw_field, *keys]))
