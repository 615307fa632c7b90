"""Context variables set for a block and all that it calls; other threads see them in a copy of the context."""

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
