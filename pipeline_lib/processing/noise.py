"""Messages that hold no answer, and their code (semantics.md 13 and 14)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import polars as pl

from pipeline_lib.cleaners.noise import are_noise
from pipeline_lib.cleaners.noise_by_somali_words import RECOGNISERS
from pipeline_lib.cleaners.stop_words import are_stop_words
from pipeline_lib.model.code_scheme import CodeScheme, ControlCode
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.model.step_counts import StepCount
from pipeline_lib.processing.consent import stops_labelled
from pipeline_lib.processing.manual_codes import CORRECT_DATASET
from pipeline_lib.processing.settings import Settings
from pipeline_lib.processing.texts import IS_NOISE, CodedDataset


def find_noise(coded: CodedDataset, labels: Mapping[str, pl.DataFrame], settings: Settings) -> CodedDataset:
    """The dataset with `is_noise` for each text, if it is a research question of a project that filters noise.

    A stop word is no noise, nor is what anybody has labelled STOP (Q54): coders must see it. A comment without a text,
    such as a picture, is none either.

    Args:
        coded: The dataset.
        labels: Every dataset's, by raw field.
        settings: The project's.
    """
    rules = settings.plans.noise_filter
    if rules is None or coded.dataset.is_survey:
        return coded
    hears_less = Quirk.NOISE_BY_SOMALI_WORDS_ALONE in settings.quirks
    texts = coded.texts["text"]
    is_noise = are_noise(texts.fill_null(""), rules, RECOGNISERS if hears_less else None) & texts.is_not_null()
    if Quirk.STOPS_MAY_BE_NOISE not in settings.quirks:
        field = coded.dataset.raw_field
        stopped = stops_labelled({field: labels[field]}, settings.plans)["message_id"]
        is_stop = are_stop_words(texts, settings.stop_words).fill_null(value=False)
        is_noise &= ~(is_stop | coded.texts["message_id"].is_in(stopped.implode()))
    return replace(coded, texts=coded.texts.with_columns(is_noise.alias(IS_NOISE)))


def noise_not_coded(coded: CodedDataset, ws_scheme: CodeScheme | None) -> CodedDataset:
    """The dataset with the code NC for all noise, whatever coders have said of it and of its right dataset."""
    if IS_NOISE not in coded.texts.columns:
        return coded
    columns = [
        pl.when(IS_NOISE)
        .then(pl.lit([coding.code_scheme.control(ControlCode.NOT_CODED).code_id], dtype=pl.List(pl.String)))
        .otherwise(coding.coded_field)
        .alias(coding.coded_field)
        for coding in coded.dataset.codings
        if coding.code_scheme.has_control(ControlCode.NOT_CODED)
    ]
    if ws_scheme is not None:
        not_reviewed = pl.lit(ws_scheme.control(ControlCode.NOT_REVIEWED).code_id)
        columns.append(pl.when(IS_NOISE).then(not_reviewed).otherwise(CORRECT_DATASET).alias(CORRECT_DATASET))
    return coded.after("filter_noise", coded.texts.with_columns(columns))


def noise_counts(coded: Iterable[CodedDataset]) -> Iterator[StepCount]:
    """How many messages are noise in each dataset that has any."""
    for each in coded:
        if count := each.rows.height - each.without_noise(each.rows).height:
            yield StepCount(step="filter_noise", measure="noise_messages", dataset=each.dataset.name, count=count)
