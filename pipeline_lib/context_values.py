"""Values that hold within a block, for all that is called there; in another thread if its context is a copy."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

ValueT = TypeVar("ValueT")


@contextmanager
def set_within(variable: ContextVar[ValueT], value: ValueT) -> Iterator[None]:
    """Set a context variable for a block, as `with variable.set(value)` does from Python 3.14 on."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)
