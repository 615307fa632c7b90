"""Counts the requests of an hour over all projects, processes and machines that use one service together.

They share a small document in the data root. It counts requests by minute, and is changed by compare and swap. Requests
are taken from it in blocks, so that most cost no write. Whoever is killed with a block in hand has used it up as far as
the others can tell, which errs on the server's side.
"""

import json
import logging
import random
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from pipeline_lib.errors import PipelineError, StorageConflictError
from pipeline_lib.machine_errors import told_in_sentences
from pipeline_lib.sources.http.rate_limiter import HOUR_SECONDS, RateLimiter
from pipeline_lib.storage import Storage, Versioned
from pipeline_lib.storage.compare_and_swap import update_document

logger = logging.getLogger(__name__)

_MINUTE = 60
_BLOCKS_AN_HOUR = 100
_SHORTEST_WAIT_SECONDS = 1.0
_MOST_CROWDED = 20
"""How often in a row a process comes when too many others write the document, before it counts alone."""

Minutes = dict[int, int]
"""Requests by minute since the epoch."""


class _Block(NamedTuple):
    left: int
    minute: int
    """When it was taken: what is not used in that minute is given up, so that requests count when they are made."""


class SharedBudget:
    """The hour's requests by scope, as all know them; alone with its own count if the document cannot be used."""

    def __init__(self, storage: Storage, name: str, own: RateLimiter, now: Callable[[], datetime]) -> None:
        """A budget that others use too.

        Args:
            storage: Where the document is.
            name: Its name there.
            own: This process's count, and the limit; what it has spent so far counts for all.
            now: The time, which is nearly the same on all machines.
        """
        self._storage, self._name, self._own, self._now = storage, name, own, now
        self._blocks: dict[str, _Block] = {}
        self._is_shared = True
        self._crowded_count = 0
        self._owed = {scope: own.limit - left for scope, left in own.left().items()}
        """Requests that have been made, and are not in the document yet."""
        for scope in own.left():
            self._taken(scope, 0)

    def wait_seconds(self, scope: str) -> float:
        """How long to wait before the next request of a scope; 0 if it may be made now, and is kept for us then."""
        wait = self._own.wait_seconds(scope)
        if wait > 0 or not self._is_shared:
            return wait
        block, minute = self._blocks.get(scope), self._minute()
        if block is not None and block.left and block.minute == minute:
            return 0.0
        wanted = max(1, self._own.limit // _BLOCKS_AN_HOUR)
        taken, wait = self._taken(scope, wanted)
        self._blocks[scope] = _Block(taken, minute)
        return wait

    def spend(self, scope: str) -> None:
        """Count a request that is made now."""
        self._own.spend(scope)
        block = self._blocks.get(scope)
        if block is not None:
            self._blocks[scope] = block._replace(left=max(0, block.left - 1))

    def limit_told(self, scope: str) -> str:
        """The limit, in a few words."""
        told = self._own.limit_told(scope)
        return f"{told}, shared with all that use this workspace" if self._is_shared else told

    def _taken(self, scope: str, wanted: int) -> tuple[int, float]:
        """Takes up to so many requests from the document, and says how many; if there are none, how long until then.

        Args:
            scope: Their scope.
            wanted: The most to take.
        """
        taken, wait, owed = 0, 0.0, self._owed.get(scope, 0)

        def take(stored: Versioned | None) -> bytes | None:
            nonlocal taken, wait
            scopes = _read(stored)
            recent = self._recent(scopes.get(scope, {}))
            taken = max(min(wanted, self._own.limit - owed - sum(recent.values())), 0)
            wait = 0.0 if taken else self._until_free(recent)
            if not taken + owed:
                return None
            minute = self._minute()
            recent[minute] = recent.get(minute, 0) + taken + owed
            kept = {name: self._recent(minutes) for name, minutes in scopes.items()} | {scope: recent}
            return json.dumps({name: minutes for name, minutes in kept.items() if minutes}).encode()

        try:
            with told_in_sentences():
                update_document(self._storage, self._name, take)
        except PipelineError as error:
            self._crowded_count += 1
            if isinstance(error, StorageConflictError) and self._crowded_count <= _MOST_CROWDED:
                # Each at another time: whoever came at the same time would meet again.
                return 0, _SHORTEST_WAIT_SECONDS * (1 + random.random())  # noqa: S311 - nothing secret
            self._is_shared = False
            logger.warning(
                "The hour's requests are counted by this process alone, since what all have made cannot be read or "
                "written; the server may refuse some, which are tried again: %s",
                error,
            )
            return 0, 0.0
        self._crowded_count = 0
        self._owed[scope] = 0
        return taken, wait

    def _recent(self, minutes: Minutes) -> Minutes:
        """The minutes that have a part in the last hour; those of a clock that is far ahead are not believed."""
        now = self._now().timestamp()
        since, until = now - HOUR_SECONDS, now + HOUR_SECONDS
        return {minute: count for minute, count in minutes.items() if since < (minute + 1) * _MINUTE < until}

    def _until_free(self, recent: Minutes) -> float:
        """How long until the oldest requests of the last hour are an hour old."""
        oldest = min(recent, default=self._minute())
        wait = (oldest + 1) * _MINUTE + HOUR_SECONDS - self._now().timestamp()
        return max(wait, _SHORTEST_WAIT_SECONDS)

    def _minute(self) -> int:
        return int(self._now().timestamp()) // _MINUTE


def _read(stored: Versioned | None) -> dict[str, Minutes]:
    """The document's counts; one that is damaged counts as none."""
    try:
        written: Any = json.loads(stored.content) if stored is not None else {}
        return {
            str(scope): {int(minute): int(count) for minute, count in minutes.items()}
            for scope, minutes in written.items()
        }
    except (AttributeError, TypeError, ValueError):
        return {}
