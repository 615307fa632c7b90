"""A PostgreSQL of this machine, as tests of the deployment use it."""

import psycopg2
from psycopg2 import sql

SERVER = "postgresql://postgres@127.0.0.1:5432"


def query(database: str, *statements: str | sql.Composable) -> list[tuple[object, ...]]:
    """Executes statements, and returns the rows that the last one gives."""
    connection = psycopg2.connect(f"{SERVER}/{database}")
    with connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        rows: list[tuple[object, ...]] = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows
