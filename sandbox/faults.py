"""When something goes wrong or changes on purpose: after so many requests, and as often as it is to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

DataT = TypeVar("DataT")


@dataclass(kw_only=True)
class Recurrence:
    """Which of the requests to come are struck: what a stand-in's `Fault` is beside its kind."""

    times: float = 1
    """How often; `math.inf` for always."""
    after_requests: int = 0
    """How many requests of the kind, from now on, go well before."""

    def strikes(self) -> bool:
        """Whether the request that has just come is one of those, which is then counted."""
        if self.times <= 0:
            return False
        if self.after_requests:
            self.after_requests -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Change(Generic[DataT]):
    """Something that happens to the data, once, after so many more requests to an endpoint."""

    endpoint: str
    apply: Callable[[DataT], None]
    after_requests: int = 1

    def is_due(self) -> bool:
        """Whether the request that has just been answered was the last one to wait for."""
        self.after_requests -= 1
        return self.after_requests == 0
