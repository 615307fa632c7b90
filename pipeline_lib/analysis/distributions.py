"""How many people have each code of a coding, overall and together with the codes of other codings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pipeline_lib.analysis.cells import Cell, Counts, Modes, Numbers, all_shown, all_withheld
from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.profiles import Profiles, joint_counts, profiles_of


@dataclass(frozen=True)
class Distribution:
    """The people who have each code of one coding."""

    coding: Analysed
    by: tuple[Analysed, ...]
    """Other codings, each with its share of the columns."""
    numbers: Numbers
    """Rows: the relevant people, then those who have each of `coding.codes`. Columns: all of them, then those who have
    each code of each coding in `by`."""
    partly_reviewed: Numbers | None = None
    """The people who are in none of these numbers of relevant people and themes, since something that they said waits
    for a coder: who gave any theme, then who gave each. None where they are among the numbers of themes, as the
    predecessors counted them."""

    @property
    def relevant(self) -> Cell:
        """How many people are relevant."""
        return self.numbers.cell(0, 0)

    @property
    def overall(self) -> dict[str, Cell]:
        """How many people have each code, by its StringValue, in the scheme's order."""
        return {code.string_value: self.numbers.cell(1 + n, 0) for n, code in enumerate(self.coding.codes)}

    def among(self, by: Analysed, code: str | None = None) -> dict[str, Cell]:
        """How many people have a code, or are relevant where there is none, by the StringValues of another coding."""
        values = [each.string_value for each in self.coding.codes]
        row = 0 if code is None else 1 + values.index(code)
        columns = self.columns(by)
        return {value.string_value: self.numbers.cell(row, columns[n]) for n, value in enumerate(by.codes)}

    def columns(self, by: Analysed) -> range:
        """Which columns are those of another coding."""
        start = 1
        for each in self.by:
            if each.key == by.key:
                return range(start, start + len(each.codes))
            start += len(each.codes)
        raise KeyError(by.key)


@dataclass(frozen=True)
class Population:
    """Some people, and all that they said."""

    size: int
    profiles: dict[str, Profiles]
    """By dataset, by its name."""

    def relevant_and_codes(self, coding: Analysed) -> Counts:
        """How many people are relevant, then how many have each code."""
        profiles = self.profiles[coding.dataset.name]
        return profiles.counts()[profiles.columns(coding)]

    def joint(self, coding: Analysed, other: Analysed) -> Counts:
        """The same in rows, together with each code of another coding in columns."""
        first, second = self.profiles[coding.dataset.name], self.profiles[other.dataset.name]
        return joint_counts(first, second)[first.columns(coding), second.columns(other)][:, 1:]


def population_of(people: pl.DataFrame, codings: Sequence[Analysed], *, as_predecessor: bool = False) -> Population:
    """Rows of the frame of individuals, without the withdrawn, as far as some codings go.

    Args:
        people: The rows.
        codings: The codings.
        as_predecessor: Whether people have the themes of an answer of which something waits for a coder.
    """
    of_datasets: dict[str, dict[str, Analysed]] = {}
    for coding in codings:
        of_datasets.setdefault(coding.dataset.name, {})[coding.key] = coding
    profiles = {
        name: profiles_of(people, list(group.values()), as_predecessor=as_predecessor)
        for name, group in of_datasets.items()
    }
    return Population(people.height, profiles)


def partly_reviewed(people: pl.DataFrame, coding: Analysed) -> Numbers:
    """How many people are partly reviewed: who gave any theme, then who gave each."""
    answers = people.group_by(coding.key).len().filter(coding.partly_reviewed)
    given = [pl.lit(value=True), *map(coding.has, coding.themes)]
    counts = answers.select((pl.col("len") * each).sum().alias(str(n)) for n, each in enumerate(given))
    return all_shown(np.array(counts.row(0), np.int64))


def distribution_of(population: Population, coding: Analysed, by: Sequence[Analysed] = ()) -> Distribution:
    """The distribution of a coding in a population, every number shown."""
    overall = population.relevant_and_codes(coding)[:, None]
    counts = np.concatenate([overall, *(population.joint(coding, other) for other in by)], axis=1)
    return Distribution(coding, tuple(by), Numbers(counts, np.zeros(counts.shape, np.int8)))


def shown_as(distribution: Distribution, modes: Modes, threshold: int) -> Distribution:
    """The distribution, each of its numbers shown in the given way."""
    partly = distribution.partly_reviewed
    return replace(
        distribution,
        numbers=Numbers(distribution.numbers.counts, modes, threshold),
        # Beside the relevant ones they would tell of small numbers: of a theme with them, less the theme without.
        partly_reviewed=None if partly is None else all_withheld(partly.counts),
    )
