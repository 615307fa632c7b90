import os
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from pipeline_lib.errors import ConfigError, DataError, RetriableSourceError
from pipeline_lib.identity import sqlite
from pipeline_lib.identity.sqlite import create_uuid_table, open_uuid_table
from tests.forked_commands import forked_program

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


def test_an_empty_file_that_a_killed_creation_left_is_completed(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with pytest.raises(ConfigError, match="is empty, so it is not a file of uuid tables"):
        open_uuid_table(path, "PHONES", PREFIX)
    create_uuid_table(path, "PHONES", PREFIX)
    assert open_uuid_table(path, "PHONES", PREFIX).known(["1"]) == {}


def written(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def version_of(path: Path) -> tuple[int, int]:
    with closing(sqlite3.connect(path)) as connection:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version


def test_a_file_says_what_it_is_and_the_version_of_its_schema(path: Path) -> None:
    create_uuid_table(path, "PHONES", PREFIX)
    assert version_of(path) == (int.from_bytes(b"AVFU"), 1)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: open_uuid_table(path, "PHONES", PREFIX).uuids(["another"]),
        lambda path: open_uuid_table(path, "PHONES", PREFIX).add_known({"another": f"{PREFIX}{uuid4()}"}),
        lambda path: create_uuid_table(path, "FACEBOOK", PREFIX),
    ],
)
def test_a_file_from_before_versions_were_kept_is_taken_over_with_its_people(
    path: Path, write: Callable[[Path], object]
) -> None:
    stored = create_uuid_table(path, "PHONES", PREFIX).uuids(["1"])
    written(path, "PRAGMA user_version = 0")
    assert open_uuid_table(path, "PHONES", PREFIX).known(["1"]) == stored
    assert version_of(path)[1] == 0  # whoever only reads may not be allowed to write
    write(path)
    assert version_of(path)[1] == 1
    assert open_uuid_table(path, "PHONES", PREFIX).known(["1"]) == stored


OTHER_SCHEMA = "its tables have other columns or rules than this version's"


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("PRAGMA user_version = 2", "has schema version 2; this pipeline knows versions up to 1"),
        ("ALTER TABLE mappings RENAME COLUMN uuid TO person", OTHER_SCHEMA),
        ("ALTER TABLE tables ADD COLUMN made_at TEXT", OTHER_SCHEMA),
        ("DROP TABLE mappings", OTHER_SCHEMA),
    ],
)
def test_a_file_of_another_schema_is_refused_and_left_as_it_is(path: Path, statement: str, sentence: str) -> None:
    table = create_uuid_table(path, "PHONES", PREFIX)
    written(path, statement)
    before = path.read_bytes()
    for make in (create_uuid_table, open_uuid_table):
        with pytest.raises(ConfigError, match=sentence):
            make(path, "PHONES", PREFIX)
    assert path.read_bytes() == before
    if "mappings" in statement:  # it became so while the table was open
        with pytest.raises(ConfigError, match="other columns"):
            table.uuids(["1"])


def test_a_rule_of_another_schema_is_told_of_without_the_address_that_it_refuses(path: Path) -> None:
    table = create_uuid_table(path, "PHONES", PREFIX)
    rule = "CREATE TRIGGER rule BEFORE INSERT ON mappings BEGIN SELECT RAISE(ABORT, '252612345678'); END"
    written(path, rule)
    for write in (table.uuids, lambda people: table.add_known({people[0]: f"{PREFIX}{uuid4()}"})):
        with pytest.raises(ConfigError, match="other columns or rules") as refused:
            write(["252612345678"])
        assert "252612345678" not in str(refused.value)


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
def test_what_is_no_file_is_neither_opened_nor_made_a_table_of(path: Path, make: Callable[[Path], None]) -> None:
    path.parent.mkdir(exist_ok=True)
    make(path)
    for open_or_make in (open_uuid_table, create_uuid_table):
        with pytest.raises(ConfigError, match="is not a regular file; name another one"):
            open_or_make(path, "PHONES", PREFIX)
    assert list(path.parent.iterdir()) == [path]


def spoiled(path: Path, page: int, content: bytes) -> None:
    with path.open("r+b") as opened:
        opened.seek(page * 4096)
        opened.write(content)


