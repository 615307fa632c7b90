"""The local cache: hidden, shared, thrown away rather than trusted."""

import logging
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

import pipeline_lib
from pipeline_lib.errors import ConfigError
from pipeline_lib.identity import cache as cache_module
from pipeline_lib.identity.cache import UuidCache, open_uuid_cache

TABLE = "firestore/project/water"
SECRET = "0123456789abcdef" * 2
PEOPLE = {"252610000001": "avf-phone-uuid-1", "252610000002": "avf-phone-uuid-2"}


def opened(folder: Path, secret: str | None = None) -> UuidCache:
    cache = open_uuid_cache(folder, secret)
    assert cache is not None
    return cache


@pytest.fixture
def cache(tmp_path: Path) -> UuidCache:
    return opened(tmp_path / "cache")


def test_what_was_remembered_is_known_to_whoever_opens_the_cache_next(cache: UuidCache) -> None:
    cache.remember(TABLE, PEOPLE)
    assert opened(cache.path.parent).uuids(TABLE, [*PEOPLE, "3"]) == PEOPLE


def test_an_empty_cache_knows_nobody(cache: UuidCache) -> None:
    assert cache.uuids(TABLE, list(PEOPLE)) == {}
    assert cache.uuids(TABLE, []) == {}


def test_tables_do_not_share_people(cache: UuidCache) -> None:
    cache.remember(TABLE, PEOPLE)
    assert cache.uuids(f"{TABLE}2", list(PEOPLE)) == {}
    assert cache.uuids(TABLE[:-1], ["r252610000001"]) == {}  # nor does one whose name ends where an address begins


def test_any_text_can_be_remembered(cache: UuidCache) -> None:
    people = {"é": "1", "e\u0301": "2", "a\0b": "3", "😀" * 375: "4", " ": "5"}
    cache.remember(TABLE, people)
    assert cache.uuids(TABLE, list(people)) == people


def test_the_file_says_nothing_without_the_secret(tmp_path: Path) -> None:
    cache = opened(tmp_path / "cache", SECRET)
    cache.remember(TABLE, PEOPLE)
    cache.remember(TABLE, {"252610000003": PEOPLE["252610000001"]})
    content = cache.path.read_bytes()
    for said in (*PEOPLE, *PEOPLE.values(), TABLE, "avf-phone", SECRET):
        assert said.encode() not in content
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["uuids.sqlite"]
    with closing(sqlite3.connect(cache.path)) as connection:
        sealed = [row for (row,) in connection.execute("SELECT sealed FROM uuids")]
    assert len(set(sealed)) == 3  # equal uuids don't look equal
    assert SECRET not in repr(cache)


def of_an_hour_ago(cache: UuidCache) -> None:
    """Lets an hour pass since people were remembered."""
    with closing(sqlite3.connect(cache.path, isolation_level=None)) as connection:
        connection.execute("UPDATE uuids SET young_since = young_since - 3600")


def test_the_young_of_a_table_are_told_when_they_are_old_enough_and_until_they_are_settled(cache: UuidCache) -> None:
    cache.remember(TABLE, PEOPLE, young=["252610000001"])
    cache.remember("another table", PEOPLE, young=["252610000002"])
    assert cache.young(TABLE, 3600) == {}
    of_an_hour_ago(cache)
    young = cache.young(TABLE, 3600)
    assert list(young.values()) == ["avf-phone-uuid-1"]
    cache.settle(list(young))
    assert cache.young(TABLE, 3600) == {}
    assert list(cache.young("another table", 3600).values()) == ["avf-phone-uuid-2"]
    assert cache.uuids(TABLE, list(PEOPLE)) == PEOPLE


def test_a_cache_from_before_the_young_were_kept_keeps_its_people(cache: UuidCache) -> None:
    cache.remember(TABLE, PEOPLE)
    with closing(sqlite3.connect(cache.path, isolation_level=None)) as connection:
        connection.execute("DROP INDEX young")
        connection.execute("ALTER TABLE uuids DROP COLUMN young_since")
        connection.execute("ALTER TABLE uuids DROP COLUMN of_table")
        connection.execute("PRAGMA user_version = 0")
    again = opened(cache.path.parent)
    assert again.uuids(TABLE, list(PEOPLE)) == PEOPLE
    again.remember(TABLE, {"3": "uuid 3"}, young=["3"])
    of_an_hour_ago(again)
    assert list(again.young(TABLE, 3600).values()) == ["uuid 3"]


