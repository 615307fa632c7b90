import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

import pipeline_lib
from pipeline_lib.errors import ConfigError, RetriableSourceError
from pipeline_lib.identity import sqlite
from pipeline_lib.identity.sqlite import create_uuid_table, open_uuid_table

PREFIX = "avf-phone-uuid-"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "uuids.sqlite"


def test_a_new_file_is_readable_by_its_owner_only(path: Path) -> None:
    umask = os.umask(0)
    try:
        create_uuid_table(path, "PHONES", PREFIX)
    finally:
        os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_journal_of_a_running_transaction_is_readable_by_its_owner_only(path: Path) -> None:
    create_uuid_table(path, "PHONES", PREFIX)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO mappings VALUES ('PHONES', '1', 'u')")
        [journal] = [file for file in path.parent.iterdir() if file != path]
        assert journal.stat().st_mode & 0o777 == 0o600


def test_an_existing_table_is_refused_and_left_as_it_is(path: Path) -> None:
    stored = create_uuid_table(path, "PHONES", PREFIX).uuids(["1"])
    before = path.read_bytes()
    with pytest.raises(ConfigError, match='the uuid table "PHONES" exists already'):
        create_uuid_table(path, "PHONES", "avf-other-uuid-")
    assert path.read_bytes() == before
    assert open_uuid_table(path, "PHONES", PREFIX).known(["1"]) == stored


def test_tables_of_one_file_do_not_share_people(path: Path) -> None:
    phones = create_uuid_table(path, "PHONES", PREFIX)
    facebook = create_uuid_table(path, "FACEBOOK", "avf-facebook-uuid-")
    phones.uuids(["1"])
    assert facebook.known(["1"]) == {}
    assert facebook.uuids(["1"])["1"].startswith("avf-facebook-uuid-")


def test_a_missing_file_says_how_to_make_one(path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        open_uuid_table(path, "PHONES", PREFIX)
    assert str(caught.value) == (
        f"{path}: there is no such uuid table file; "
        "run `python -m pipeline_lib create-uuid-table` once to make an empty one"
    )
    assert not path.exists()


def test_a_missing_table_says_how_to_make_one(path: Path) -> None:
    create_uuid_table(path, "PHONES", PREFIX)
    with pytest.raises(
        ConfigError, match='there is no uuid table "PHONE"; run `python -m pipeline_lib create-uuid-table`'
    ):
        open_uuid_table(path, "PHONE", PREFIX)


def test_another_prefix_than_the_tables_is_refused(path: Path) -> None:
    create_uuid_table(path, "PHONES", PREFIX)
    with pytest.raises(ConfigError, match='begin with "avf-phone-uuid-", not with "avf-participant-uuid-"'):
        open_uuid_table(path, "PHONES", "avf-participant-uuid-")


def test_a_file_that_vanished_is_not_made_anew(path: Path) -> None:
    table = create_uuid_table(path, "PHONES", PREFIX)
    path.unlink()
    with pytest.raises(ConfigError, match="cannot be opened"):
        table.uuids(["1"])
    assert not path.exists()


def test_a_file_that_is_something_else_is_refused_and_left_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("Avf Phone Id,Message\n" * 100)
    for make in (create_uuid_table, open_uuid_table):
        with pytest.raises(ConfigError, match="is not a SQLite file"):
            make(path, "PHONES", PREFIX)
    assert path.read_text() == "Avf Phone Id,Message\n" * 100


def test_somebody_elses_sqlite_file_is_refused_and_left_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE dag_run (id)")
    before = path.read_bytes()
    for make in (create_uuid_table, open_uuid_table):
        with pytest.raises(ConfigError, match="not one of uuid tables"):
            make(path, "PHONES", PREFIX)
    assert path.read_bytes() == before


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be made: Is a directory"):
        create_uuid_table(tmp_path, "PHONES", PREFIX)
    with pytest.raises(ConfigError, match="cannot be opened"):
        open_uuid_table(tmp_path, "PHONES", PREFIX)


def test_an_empty_file_that_a_killed_creation_left_is_completed(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with pytest.raises(ConfigError, match="not one of uuid tables"):
        open_uuid_table(path, "PHONES", PREFIX)
    create_uuid_table(path, "PHONES", PREFIX)
    assert open_uuid_table(path, "PHONES", PREFIX).known(["1"]) == {}


def test_a_lock_that_another_process_keeps_is_worth_a_retry(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = create_uuid_table(path, "PHONES", PREFIX)
    monkeypatch.setattr(sqlite, "_LOCK_TIMEOUT_SECONDS", 0.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RetriableSourceError, match="another process has been writing"):
            table.uuids(["1"])
        assert table.known(["1"]) == {}


def test_a_writer_killed_inside_its_transaction_leaves_nothing_of_it(path: Path) -> None:
    stored = create_uuid_table(path, "PHONES", PREFIX).uuids(["before"])
    # Killed by the 90,000th uuid that it asks for: by then pages of the unfinished batch are in the file.
    program = f"""
import itertools, os, signal, uuid
from pathlib import Path
from pipeline_lib.identity.sqlite import open_uuid_table
count, uuid4 = itertools.count(), uuid.uuid4
uuid.uuid4 = lambda: os.kill(os.getpid(), signal.SIGKILL) if next(count) == 90_000 else uuid4()
open_uuid_table(Path({str(path)!r}), "PHONES", {PREFIX!r}).uuids([str(n) for n in range(100_000)])
"""
    size = path.stat().st_size
    environment = {**os.environ, "PYTHONPATH": str(Path(pipeline_lib.__file__).parents[1])}
    killed = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert path.with_name("uuids.sqlite-journal").exists()
    assert path.stat().st_size > size
    table = open_uuid_table(path, "PHONES", PREFIX)
    assert table.known(["before", "0", "89999"]) == stored
    assert len(table.uuids(["0", "1"])) == 2


def test_a_batch_of_a_hundred_thousand_takes_seconds(path: Path) -> None:
    table = create_uuid_table(path, "PHONES", PREFIX)
    addresses = [f"25261{n:07}" for n in range(100_000)]
    started_at = time.process_time()
    created = table.uuids(addresses)
    assert time.process_time() - started_at < 6
    started_at = time.process_time()
    assert table.uuids(addresses) == created
    assert time.process_time() - started_at < 6
