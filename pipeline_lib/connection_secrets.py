"""Airflow's connections for code that needs a secret (`connection://<id>` in a config) but not Airflow.

This module imports almost nothing, so a command that reads no connection pays nothing for it.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar

from pipeline_lib.context_variables import set_within

ReadConnection = Callable[[str], str | None]
"""The secret of the connection with that id; None where there is no such connection."""

_lent: ContextVar[ReadConnection | None] = ContextVar("lent", default=None)


def lending_connections(read: ReadConnection) -> AbstractContextManager[None]:
    """Make connections readable within the block."""
    return set_within(_lent, read)


def lent_connections() -> ReadConnection | None:
    """The function that reads connections in this context; None where there is none."""
    return _lent.get()
