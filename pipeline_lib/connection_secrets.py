"""Airflow's connections, lent by who knows Airflow to who needs a secret: `connection://<id>` in a config.

It stands below everything and imports next to nothing, so that lending costs a command nothing that never borrows.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar

from pipeline_lib.context_values import set_within

ReadConnection = Callable[[str], str | None]
"""The secret of the connection with that id; None where there is no such connection."""

_lent: ContextVar[ReadConnection | None] = ContextVar("lent", default=None)


def lending_connections(read: ReadConnection) -> AbstractContextManager[None]:
    """Have connections readable inside."""
    return set_within(_lent, read)


def lent_connections() -> ReadConnection | None:
    """What reads connections here and now, if anything does."""
    return _lent.get()
