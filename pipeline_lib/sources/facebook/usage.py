"""How much of Meta's limits is used up, as every answer's headers report it (sources.md D.3)."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

APP_USAGE = "X-App-Usage"
BUSINESS_USAGE = "X-Business-Use-Case-Usage"

THRESHOLD_PERCENT = 90
"""From this usage on we wait before the next request. At 100 Meta refuses, and others may use the same limit."""

PAUSE_SECONDS = 300.0
"""How long to wait if Meta does not say: limits are for the last hour or day, so that usage falls by itself."""

_SHARES = ("call_count", "total_cputime", "total_time")
_PAGES = frozenset({None, "pages"})
"""The business use cases that our requests belong to."""


class UsageBudget:
    """The limits of one token, by the headers of the newest answer."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """A budget without known usage; `clock` gives seconds that only grow."""
        self._clock = clock
        self._until = 0.0
        self._told = ""
        self.most_percent = 0.0
        """The highest usage in any answer."""

    def hear(self, headers: Mapping[str, str]) -> None:
        """Reads the usage from an answer's headers; without such headers, nothing changes."""
        usages = [*_objects(headers.get(APP_USAGE)), *_of_pages(headers.get(BUSINESS_USAGE))]
        if not usages:
            return
        percent = max(_number(usage.get(share)) for usage in usages for share in _SHARES)
        regained = 60 * max(_number(usage.get("estimated_time_to_regain_access")) for usage in usages)
        self.most_percent = max(self.most_percent, percent)
        wait = regained or (PAUSE_SECONDS if percent >= THRESHOLD_PERCENT else 0.0)
        self._until, self._told = self._clock() + wait, f"{percent:.0f}% of Meta's limit is used up"

    def wait_seconds(self, scope: str) -> float:  # noqa: ARG002 - all requests are of one limit
        """How long to wait before the next request; 0 if it may be made now."""
        return max(0.0, self._until - self._clock())

    def spend(self, scope: str) -> None:
        """Does nothing: Meta counts, and reports the usage in the next answer."""

    def limit_told(self, scope: str) -> str:  # noqa: ARG002 - as above
        """The limit that makes us wait, in a few words."""
        return self._told

    def seconds_to_regain(self) -> float:
        """How long Meta, or we, said to wait, as of the newest answer."""
        return self.wait_seconds("")


def _of_pages(header: str | None) -> list[dict[str, Any]]:
    """The usages of pages: a list for each business, one for each of its use cases."""
    lists = [one for usages in _objects(header) for one in usages.values() if isinstance(one, list)]
    found = [usage for one in lists for usage in one if isinstance(usage, dict)]
    return [usage for usage in found if usage.get("type") in _PAGES]


def _objects(header: str | None) -> list[dict[str, Any]]:
    try:
        read = orjson.loads(header or "null")
    except orjson.JSONDecodeError:
        return []
    return [read] if isinstance(read, dict) else []


def _number(given: Any) -> float:
    return float(given) if isinstance(given, int | float) and given > 0 else 0.0
