"""How many people have each code of a coding, overall and together with the codes of other codings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.counting.people import counts_of, record_keys_of
from pipeline_lib.analysis.counting.response_patterns import ResponsePatterns, joint_counts, response_patterns_of
from pipeline_lib.analysis.frames import RECORD_KEY
from pipeline_lib.disclosure.release import Counts


@dataclass(frozen=True)
class Population:
    """Some people, and everything that they said."""

    people: Counts
    """How many people there are, in an array of one number."""
    patterns: dict[str, ResponsePatterns]
    """By the dataset's name."""

    def relevant_and_codes(self, coding: Analysed) -> Counts:
        """How many people are relevant, then how many have each code."""
        patterns = self.patterns[coding.dataset.name]
        counts, columns = patterns.counts(), patterns.columns(coding)
        return Counts(counts.people[columns], counts.key_sums[columns])

    def joint(self, coding: Analysed, other: Analysed) -> Counts:
        """The same in rows, together with each code of another coding in columns."""
        first, second = self.patterns[coding.dataset.name], self.patterns[other.dataset.name]
        counts, rows, columns = joint_counts(first, second), first.columns(coding), second.columns(other)
        return Counts(counts.people[rows, columns][:, 1:], counts.key_sums[rows, columns][:, 1:])

    def distribution(self, coding: Analysed, by: Sequence[Analysed] = ()) -> Counts:
        """The same overall in the first column, then together with each code of each coding in `by`."""
        overall = self.relevant_and_codes(coding)
        columns = [Counts(overall.people[:, None], overall.key_sums[:, None])]
        columns += [self.joint(coding, other) for other in by]
        return Counts(
            np.concatenate([each.people for each in columns], axis=1),
            np.concatenate([each.key_sums for each in columns], axis=1),
        )


def population_of(people: pl.DataFrame, codings: Sequence[Analysed], *, as_predecessor: bool = False) -> Population:
    """The population of some rows of the frame of individuals, without the withdrawn, for some codings.

    Args:
        people: The rows.
        codings: The codings.
        as_predecessor: Whether an answer's themes count even if part of the answer waits for a coder.
    """
    of_datasets: dict[str, dict[str, Analysed]] = {}
    for coding in codings:
        of_datasets.setdefault(coding.dataset.name, {})[coding.key] = coding
    patterns = {
        name: response_patterns_of(people, list(group.values()), as_predecessor=as_predecessor)
        for name, group in of_datasets.items()
    }
    everybody = pl.repeat(value=True, n=people.height, eager=True, dtype=pl.Boolean)
    return Population(counts_of([everybody], record_keys_of(people)), patterns)


def partly_reviewed(people: pl.DataFrame, coding: Analysed) -> Counts:
    """How many people are partly reviewed: who gave any theme, then who gave each."""
    key_sum = pl.col(RECORD_KEY).cast(pl.Int64).sum() if RECORD_KEY in people.columns else pl.lit(0, pl.Int64)
    answers = people.group_by(coding.key).agg(people=pl.len(), key_sum=key_sum).filter(coding.partly_reviewed)
    everybody = pl.repeat(value=True, n=pl.len(), dtype=pl.Boolean).alias("any")
    given = answers.select(everybody, *(coding.has(code).alias(code.string_value) for code in coding.themes))
    has = np.stack([flag.to_numpy() for flag in given], axis=1).astype(np.int64)
    return Counts(*(answers[name].to_numpy().astype(np.int64) @ has for name in ("people", "key_sum")))
