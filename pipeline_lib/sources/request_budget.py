"""How many requests a server takes within an hour, kept here so that we slow down before it refuses."""

from collections import defaultdict, deque
from collections.abc import Callable

HOUR_SECONDS = 3600.0


class HourlyBudget:
    """The requests of the last hour by scope: a sliding window, as the server's own throttle is.

    Other programs may spend from the same budget unseen: the server's 429 stays the last word.
    """

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        """A budget of `limit` requests within any hour for each scope; `clock` gives seconds that only grow."""
        self.limit = limit
        self._clock = clock
        self._spent: defaultdict[str, deque[float]] = defaultdict(deque)

    def wait_seconds(self, scope: str) -> float:
        """How long it takes until the scope has a request left; 0 where it has one."""
        spent = self._recent(scope)
        return max(0.0, spent[-self.limit] + HOUR_SECONDS - self._clock()) if len(spent) >= self.limit else 0.0

    def spend(self, scope: str) -> None:
        """Count a request that is made now."""
        self._recent(scope).append(self._clock())

    def left(self) -> dict[str, int]:
        """Requests left now, for each scope that any was made in."""
        return {scope: max(0, self.limit - len(self._recent(scope))) for scope in sorted(self._spent)}

    def _recent(self, scope: str) -> deque[float]:
        spent, an_hour_ago = self._spent[scope], self._clock() - HOUR_SECONDS
        while spent and spent[0] <= an_hour_ago:
            spent.popleft()
        return spent
