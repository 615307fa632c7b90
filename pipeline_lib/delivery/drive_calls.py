"""Calls to Google Drive: with retries, and without repeating any of Google's own texts."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

import httplib2
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, stop_after_delay
from tenacity import wait_random_exponential as random_exponential

from pipeline_lib.delivery.drive_errors import (
    FROM_DRIVE,
    Asking,
    is_passing,
    retry_after_seconds,
    status_of,
    translated,
)
from pipeline_lib.errors import PipelineError

AnswerT = TypeVar("AnswerT")

_SILENCE_SECONDS = 120


class AnsweredError(Exception):
    """A status that the caller may handle; `failure` is what to raise otherwise."""

    def __init__(self, status: int | None, failure: PipelineError) -> None:
        super().__init__(status)
        self.status, self.failure = status, failure


@dataclass(frozen=True)
class RetryPolicy:
    """How often and for how long to retry a failure that may be temporary."""

    most_tries: int = 7
    longest_wait_seconds: float = 64
    longest_retry_after_seconds: float = 600
    """The longest wait that an answer may ask for."""
    total_seconds: float = 1800
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Calls:
    """Calls Drive, and retries where that may help."""

    asking: Asking
    policy: RetryPolicy = field(default_factory=RetryPolicy)

    def ask(self, place: str, call: Callable[[], AnswerT], expected: frozenset[int] = frozenset()) -> AnswerT:
        """Drive's answer; temporary failures are retried.

        Raises:
            AnsweredError: The answer has one of the statuses that are expected.
        """
        retrying = Retrying(
            retry=retry_if_exception(is_passing),
            wait=self._wait_seconds,
            stop=stop_after_attempt(self.policy.most_tries) | stop_after_delay(self.policy.total_seconds),
            sleep=self.policy.sleep,
            reraise=True,
        )
        try:
            return retrying(call)
        except FROM_DRIVE as error:
            status, failure = status_of(error), translated(error, place, self.asking)
        raise (
            AnsweredError(status, failure) if status in expected else failure
        )  # outside, so that its context does not hold Google's exception

    def _wait_seconds(self, state: RetryCallState) -> float:
        wait = random_exponential(multiplier=1, max=self.policy.longest_wait_seconds)(state)
        asked = retry_after_seconds(state.outcome.exception() if state.outcome else None)
        return wait + min(asked, self.policy.longest_retry_after_seconds)


class CountingHttp(httplib2.Http):  # type: ignore[misc]
    """Cannot be copied: with a copy, Google's library would look up in another thread where the account may be used."""

    request_count = 0

    def __init__(self) -> None:
        super().__init__(timeout=_SILENCE_SECONDS)
        # Google uses 308, which is left out, for "go on uploading".
        self.redirect_codes: frozenset[int] = httplib2.REDIRECT_CODES - {HTTPStatus.PERMANENT_REDIRECT}

    def request(self, *args: Any, **options: Any) -> Any:
        """Send a request as httplib2 does, and count it."""
        self.request_count += 1
        return super().request(*args, **options)

    def __deepcopy__(self, memo: dict[int, Any]) -> "CountingHttp":
        raise TypeError("a connection has one owner")