def test_a_damaged_file_is_told_to_be_restored_and_never_made_anew(path: Path) -> None:
    table = create_uuid_table(path, "PHONES", PREFIX)
    people = [f"25261{number:07}" for number in range(2000)]
    uuids = table.uuids(people)
    whole = path.read_bytes()
    sentence = "is damaged; restore it from a backup; a new one would give everybody a second identity"
    for damaged in (
        whole[: len(whole) // 2],
        whole[: 4096 * 3] + b"\xff" * (len(whole) - 4096 * 3),
        whole.replace(uuids[people[0]].encode(), b"\xff" * len(uuids[people[0]])),  # SQLite's own error would quote it
    ):
        path.write_bytes(damaged)
        for use in (table.known, table.uuids):
            with pytest.raises(DataError) as raised:
                use([*people, "another"])
            assert str(raised.value) == f"{path}: {sentence}"
            assert raised.value.__suppress_context__


OF_THE_END = "is damaged: its last {:,} bytes are missing, as in an interrupted copy"


@pytest.mark.parametrize(("missing_bytes", "state"), [
    (1, OF_THE_END.format(1)),
    (4095, OF_THE_END.format(4095)),
    (4096, "is damaged"),  # of whole pages SQLite itself sees that they are not there
    (200_000, "is damaged"),
])  # fmt: skip
def test_a_copy_that_was_broken_off_is_not_opened_whoever_is_asked_for(
    path: Path, missing_bytes: int, state: str
) -> None:
    create_uuid_table(path, "PHONES", PREFIX).uuids([f"25261{number:07}" for number in range(2000)])
    path.write_bytes(path.read_bytes()[:-missing_bytes])
    with pytest.raises(DataError) as raised:
        open_uuid_table(path, "PHONES", PREFIX)
    right = "restore it from a backup; a new one would give everybody a second identity"
    assert str(raised.value) == f"{path}: {state}; {right}"


def test_a_file_whose_beginning_is_damaged_is_not_made_anew(path: Path) -> None:
    table = create_uuid_table(path, "PHONES", PREFIX)
    spoiled(path, 0, b"\0" * 100)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="is not a SQLite file; name another file; if this one was"):
        table.uuids(["1"])
    assert path.read_bytes() == before


def test_a_file_cut_down_to_nothing_is_told_to_be_restored(path: Path) -> None:
    create_uuid_table(path, "PHONES", PREFIX)
    path.write_bytes(b"")
    with pytest.raises(ConfigError, match="is empty, so it is not a file of uuid tables; restore it from a backup"):
        open_uuid_table(path, "PHONES", PREFIX)


def test_a_full_disk_is_worth_a_retry_and_nobody_is_lost(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = create_uuid_table(path, "PHONES", PREFIX)
    stored = table.uuids(["1"])
    take_over = sqlite._take_over

    def on_a_full_disk(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA max_page_count = 4")
        take_over(connection)

    monkeypatch.setattr(sqlite, "_take_over", on_a_full_disk)
    with pytest.raises(RetriableSourceError) as raised:
        table.uuids([f"25261{number:07}" for number in range(2000)])
    assert str(raised.value).startswith(f"{path}: its disk is full; make room there")
    assert table.known(["1", "252610000000"]) == stored


def test_a_lock_that_another_process_keeps_is_worth_a_retry(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = create_uuid_table(path, "PHONES", PREFIX)
    monkeypatch.setattr(sqlite, "_LOCK_TIMEOUT_SECONDS", 0.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RetriableSourceError, match="another process has been writing"):
            table.uuids(["1"])
        assert table.known(["1"]) == {}


@pytest.mark.slow
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
    with forked_program(program) as killed:
        assert killed.wait() == -signal.SIGKILL
    assert path.with_name("uuids.sqlite-journal").exists()
    assert path.stat().st_size > size
    table = open_uuid_table(path, "PHONES", PREFIX)
    assert table.known(["before", "0", "89999"]) == stored
    assert len(table.uuids(["0", "1"])) == 2


@pytest.mark.slow
def test_a_batch_of_a_hundred_thousand_takes_seconds(path: Path) -> None:
    table = create_uuid_table(path, "PHONES", PREFIX)
    addresses = [f"25261{n:07}" for n in range(100_000)]
    started_at = time.process_time()
    created = table.uuids(addresses)
    assert time.process_time() - started_at < 100
    started_at = time.process_time()
    assert table.uuids(addresses) == created
    assert time.process_time() - started_at < 100
