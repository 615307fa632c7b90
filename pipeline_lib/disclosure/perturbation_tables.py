"""Perturbation tables: by how much a count is changed, by the count and by its cell's key.

The Office for National Statistics' 10-5 rule, and tables for smaller thresholds: the maximum-entropy distribution among
all those with mean zero, a given variance and a given largest deviation (Marley and Leaver 2011,
https://2011.isiproceedings.org/papers/450007.pdf; Giessing 2016, doi:10.1007/978-3-319-45381-1_18).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

KEY_COUNT = 4096
"""Record keys and cell keys are whole numbers from 0 to below this."""


@dataclass(frozen=True)
class PerturbationTable:
    """By how much counts are changed."""

    threshold: int
    """A count below this, before or after it is perturbed, is not released."""
    perturbations: NDArray[np.int64]
    """A row per count from 0, a column per cell key."""
    period: int
    """How many of the last rows are repeated for all larger counts."""

    def of(self, counts: NDArray[np.int64], cell_keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """By how much each count is changed; of the shape of the counts."""
        rows = len(self.perturbations)
        start = rows - self.period
        return self.perturbations[np.where(counts < rows, counts, start + (counts - start) % self.period), cell_keys]

    def of_large(self, numbers: NDArray[np.int64], cell_keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """By how much numbers other than counts of people are changed: small ones in the same way as large ones."""
        start = len(self.perturbations) - self.period
        return self.perturbations[start + (numbers - start) % self.period, cell_keys]

    @property
    def largest_deviation(self) -> int:
        """By how much a released count is changed at most."""
        return int(np.abs(self.perturbations[self.threshold :]).max())


@cache
def ten_five_rule() -> PerturbationTable:
    """Counts below ten are not released, others are rounded to the nearest five."""
    threshold, base = 10, 5
    counts = np.arange(threshold + base)
    rounded = np.where(counts < threshold, 0, base * ((counts + base // 2) // base))
    return PerturbationTable(threshold, _for_every_key(rounded - counts), period=base)


@cache
def maximum_entropy(threshold: int, largest_deviation: int, variance: float) -> PerturbationTable:
    """Counts below the threshold are not released, others are perturbed by chance, without bias.

    Args:
        threshold: The smallest count that is released.
        largest_deviation: By how much a count is changed at most. If that is too improbable to get a key of its own,
            the largest deviation of the table is smaller.
        variance: Of the perturbation, in people squared; below the variance of a uniform distribution of deviations.

    Raises:
        ValueError: There is no such distribution.
    """
    deviations = np.arange(-largest_deviation, largest_deviation + 1)
    probabilities = maximum_entropy_probabilities(largest_deviation, variance)
    # Each key stands for an equal part of the distribution, the first ones for the lowest deviations.
    quantiles = (np.arange(KEY_COUNT) + 0.5) / KEY_COUNT
    perturbed = deviations[np.searchsorted(np.cumsum(probabilities)[:-1], quantiles)]
    below = _for_every_key(-np.arange(threshold))
    return PerturbationTable(threshold, np.concatenate([below, perturbed[None, :]]), period=1)


def maximum_entropy_probabilities(largest_deviation: int, variance: float) -> NDArray[np.float64]:
    """How probable each deviation is, from the lowest to the highest: `exp(-b * deviation**2)`, scaled, for some b.

    Raises:
        ValueError: The variance is not above 0 and below that of a uniform distribution.
    """
    squares = np.arange(-largest_deviation, largest_deviation + 1, dtype=np.float64) ** 2
    if not 0 < variance < squares.mean():
        raise ValueError(f"must be above 0 and below {squares.mean():.2f}")

    def probabilities(b: float) -> NDArray[np.float64]:
        weights = np.exp(-b * squares)
        return np.asarray(weights / weights.sum())

    low, high = 0.0, 100.0 / variance  # the variance falls as b grows; bisected down to floating-point precision
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if probabilities(middle) @ squares > variance else (low, middle)
    return probabilities(high)


def _for_every_key(perturbations: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.repeat(perturbations[:, None], KEY_COUNT, axis=1)
