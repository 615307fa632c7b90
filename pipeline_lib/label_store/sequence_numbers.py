"""Sequence numbers that several messages of a dataset share, because two writers added them at the same time."""

from collections import Counter
from collections.abc import Iterable

from pipeline_lib.errors import Problem
from pipeline_lib.label_store.quotable_values import shown_value

_SHOWN_COUNT = 3


def repeated_numbers(place: str, numbers: Iterable[int | None]) -> list[Problem]:
    """A remark about sequence numbers that several messages share; empty if there are none.

    Args:
        place: The dataset.
        numbers: The `SequenceNumber` of each message; None if it has none.
    """
    counts = Counter(number for number in numbers if number is not None)
    repeated = sorted(number for number, count in counts.items() if count > 1)
    if not repeated:
        return []
    message_count = sum(counts[number] for number in repeated)
    shown = ", ".join(map(shown_value, repeated[:_SHOWN_COUNT]))
    wrong = f"{message_count:,} messages share {len(repeated):,} sequence numbers, such as {shown}"
    right = "coders see them in an arbitrary order; to fix it, give all but one of each a number of its own"
    return [Problem(place, wrong, right)]
