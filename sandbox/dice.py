"""Chance, from a seeded generator only."""

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

T = TypeVar("T")


def weighted(rng: "Random", weights: "Mapping[T, int]") -> T:
    """One of the keys, as often as its weight says."""
    (chosen,) = rng.choices(list(weights), weights=list(weights.values()))
    return chosen


def happens(rng: "Random", share: float) -> bool:
    """Whether something that happens in this share of cases happens now."""
    return rng.random() < share