def test_files_and_folder_are_their_owners_alone(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        cache = opened(tmp_path / "of" / "pipelines")
        cache.remember(TABLE, PEOPLE)
    finally:
        os.umask(umask)
    modes = {path.name: path.stat().st_mode & 0o777 for path in cache.path.parent.iterdir()}
    assert modes == {"uuids.sqlite": 0o600, "uuids.key": 0o600}
    assert cache.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_cache_of_another_secret_is_thrown_away_and_fills_anew(tmp_path: Path) -> None:
    first = opened(tmp_path, SECRET)
    first.remember(TABLE, PEOPLE)
    second = opened(tmp_path, SECRET[::-1])
    assert second.uuids(TABLE, list(PEOPLE)) == {}
    second.remember(TABLE, {"252610000001": "avf-phone-uuid-1"})
    assert second.uuids(TABLE, list(PEOPLE)) == {"252610000001": "avf-phone-uuid-1"}
    assert first.uuids(TABLE, list(PEOPLE)) == {}


def test_a_secret_that_could_be_guessed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        open_uuid_cache(tmp_path, "hunter2")
    assert str(caught.value) == (
        "the secret of the cache of uuids: is shorter than 32 characters; make one: openssl rand -hex 32"
    )


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def overwritten(path: Path) -> None:
    path.write_bytes(b"Avf Phone Id,Message\n" * 1000)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def somebody_elses(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE dag_run (id)")


def without_its_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE uuids")


def in_another_shape(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE uuids RENAME COLUMN sealed TO value")


def beside_anothers_journal(path: Path) -> None:
    path.write_bytes(b"\0" * 4096)
    path.with_name("uuids.sqlite-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"\0" * 4096)


@pytest.mark.parametrize(
    "damage",
    [
        cut_short,
        overwritten,
        emptied,
        somebody_elses,
        without_its_table,
        in_another_shape,
        beside_anothers_journal,
    ],
)
def test_a_damaged_cache_is_forgotten_and_fills_anew(cache: UuidCache, damage: Callable[[Path], None]) -> None:
    cache.remember(TABLE, {str(n): f"uuid {n}" for n in range(2000)})
    damage(cache.path)
    assert cache.uuids(TABLE, ["1"]) in ({}, {"1": "uuid 1"})
    cache.remember(TABLE, PEOPLE)
    assert cache.uuids(TABLE, list(PEOPLE)) == PEOPLE


@pytest.mark.slow
def test_wherever_a_byte_is_changed_no_wrong_uuid_comes_out(cache: UuidCache) -> None:
    people = {str(n): f"uuid {n}" for n in range(100)}
    cache.remember(TABLE, people)
    content = cache.path.read_bytes()
    for position in range(0, len(content), 97):
        changed = bytes([content[position] ^ 0xFF])
        cache.path.write_bytes(content[:position] + changed + content[position + 1 :])
        assert cache.uuids(TABLE, list(people)).items() <= people.items()


def test_a_value_put_under_anothers_key_does_not_open(cache: UuidCache) -> None:
    cache.remember(TABLE, PEOPLE)
    with closing(sqlite3.connect(cache.path, isolation_level=None)) as connection:
        (first, _), (_, second) = connection.execute("SELECT key, sealed FROM uuids").fetchall()
        connection.execute("UPDATE uuids SET sealed = ? WHERE key = ?", (second, first))
    assert len(cache.uuids(TABLE, list(PEOPLE))) == 1
    cache.remember(TABLE, PEOPLE)
    assert cache.uuids(TABLE, list(PEOPLE)) == PEOPLE


@pytest.mark.parametrize("kept", [b"", b"short", b"x" * 33])
def test_a_damaged_secret_is_made_anew_and_the_cache_with_it(cache: UuidCache, kept: bytes) -> None:
    cache.remember(TABLE, PEOPLE)
    (cache.path.parent / "uuids.key").write_bytes(kept)
    again = opened(cache.path.parent)
    assert again.uuids(TABLE, list(PEOPLE)) == {}
    again.remember(TABLE, PEOPLE)
    assert opened(cache.path.parent).uuids(TABLE, list(PEOPLE)) == PEOPLE


def test_a_place_that_cannot_be_used_is_done_without(
    tmp_path: Path, cache: UuidCache, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    assert open_uuid_cache(tmp_path / "file" / "cache") is None
    assert "There is no cache of uuids" in caplog.text
    a_folder_instead = cache.path
    a_folder_instead.mkdir()
    cache.remember(TABLE, PEOPLE)
    assert cache.uuids(TABLE, list(PEOPLE)) == {}
    assert "252610000001" not in caplog.text


def test_a_cache_that_another_process_writes_to_is_read_or_done_without_and_stays(
    cache: UuidCache, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(cache_module, "_LOCK_TIMEOUT_SECONDS", 0.0)
    cache.remember(TABLE, PEOPLE)
    with closing(sqlite3.connect(cache.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with caplog.at_level(logging.WARNING):
            assert cache.uuids(TABLE, list(PEOPLE)) == {}
            cache.remember(TABLE, {"3": "uuid 3"})
        other.execute("ROLLBACK")
    assert [record.message for record in caplog.records] == [
        f"The cache of uuids is not used for now: {cache.path}: another process uses it"
    ] * 2
    assert cache.uuids(TABLE, [*PEOPLE, "3"]) == PEOPLE


def test_a_cache_whose_disk_is_full_is_done_without_and_stays(
    cache: UuidCache, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cache.remember(TABLE, PEOPLE)
    prepare = UuidCache._prepare

    def on_a_full_disk(cache: UuidCache, connection: sqlite3.Connection) -> None:
        prepare(cache, connection)
        connection.execute("PRAGMA max_page_count = 2")

    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING):
        patched.setattr(UuidCache, "_prepare", on_a_full_disk)
        cache.remember(TABLE, {str(number): f"uuid {number}" for number in range(1000)})
    assert [record.message for record in caplog.records] == [
        f"The cache of uuids is not used for now: {cache.path}: its disk is full"
    ]
    assert cache.uuids(TABLE, list(PEOPLE)) == PEOPLE


PROGRAM = """
import sys
from pathlib import Path
from pipeline_lib.identity import cache as module
from pipeline_lib.identity.cache import open_uuid_cache
module._LOCK_TIMEOUT_SECONDS = 600
print("ready", flush=True)
sys.stdin.readline()
for start in range(0, 2000, 100):
    cache = open_uuid_cache(Path(sys.argv[1]))
    cache.remember("T", {str(n): f"uuid {n}" for n in range(start, start + 100)})
"""


@pytest.mark.slow
def test_processes_that_begin_at_once_share_one_secret_and_one_file(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(pipeline_lib.__file__).parents[1])}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "cache")]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with ExitStack() as stack:
        processes: list[Any] = [
            stack.enter_context(subprocess.Popen(command, env=environment, text=True, **pipes)) for _ in range(3)
        ]
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * 3
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        assert [process.communicate()[1] for process in processes] == [""] * 3  # not even a warning
    people = {str(n): f"uuid {n}" for n in range(2000)}
    assert opened(tmp_path / "cache").uuids("T", list(people)) == people
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["uuids.key", "uuids.sqlite"]


@pytest.mark.slow
def test_a_hundred_thousand_answers_take_seconds(cache: UuidCache) -> None:
    people = {f"25261{n:07}": f"avf-phone-uuid-00000000-0000-4000-8000-{n:012}" for n in range(100_000)}
    cache.remember(TABLE, people)
    started_at = time.process_time()
    assert cache.uuids(TABLE, list(people)) == people
    assert time.process_time() - started_at < 100  # some tenths, and hours if each looked through all others
