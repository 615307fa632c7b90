"""Meta's additions to HTTP: how much of its limits is used up, which version answers, and why it refuses."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping

from pipeline_lib.errors import Problem, SourceError
from pipeline_lib.sources.facebook.graph_errors import (
    DEAD_TOKEN,
    PERMANENT,
    THROTTLED,
    TRANSIENT,
    GraphRefusedError,
    read_error,
)
from pipeline_lib.sources.facebook.usage import PAUSE_SECONDS, UsageBudget
from pipeline_lib.sources.http.client import Dialect, Service
from pipeline_lib.sources.http.retry_policy import TransientFailure

_VERSION_HEADER = "facebook-api-version"
_MOST_TRIES_AT_A_LIMIT = 24

_logger = logging.getLogger(__name__)


class GraphDialect(Dialect):
    """Reads Meta's headers and the bodies of its refusals."""

    def __init__(self, service: Service, version: str, budget: UsageBudget) -> None:
        self.version, self.budget = version, budget
        self.other_version_counts: Counter[str] = Counter()
        """Answers of another version than the requested one, by their version."""
        self._service = service

    def hear(self, headers: Mapping[str, str]) -> None:
        """Notes how much of the limits is used up, and warns once if another version answers."""
        self.budget.hear(headers)
        served = headers.get(_VERSION_HEADER, self.version)
        if served != self.version:
            served = served if len(served) < len("v999.99") and served.isprintable() else "an unknown one"
            if served not in self.other_version_counts:
                wrong = f"{self._service.host} answers as version {served}, not as {self.version}"
                _logger.warning("%s", Problem(f"{self._service.place}.APIVersion", wrong, "correct it"))
            self.other_version_counts[served] += 1

    def refusal(self, status: int, body: Callable[[], bytes], endpoint: str) -> TransientFailure | SourceError | None:
        """The meaning of a refusal's code; None if the body is not Meta's."""
        error = read_error(body())
        if error is None:
            return None
        if error.code in THROTTLED:
            wait = self.budget.seconds_to_regain() or PAUSE_SECONDS
            return TransientFailure(
                f"reports that its limit is reached ({error.told})", wait, most_tries=_MOST_TRIES_AT_A_LIMIT
            )
        if error.code in TRANSIENT or (error.is_transient and error.code not in PERMANENT):
            return TransientFailure(f"answered {status} with {error.told}")
        refused = f"{self._service.host} refuses {endpoint}: it answered {status} with {error.told}"
        place, wrong = self._service.place, refused
        if error.code in DEAD_TOKEN:
            place = f"{place}.{self._service.credential}"
            wrong = f"{self._service.host} does not accept the token any more: it answered {error.told} to {endpoint}"
        return GraphRefusedError(Problem(place, wrong, error.advice), error)
