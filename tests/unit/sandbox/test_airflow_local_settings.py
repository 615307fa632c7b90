import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from sandbox import airflow_local_settings
from sandbox.airflow_server import REPOSITORY


@pytest.fixture
def other_writer(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another process's connection, that does not wait."""
    connection = sqlite3.connect(tmp_path / "airflow.db", timeout=0, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE runs (id TEXT)")
    yield connection
    connection.close()


def _read_then_write_in_a_savepoint(engine: Engine, other_writer: sqlite3.Connection) -> None:
    with Session(engine) as session, session.begin_nested():
        session.execute(text("SELECT * FROM runs"))
        with suppress(sqlite3.OperationalError):  # it may have to wait
            other_writer.execute("INSERT INTO runs VALUES ('of the scheduler')")
        session.execute(text("INSERT INTO runs VALUES ('of the backfill')"))


def test_what_a_savepoint_read_is_still_so_when_it_writes(tmp_path: Path, other_writer: sqlite3.Connection) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/airflow.db")
    _read_then_write_in_a_savepoint(engine, other_writer)
    engine.dispose()


def test_without_it_airflow_is_refused(tmp_path: Path, other_writer: sqlite3.Connection) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/airflow.db")
    event.remove(Engine, "savepoint", airflow_local_settings._mean_to_write)
    try:
        with pytest.raises(OperationalError, match="database is locked"):
            _read_then_write_in_a_savepoint(engine, other_writer)
    finally:
        event.listen(Engine, "savepoint", airflow_local_settings._mean_to_write)
        engine.dispose()


def _patience(engine: Engine) -> int:
    """For how many milliseconds a transaction waits for its turn to write."""
    with Session(engine) as session:
        return int(session.execute(text("PRAGMA busy_timeout")).scalar_one())


def test_who_holds_up_an_event_loop_waits_shortly_and_everybody_else_for_long(tmp_path: Path) -> None:
    async def patience_on_loop() -> int:
        return _patience(engine)

    engine = create_engine(f"sqlite:///{tmp_path}/airflow.db", pool_size=1)
    assert [_patience(engine), asyncio.run(patience_on_loop()), _patience(engine)] == [60_000, 2_000, 60_000]
    engine.dispose()


@pytest.mark.slow
def test_a_scheduler_has_imported_what_each_of_its_tasks_would_import(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    shutil.copy(airflow_local_settings.__file__, tmp_path / "config/airflow_local_settings.py")
    program = "import airflow.settings, sys; print('pipeline_lib.orchestration.dag' in sys.modules)"
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", program, "scheduler"]
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[-1] == "True"
