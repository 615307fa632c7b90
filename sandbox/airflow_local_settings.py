"""Copied to a private Airflow's home, where each of its processes imports it: writers on SQLite wait in turn.

Airflow 3.3.2 creates a backfill's runs in savepoints that read and then write. On SQLite a savepoint outside a
transaction begins by reading, and its write is refused at once ("database is locked") if the scheduler wrote meanwhile,
which it does as soon as the first of the runs is there. A transaction that means to write from its first word waits.
"""

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

__all__: list[str] = []


@event.listens_for(Engine, "savepoint")
def _mean_to_write(connection: Connection, _name: str | None) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite and not getattr(connection.connection.dbapi_connection, "in_transaction", True):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
