"""What people said to a dataset, each distinct answer once, and how many gave which answers to two datasets."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.counting.people import Keys, record_keys_of
from pipeline_lib.disclosure.release import Counts
from pipeline_lib.model.code_scheme import Code


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
    told = [
        expression
        for coding in codings
        for expression in (coding.relevant, *(_counts(coding, code, as_predecessor) for code in coding.codes))
    ]
    has = answers.select(expression.alias(str(n)) for n, expression in enumerate(told)).to_numpy().astype(np.bool_)
    of_people = np.empty(people.height, np.int64)
    of_people[answers["person"].explode().to_numpy()] = np.repeat(
        np.arange(answers.height), answers["person"].list.len().to_numpy()
    )
    return ResponsePatterns(tuple(codings), of_people, has, record_keys_of(people))


def _counts(coding: Analysed, code: Code, as_predecessor: bool) -> pl.Expr:  # noqa: FBT001 - private
    """Whether a code counts an answer."""
    return coding.has(code) if as_predecessor or not code.is_normal else coding.has(code) & coding.relevant


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
