"""All texts that a project holds, even those that no step sees: they came too late, or were answered again."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

import polars as pl

from pipeline_lib.model.coding_plan import CodingPlans, Dataset
from pipeline_lib.processing.message_ids import message_ids
from pipeline_lib.processing.raw_data import IDENTITY, RawFrames
from pipeline_lib.processing.time_of_receipt import LATE
from pipeline_lib.processing.translation import Translation, raw_column

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


class Wanted(NamedTuple):
    """Which texts to look for."""

    message_ids: pl.Series
    """Messages that Coda knows by these ids."""
    texts: Callable[[pl.Series], pl.Series]
    """Whether each text is wanted."""


class Said(NamedTuple):
    """The texts that were found, with the columns of `SAID` and `message_id`."""

    anywhere: pl.DataFrame
    """In raw data. A message to a show has a row for the dataset of its field, and one for each dataset that a
    remapping may have put it into: it may have been labelled before or after somebody wrote that rule."""
    standing: pl.DataFrame
    """As the run has them, after moves."""


def find_said(raws: Sequence[RawFrames], standing: pl.DataFrame, translation: Translation, wanted: Wanted) -> Said:
    """Finds the wanted texts among all texts of every raw data file that any dataset may hold.

    Each distinct text is looked at once: a season has hundreds of thousands, and few of them are wanted.

    Args:
        raws: The raw data files.
        standing: As `standing_texts` gives them.
        translation: The project's.
        wanted: What is looked for.
    """
    frames = [frame for raw in raws for frame in (raw.frame, raw.unseen)]
    fields = translation.text_keys
    texts = _distinct([standing["text"], *(frame[key] for frame in frames for key in fields & set(frame.columns))])
    own_ids = {d.message_id_field for d in translation.plans.datasets} - {None}
    id_keys = {key for field in own_ids for key in (field, *_renamed_to(field, translation)) if key is not None}
    keys = _distinct(
        [texts, standing["key"], *(frame[key] for frame in frames for key in id_keys & set(frame.columns))]
    )
    wanted_texts = texts.filter(wanted.texts(texts).fill_null(value=False))
    wanted_keys = keys.filter(message_ids(keys).is_in(wanted.message_ids.implode()))
    are_wanted = pl.col("text").is_in(wanted_texts.implode()) | pl.col("key").is_in(wanted_keys.implode())
    candidates = pl.concat([wanted_texts, wanted_keys]).implode()
    found = [part for frame in frames for part in _texts(_rows_with(candidates, frame, fields | id_keys), translation)]
    return Said(
        _with_message_ids(pl.concat([pl.DataFrame(schema=SAID), *found]).filter(are_wanted)),
        _with_message_ids(standing.filter(are_wanted)),
    )


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


def whole_texts(cuts: pl.DataFrame, translation: Translation) -> pl.DataFrame:
    """Texts that were cut off, as they were when whole: `uid`, `dataset` (each that may hold it) and `message_id`."""
    return pl.concat(
        cuts.filter(pl.col("key").is_in(_keys_of(dataset, translation))).select(
            "uid", pl.lit(dataset.raw_field).alias("dataset"), "message_id"
        )
        for dataset in translation.plans.datasets
    )


def _distinct(texts: Iterable[pl.Series]) -> pl.Series:
    return pl.concat([each.alias("text").unique() for each in texts]).drop_nulls().unique()


def _rows_with(candidates: pl.Series, frame: pl.DataFrame, fields: set[str]) -> pl.DataFrame:
    """The rows that have a candidate in any of these fields."""
    own = [raw_column(field).is_in(candidates) for field in sorted(fields & set(frame.columns))]
    return frame.filter(pl.any_horizontal(pl.lit(value=False), *own))


def _texts(frame: pl.DataFrame, translation: Translation) -> Iterable[pl.DataFrame]:
    is_late = pl.col(LATE).is_not_null() if LATE in frame.columns else pl.lit(value=False)
    field = partial(translation.field, available=frame.columns)
    for dataset in translation.plans.datasets:
        for key in _keys_of(dataset, translation):
            if key in frame.columns:
                yield frame.select(
                    pl.col(IDENTITY).alias("uid"),
                    pl.lit(dataset.raw_field).alias("dataset"),
                    raw_column(key).alias("text"),
                    (field(dataset.message_id_field) if dataset.message_id_field else raw_column(key)).alias("key"),
                    field(dataset.time_field).alias("sent_on"),
                    is_late.alias("is_late"),
                ).filter(pl.col("text").is_not_null())


def _keys_of(dataset: Dataset, translation: Translation) -> list[str]:
    """The fields of raw data that may hold a text to the dataset."""
    is_remapped_to = dataset.raw_field in translation.remapped_shows
    of_others = [r.source_key for r in translation.keys if r.is_activation_message] if is_remapped_to else []
    return list(dict.fromkeys([dataset.raw_field, *_renamed_to(dataset.raw_field, translation), *of_others]))


def _renamed_to(field: str | None, translation: Translation) -> list[str]:
    return [remapping.source_key for remapping in translation.keys if remapping.pipeline_key == field]


def _with_message_ids(said: pl.DataFrame) -> pl.DataFrame:
    """The rows with `message_id`, by which Coda knows each message."""
    return said.with_columns(message_ids(said["key"].fill_null("")))
