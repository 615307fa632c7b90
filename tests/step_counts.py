"""Looking up what a step counted."""

from collections.abc import Iterable
from typing import Any

from pipeline_lib.model.step_counts import StepCount


def the_count(counts: Iterable[StepCount], measure: str, **facts: Any) -> int:
    """The one count that has these facts; an error where there is none, or several."""
    wanted = {"measure": measure, **facts}
    (found,) = [each for each in counts if all(getattr(each, name) == value for name, value in wanted.items())]
    return found.count
