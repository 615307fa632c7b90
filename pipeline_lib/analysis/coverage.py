"""How much of a week, a day or a promotion the messages cover: a part, where the project began or ended within it."""

from datetime import datetime, timedelta
from typing import NamedTuple

_SLACK = timedelta(minutes=1)
"""A day that ends a second early still counts as whole."""


class Coverage(NamedTuple):
    """The period whose messages can be among the numbers."""

    start: datetime
    """When the project begins."""
    end: datetime
    """When it ends, or when messages were last received, whichever is earlier."""

    def share_of(self, start: datetime, end: datetime) -> float | None:
        """How much of a range is covered, 0 to 1; None if it ends before it begins."""
        if end <= start:
            return None
        covered = max(timedelta(0), min(end, self.end) - max(start, self.start))
        return 1.0 if end - start - covered < _SLACK else covered / (end - start)


def part_of(share: float, whole: int, unit: str) -> str:
    """A share of `whole` days or hours: `2 of 7 days`; empty for all of them."""
    return "" if share >= 1 else f"{round(share * whole, 1):g} of {whole} {unit}"
