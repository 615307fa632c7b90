"""Airflow's connections, lent by who knows Airflow to who needs a secret: `connection://<id>` in a config.

It stands below everything and imports nothing, so that lending costs a command nothing that never borrows.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

ReadConnection = Callable[[str], str | None]
"""The secret of the connection with that id; None where there is no such connection."""

_lent: ContextVar[ReadConnection | None] = ContextVar("lent", default=None)


@contextmanager
def lending_connections(read: ReadConnection) -> Iterator[None]:
    """Have connections readable inside."""
    token = _lent.set(read)
    try:
        yield
    finally:
        _lent.reset(token)


def lent_connections() -> ReadConnection | None:
    """What reads connections here and now, if anything does."""
    return _lent.get()
