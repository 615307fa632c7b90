"""Counts the requests of an hour, so that we slow down before a server refuses."""

from collections import defaultdict, deque
from collections.abc import Callable
from typing import Protocol

HOUR_SECONDS = 3600.0


class Budget(Protocol):
    """How many requests a service accepts from us."""

    def wait_seconds(self, scope: str) -> float:
        """How long to wait before the next request of a scope; 0 if it may be made now."""

    def spend(self, scope: str) -> None:
        """Count a request that is made now."""

    def limit_told(self, scope: str) -> str:
        """The limit that makes us wait, in a few words."""


class RateLimiter:
    """The requests of the last hour by scope: a sliding window, as the server's own throttle is.

    Other programs may spend from the same budget unseen: the server's 429 stays the last word.
    """

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        """A budget of `limit` requests within any hour for each scope; `clock` gives seconds that only grow."""
        self.limit = limit
        self._clock = clock
        self._spent: defaultdict[str, deque[float]] = defaultdict(deque)

    def wait_seconds(self, scope: str) -> float:
        """How long it takes until the scope has a request left; 0 if it has one now."""
        spent = self._recent(scope)
        return max(0.0, spent[-self.limit] + HOUR_SECONDS - self._clock()) if len(spent) >= self.limit else 0.0

    def spend(self, scope: str) -> None:
        """Count a request that is made now."""
        self._recent(scope).append(self._clock())

    def limit_told(self, scope: str) -> str:
        """The limit, in a few words."""
        return f"{self.limit:,} requests an hour ({scope})"

    def left(self) -> dict[str, int]:
        """Requests left now, by scope, for scopes with at least one request so far."""
        return {scope: max(0, self.limit - len(self._recent(scope))) for scope in sorted(self._spent)}

    def _recent(self, scope: str) -> deque[float]:
        spent, an_hour_ago = self._spent[scope], self._clock() - HOUR_SECONDS
        while spent and spent[0] <= an_hour_ago:
            spent.popleft()
        return spent
