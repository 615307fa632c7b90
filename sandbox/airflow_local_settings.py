"""Copied to a private Airflow's home, where each of its processes imports it: writers on SQLite wait in turn.

Airflow 3.3.2 creates a backfill's runs in savepoints that read and then write. On SQLite a savepoint outside a
transaction begins by reading, and its write is refused at once ("database is locked") if the scheduler wrote meanwhile,
which it does as soon as the first of the runs is there. A transaction that means to write from its first word waits.

Its API writes who asked for what, and waits for its turn, on the event loop; but a request of a task that has written
ends its transaction with the loop's help. Where both meet, each waits for the other: so the loop waits shortly, and who
asked is answered 500 and asks again.
"""

import asyncio
import sys

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

__all__: list[str] = []

_PATIENCE_MS = 60_000
"""SQLite has one writer at a time: on a busy machine five seconds, its default, are no long wait."""
_PATIENCE_ON_EVENT_LOOP_MS = 2_000


@event.listens_for(Engine, "begin")
def _wait_for_turn(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and not connection.dialect.is_async:
        patience = _PATIENCE_ON_EVENT_LOOP_MS if _is_on_event_loop() else _PATIENCE_MS
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {patience}")


def _is_on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@event.listens_for(Engine, "savepoint")
def _mean_to_write(connection: Connection, _name: str | None) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite and not getattr(connection.connection.dbapi_connection, "in_transaction", True):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


if {"scheduler", "dag-processor"} & set(sys.argv[1:2]):
    # Their children, which run tasks and read DAGs, would each import it anew: a third of a second of a processor.
    import pipeline_lib.orchestration.dag  # noqa: F401
