"""Which of a research question's messages a sample for inter-coder reliability holds."""

import random
from collections.abc import Iterator

import polars as pl

from pipeline_lib.config.exports import IcrSampling
from pipeline_lib.model.code_scheme import Code, CodeScheme, ControlCode
from pipeline_lib.model.coding_plan import Coding
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset

SEED = 0
"""The predecessors': the same messages give the same sample."""


def sample(question: CodedDataset, messages: pl.DataFrame, sampling: IcrSampling) -> pl.Series:
    """Rows of `messages` that are in the sample, in the sample's order, which does not reveal their codes.

    Args:
        question: The research question, its texts coded.
        messages: Those of its messages that may be shown: `text_row`, `text`.
        sampling: How to choose.
    """
    rows = pl.int_range(messages.height, dtype=pl.UInt32, eager=True)
    if sampling.exclude_noise:
        rows = rows.filter(~is_noise(question).gather(messages[TEXT_ROW]))
    if sampling.distinct_texts:
        rows = rows.filter(messages["text"].gather(rows).is_first_distinct())
    if sampling.stratify_by_code:
        texts = messages[TEXT_ROW].gather(rows)
        drawn = _in_turns([rows.filter(has_code.gather(texts)) for has_code in _strata(question)], sampling.sample_size)
    else:
        drawn = _at_random(rows, sampling.sample_size)
    return pl.Series(drawn, dtype=pl.UInt32)


def is_noise(question: CodedDataset) -> pl.Series:
    """Whether coders have said of each distinct text that it holds no answer to the question.

    That is: in every coding that people verify it has been reviewed (there is no NR) and has no normal code. In a
    scheme without normal codes, such as those of Facebook's comments, meta codes are the answers.
    """
    is_answer = (
        pl.col(coding.coded_field).list.set_intersection(_answers(coding.code_scheme)).list.len() > 0
        for coding in _verified(question)
    )
    return question.texts.select(~pl.any_horizontal(pl.lit(value=False), *is_answer)).to_series()


def _answers(scheme: CodeScheme) -> list[str]:
    has_normal = any(code.is_normal for code in scheme.codes)

    def is_answer(code: Code) -> bool:
        if code.control_code is not None:
            return code.control_code == ControlCode.NOT_REVIEWED
        return code.is_normal or not has_normal

    return [code.code_id for code in scheme.codes if is_answer(code)]


def _verified(question: CodedDataset) -> list[Coding]:
    return [coding for coding in question.dataset.codings if coding.requires_manual_verification]


def _strata(question: CodedDataset) -> Iterator[pl.Series]:
    """For each code in turn, whether each distinct text has it."""
    for coding in _verified(question):
        codes = question.texts[coding.coded_field]
        for code in coding.code_scheme.codes:
            yield codes.list.contains(code.code_id)


def _at_random(rows: pl.Series, size: int) -> list[int]:
    chosen = random.Random(SEED).sample(range(rows.len()), min(size, rows.len()))  # noqa: S311 - a sample, not a secret
    return rows.gather(chosen).to_list()


def _in_turns(strata: list[pl.Series], size: int) -> list[int]:
    """Rows drawn from the strata in turns, from each in random order; several strata may have the same row."""
    dice = random.Random(SEED)  # noqa: S311 - a sample, not a secret
    # No stratum has to give more than `size` rows: with so many the sample is full.
    waiting = [iter(rows.gather(dice.sample(range(rows.len()), min(size, rows.len())))) for rows in strata]
    drawn: dict[int, None] = {}
    while waiting and len(drawn) < size:
        for stratum in list(waiting):
            row = next(stratum, None)
            if row is None:
                waiting.remove(stratum)
            elif len(drawn) < size:
                drawn[row] = None
    order = list(drawn)
    dice.shuffle(order)
    return order
