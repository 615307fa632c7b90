"""How well coders agree: percent agreement, Cohen's kappa, Krippendorff's alpha, for codes without an order.

Values are compared for equality only. A value that is undefined, such as agreement about nothing, is None.
"""

from collections import Counter
from collections.abc import Hashable, Sequence

Value = Hashable | None
"""What a coder said of a unit; None if nothing."""


def percent_agreement(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Percentage of the units, 0 to 100, to which two coders gave the same value."""
    return 100 * _agreed(first, second) if first else None


def cohens_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Agreement of two coders beyond what their own habits would give by chance: 1 is perfect, 0 is chance.

    From J. Cohen, "A Coefficient of Agreement for Nominal Scales", 1960. None if chance agreement is perfect: both
    coders gave one and the same value to all units.
    """
    if not first:
        return None
    firsts, seconds = Counter(first), Counter(second)
    by_chance = sum(count * seconds[value] for value, count in firsts.items()) / len(first) ** 2
    return (_agreed(first, second) - by_chance) / (1 - by_chance) if by_chance < 1 else None


def krippendorffs_alpha(units: Sequence[Sequence[Value]]) -> float | None:
    """Agreement of any number of coders beyond chance, where some may have said nothing of some units.

    From K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, section C. None if all values are the
    same, so that no disagreement can be expected.

    Args:
        units: For each unit what each coder said; those with fewer than two values are left out.
    """
    pairable = [[value for value in unit if value is not None] for unit in units]
    pairable = [values for values in pairable if len(values) > 1]
    totals = Counter(value for values in pairable for value in values)
    count = totals.total()
    disagreed = sum(_disagreeing_pairs(Counter(values)) / (len(values) - 1) for values in pairable)
    expected = _disagreeing_pairs(totals)
    return 1 - (count - 1) * disagreed / expected if expected else None


def _agreed(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    return sum(one == other for one, other in zip(first, second, strict=True)) / len(first)


def _disagreeing_pairs(counts: Counter[Hashable]) -> int:
    """Ordered pairs of different values."""
    return counts.total() ** 2 - sum(count**2 for count in counts.values())
