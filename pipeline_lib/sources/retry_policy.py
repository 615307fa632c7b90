"""How long and how often to try what may fail in passing."""

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
    """Why a try gave nothing, where another may give something."""

    reason: str
    """What the server did, as a sentence goes on behind its name."""
    retry_after_seconds: float | None = None
    """How long the server asks to wait."""
    most_tries: int | None = None
    """Where fewer than usual make sense."""


@dataclass(frozen=True)
class RetryPolicy:
    """How long to wait for an answer, and how often to ask again."""

    connect_seconds: float = 10
    silence_seconds: float = 90
    """Between two pieces of an answer."""
    answer_seconds: float = 600
    """For the whole of an answer."""
    download_seconds: float = 4 * 3600
    """For the whole of a download."""
    most_tries: int = 6
    most_tries_after_500: int = 3
    """A 500 is as likely a fault that stays."""
    first_wait_seconds: float = 1
    """Before the second try; it doubles with every further one."""
    longest_wait_seconds: float = 60
    longest_retry_after_seconds: float = 3600
    """A server that counts requests by the hour has no reason to ask for more."""
    total_wait_seconds: float = 2 * 3600

    def wait_seconds(
        self, failure: TransientFailure, try_number: int, waited_seconds: float, share: float
    ) -> float | None:
        """How long to wait before the next try; None where there is to be none.

        Args:
            failure: What this try met.
            try_number: This try's, from 1.
            waited_seconds: How long was waited for the same thing before.
            share: From 0 to 1, at random, so that clients that were refused together don't come back together.
        """
        wait = min(self.longest_wait_seconds, self.first_wait_seconds * 2 ** (try_number - 1)) * (1 + share) / 2
        if failure.retry_after_seconds is not None:
            wait += min(failure.retry_after_seconds, self.longest_retry_after_seconds)
        has_tries_left = try_number < (failure.most_tries or self.most_tries)
        return wait if has_tries_left and waited_seconds + wait <= self.total_wait_seconds else None
