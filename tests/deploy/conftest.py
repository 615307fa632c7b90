import secrets
import shutil
from collections.abc import Iterator

import psycopg2
import pytest

from tests.deploy.postgres import SERVER


@pytest.fixture
def database() -> Iterator[str]:
    """A database of its own."""
    try:
        connection = psycopg2.connect(f"{SERVER}/postgres", connect_timeout=10)
    except psycopg2.OperationalError:
        pytest.skip("no PostgreSQL at 127.0.0.1:5432 that trusts its user postgres")
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    connection.autocommit = True
    name = f"pipeline_test_{secrets.token_hex(4)}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield name
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    connection.close()
