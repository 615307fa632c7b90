"""What people said to a dataset, each distinct answer once, and how many gave which answers to two datasets."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.counting.people import Keys, record_keys_of
from pipeline_lib.disclosure.release import Counts


class ResponsePatterns(NamedTuple):
    """The distinct answers of people to one dataset, by the codes that they were given."""

    codings: tuple[Analysed, ...]
    of_people: NDArray[np.int64]
    """The index of the answer that each person gave."""
    has: NDArray[np.bool_]
    """A row per answer. Columns per coding: whether it is relevant, then whether it has each code; a theme, only if it
    is relevant."""
    record_keys: Keys

    def columns(self, coding: Analysed) -> slice:
        """The columns of a coding."""
        start = 0
        for each in self.codings:
            end = start + 1 + len(each.codes)
            if each.key == coding.key:
                return slice(start, end)
            start = end
        raise KeyError(coding.key)

    def counts(self) -> Counts:
        """How many people there are for each column."""
        has = self.has.astype(np.int64)
        people = np.bincount(self.of_people, minlength=len(self.has)) @ has
        if self.record_keys is None:
            return Counts(people, np.zeros_like(people))
        sums = np.bincount(self.of_people, self.record_keys, len(self.has))
        return Counts(people, np.rint(sums).astype(np.int64) @ has)


def response_patterns_of(
    people: pl.DataFrame, codings: Sequence[Analysed], *, as_predecessor: bool = False
) -> ResponsePatterns:
    """The response patterns of people to the dataset of some codings.

    Args:
        people: Rows of the frame of individuals, without the withdrawn.
        codings: One or more of one dataset.
        as_predecessor: Whether an answer's themes count even if part of the answer waits for a coder.
    """
    keys = [coding.key for coding in codings]
    answers = people.select(keys).with_row_index("person").group_by(keys, maintain_order=True).agg("person")
    has = np.concatenate([_has(answers, coding, as_predecessor) for coding in codings], axis=1)
    of_people = np.empty(people.height, np.int64)
    of_people[answers["person"].explode().to_numpy()] = np.repeat(
        np.arange(answers.height), answers["person"].list.len().to_numpy()
    )
    return ResponsePatterns(tuple(codings), of_people, has, record_keys_of(people))


def _has(answers: pl.DataFrame, coding: Analysed, as_predecessor: bool) -> NDArray[np.bool_]:  # noqa: FBT001 - private
    """The columns of one coding, of all answers."""
    columns = {code.string_value: number for number, code in enumerate(coding.codes, start=1)}
    has = np.zeros((answers.height, 1 + len(coding.codes)), np.bool_)
    has[:, 0] = answers.select(coding.relevant).to_series().to_numpy()
    given = answers.select(coding.key).with_row_index("answer").explode(coding.key)
    given = given.filter(pl.col(coding.key).is_in(list(columns)))
    has[given["answer"].to_numpy(), given[coding.key].replace_strict(columns, return_dtype=pl.Int64).to_numpy()] = True
    if not as_predecessor:
        themes = [number for number, code in enumerate(coding.codes, start=1) if code.is_normal]
        has[:, themes] &= has[:, :1]
    return has


def joint_counts(first: ResponsePatterns, second: ResponsePatterns) -> Counts:
    """How many people there are for each column of one dataset and each of another."""
    width = max(1, len(second.has))
    pairs, of_people, people = np.unique(
        first.of_people * width + second.of_people, return_inverse=True, return_counts=True
    )
    # As floating-point numbers, which count exactly to 2**53 and multiply much faster.
    of_first, of_second = first.has[pairs // width].astype(np.float64), second.has[pairs % width].astype(np.float64)

    def total(weights: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.int64]:
        return np.asarray(np.rint((of_first * weights[:, None]).T @ of_second).astype(np.int64))

    counts = total(people)
    keys = first.record_keys
    return Counts(counts, np.zeros_like(counts) if keys is None else total(np.bincount(of_people, keys, len(pairs))))
