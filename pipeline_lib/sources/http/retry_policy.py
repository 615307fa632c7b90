"""How long and how often to retry temporary failures."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple


@dataclass(frozen=True)
class Timing:
    """Clocks and chance, for tests to replace."""

    sleep: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.monotonic
    """Seconds that only grow."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    share: Callable[[], float] = random.random
    """A random number from 0 to 1."""


class TransientFailure(NamedTuple):
    """Why a try failed, if another may succeed."""

    reason: str
    """What the server did, to continue a sentence that begins with its name."""
    retry_after_seconds: float | None = None
    """How long the server asks to wait."""
    most_tries: int | None = None
    """The most tries, if fewer than usual make sense."""


@dataclass(frozen=True)
class RetryPolicy:
    """How long to wait for an answer, and how often to retry."""

    connect_seconds: float = 10
    silence_seconds: float = 90
    """The longest time between two pieces of an answer."""
    answer_seconds: float = 600
    """The longest time for a whole answer."""
    download_seconds: float = 4 * 3600
    """The longest time for a whole download."""
    most_tries: int = 6
    most_tries_after_500: int = 3
    """Fewer for a 500, which is as likely a permanent fault."""
    first_wait_seconds: float = 1
    """The wait before the second try; it doubles with every further one."""
    longest_wait_seconds: float = 60
    longest_retry_after_seconds: float = 3600
    """The longest wait: a server that counts requests by the hour has no reason to ask for more."""
    total_wait_seconds: float = 2 * 3600

    def wait_seconds(
        self, failure: TransientFailure, try_number: int, waited_seconds: float, share: float
    ) -> float | None:
        """How long to wait before the next try; None if there should be none.

        Args:
            failure: This try's failure.
            try_number: This try's number, from 1.
            waited_seconds: The time already waited for the same request.
            share: A random number from 0 to 1, so that clients that were refused together don't come back together.
        """
        wait = min(self.longest_wait_seconds, self.first_wait_seconds * 2 ** (try_number - 1)) * (1 + share) / 2
        if failure.retry_after_seconds is not None:
            wait += min(failure.retry_after_seconds, self.longest_retry_after_seconds)
        has_tries_left = try_number < (failure.most_tries or self.most_tries)
        return wait if has_tries_left and waited_seconds + wait <= self.total_wait_seconds else None
