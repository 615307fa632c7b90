"""What goes wrong on purpose, and the request limit: settable while the server runs, and the same every time."""

import math
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sandbox import faults
from sandbox.rapid_pro.database import Database

FaultKind = Literal["403", "429", "500", "502", "503", "504", "corrupt", "cut", "early-json", "slow", "truncate"]
"""A status; `corrupt`: one byte is another one; `cut`: the connection is reset without an answer; `early-json`: a whole
answer whose JSON ends in the middle; `slow`: the right answer, late; `truncate`: the connection ends before the length
that was promised."""

_HOUR_SECONDS = 3600

Change: TypeAlias = faults.Change[Database]
"""What happens to the workspace while clients read."""


@dataclass
class Fault(faults.Recurrence):
    """Something that goes wrong with requests to one endpoint."""

    kind: FaultKind
    endpoint: str
    """`runs`, `contacts`, …; `download` for the archives' files."""
    retry_after: int | None = 1
    """Seconds in a 429's `Retry-After`; None for an answer without one."""
    seconds: float = 60
    """How late a slow answer comes."""


class Throttle:
    """So many requests an hour in each scope."""

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self._limit, self._clock = limit, clock
        self._served: dict[str, deque[float]] = defaultdict(deque)

    def seconds_to_wait(self, scope: str) -> int:
        """0 for a request that is within the limit, which is counted; else when the next one will be."""
        now, served = self._clock(), self._served[scope]
        while served and served[0] <= now - _HOUR_SECONDS:
            served.popleft()
        if len(served) >= self._limit:
            return math.ceil(served[0] + _HOUR_SECONDS - now)
        served.append(now)
        return 0
