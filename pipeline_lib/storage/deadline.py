"""A deadline for calls of a storage: whoever looks at a page waits for seconds, where a task tries for minutes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

from pipeline_lib.context_variables import set_within

_LEAST_SECONDS = 0.1
_ENDS: ContextVar[float | None] = ContextVar("ends", default=None)


@contextmanager
def deadline_in(seconds: float) -> Iterator[None]:
    """Storages give up after so many seconds in all, whatever is asked of them; each call is tried once in any case."""
    with set_within(_ENDS, monotonic() + seconds):
        yield


def seconds_left(usual: float) -> float:
    """How long a call may be tried: until the deadline, or for as long as usual if that is shorter or there is none."""
    ends = _ENDS.get()
    return usual if ends is None else min(usual, max(ends - monotonic(), _LEAST_SECONDS))
