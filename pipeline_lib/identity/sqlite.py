"""Participant uuids in one SQLite file, for projects without Firestore.

The file holds any number of tables, in the shape of Firestore's: a table's name, then address to uuid. It is kept in
SQLite's rollback-journal mode rather than WAL: that survives a kill as well, needs no shared memory (container volumes
lack it), and a copy of the one file is a backup.
"""

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline_lib.errors import ConfigError, DataError, PipelineError, Problem, RetriableSourceError
from pipeline_lib.identity.base import Added, Costs, check_pairs, compared, distinct_addresses, new_uuid, place_of
from pipeline_lib.machine_errors import explained, placing

_APPLICATION_ID = 0x41564655  # "AVFU": tells a file of uuid tables from somebody else's SQLite file
_SCHEMA_VERSION = 1
"""Kept as the file's user_version. Older files say 0 there and have the tables of version 1."""
_COLUMNS = {"tables": ["table_name", "prefix"], "mappings": ["table_name", "address", "uuid"]}

_LOCK_TIMEOUT_SECONDS = 60.0
_SCHEMA = (
    "CREATE TABLE tables (table_name TEXT PRIMARY KEY, prefix TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """CREATE TABLE mappings (
        table_name TEXT NOT NULL REFERENCES tables,
        address TEXT NOT NULL,
        uuid TEXT NOT NULL UNIQUE,
        PRIMARY KEY (table_name, address)
    ) STRICT, WITHOUT ROWID""",
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {_SCHEMA_VERSION}",
)
_SIZE = ("page_count", "page_size")
_RESTORE = "restore it from a backup; a new one would give everybody a second identity"
_CREATE_FIRST = "run `python -m pipeline_lib create-uuid-table` once to make an empty one"


@dataclass(frozen=True)
class SqliteUuidTable:
    """One table of a SQLite file; `open_uuid_table` makes it.

    Each call opens the file anew, so a table may be shared by threads and survives a fork.
    """

    path: Path
    table_name: str
    prefix: str
    costs: Costs = field(default_factory=Costs, compare=False)

    def uuids(self, addresses: Collection[str]) -> dict[str, str]:
        """Each address's uuid, created where it is missing; durable on return."""
        wanted = distinct_addresses(addresses, place_of(self.table_name))
        if not wanted:
            return {}
        with _connection(self.path) as connection:
            # Without a lock first: on most nights most people are known already.
            stored = self._stored(connection, wanted)
            missing = [address for address in wanted if address not in stored]
            if missing:
                with _transaction(connection):
                    _take_over(connection)
                    connection.executemany(
                        "INSERT INTO mappings VALUES (?, ?, ?) ON CONFLICT (table_name, address) DO NOTHING",
                        ((self.table_name, address, new_uuid(self.prefix)) for address in missing),
                    )
                    # Read back: another process may have stored its own uuid between the look and the lock.
                    stored |= self._stored(connection, missing)
        return {address: stored[address] for address in wanted}

    def known(self, addresses: Collection[str]) -> dict[str, str]:
        """The uuids of those addresses that have one; never creates any."""
        wanted = distinct_addresses(addresses, place_of(self.table_name))
        if not wanted:
            return {}
        with _connection(self.path) as connection:
            stored = self._stored(connection, wanted)
        return {address: stored[address] for address in wanted if address in stored}

    def add_known(self, uuids: Mapping[str, str]) -> Added:
        """Adds addresses with the uuids that they have elsewhere; all at once, and what is stored stays."""
        check_pairs(uuids, place_of(self.table_name))
        with _connection(self.path) as connection, _transaction(connection):
            _take_over(connection)
            before = self._stored(connection, uuids)
            # Left out are addresses that have a uuid, and uuids that stand for another address.
            connection.executemany(
                "INSERT INTO mappings VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                ((self.table_name, address, uuid) for address, uuid in uuids.items()),
            )
            return compared(uuids, before, self._stored(connection, uuids))

    def _addresses_with(self, uuids: Collection[str]) -> dict[str, str]:
        """The addresses, with their uuid, of the people with these uuids; only `re_identification` may call it."""
        with _connection(self.path) as connection:
            _fill_wanted(connection, dict.fromkeys(uuids))
            return dict(
                connection.execute(
                    "SELECT address, uuid FROM wanted CROSS JOIN mappings ON uuid = item WHERE table_name = ?",
                    (self.table_name,),
                )
            )

    def _stored(self, connection: sqlite3.Connection, addresses: Iterable[str]) -> dict[str, str]:
        _fill_wanted(connection, addresses)
        return dict(
            connection.execute(
                "SELECT address, uuid FROM wanted CROSS JOIN mappings ON address = item WHERE table_name = ?",
                (self.table_name,),
            )
        )


def open_uuid_table(path: Path, table_name: str, prefix: str) -> SqliteUuidTable:
    """The named table of an existing file.

    Raises:
        ConfigError: There is no such file or table, the file is something else or of a newer version, or the table has
            another prefix.
        DataError: The file is damaged.
    """
    if not path.exists():
        raise ConfigError(Problem(str(path), "there is no such uuid table file", _CREATE_FIRST))
    _check_is_file(path)
    if path.stat().st_size == 0:
        right = f"restore it from a backup; if there never was anything in it, {_CREATE_FIRST}"
        raise ConfigError(Problem(str(path), "is empty, so it is not a file of uuid tables", right))
    with _connection(path) as connection:
        _check_is_ours(connection, path)
        _check_is_whole(connection, path)
        row = connection.execute("SELECT prefix FROM tables WHERE table_name = ?", (table_name,)).fetchone()
    if row is None:
        raise ConfigError(Problem(str(path), f'there is no uuid table "{table_name}"', _CREATE_FIRST))
    if row[0] != prefix:
        wrong = f'the uuids of table "{table_name}" begin with "{row[0]}", not with "{prefix}"'
        raise ConfigError(Problem(str(path), wrong, "correct UuidPrefix or TableName"))
    return SqliteUuidTable(path, table_name, prefix)


def create_uuid_table(path: Path, table_name: str, prefix: str) -> SqliteUuidTable:
    """An empty table, in a new file that only its owner can read or in an existing file of uuid tables.

    Raises:
        ConfigError: The table exists already and is left as it is, or the file is something else or of a newer version.
        DataError: The file is damaged.
        RetriableSourceError: The disk is full. An empty file may remain; the next creation completes it.
    """
    if path.exists():
        _check_is_file(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # SQLite gives its journal the permissions of the file, so these hold for both.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        wrong = f"cannot be made: {error.strerror}"
        raise ConfigError(Problem(str(path), wrong, "name a file in a folder that can be written to")) from error
    with _connection(path) as connection, _transaction(connection):
        if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,):
            for statement in _SCHEMA:
                connection.execute(statement)
        _check_is_ours(connection, path)
        _take_over(connection)
        created = connection.execute(
            "INSERT INTO tables VALUES (?, ?) ON CONFLICT DO NOTHING", (table_name, prefix)
        ).rowcount
    if not created:
        wrong = f'the uuid table "{table_name}" exists already'
        raise ConfigError(
            Problem(str(path), wrong, "use it as it is: a new one would give everybody a second identity")
        )
    return SqliteUuidTable(path, table_name, prefix)


def _check_is_file(path: Path) -> None:
    """Refuse a pipe, for which SQLite would wait, and a device, beside which it would write its journal."""
    if not path.is_file():
        raise ConfigError(Problem(str(path), "is not a regular file", "name another one"))


def _fill_wanted(connection: sqlite3.Connection, items: Iterable[str]) -> None:
    connection.execute("CREATE TEMPORARY TABLE IF NOT EXISTS wanted (item TEXT PRIMARY KEY) WITHOUT ROWID")
    connection.execute("DELETE FROM wanted")
    connection.executemany("INSERT INTO wanted VALUES (?)", ((item,) for item in items))


@contextmanager
def _connection(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection in autocommit mode that never creates the file.

    Even readers may write: the first one after a kill has to roll back the dead writer's journal.
    """
    uri = f"{path.absolute().as_uri()}?mode=rw"
    try:
        with (
            placing(str(path)),
            closing(sqlite3.connect(uri, uri=True, timeout=_LOCK_TIMEOUT_SECONDS, isolation_level=None)) as connection,
        ):
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA temp_store = MEMORY")  # addresses don't go to temporary files
            yield connection
    except sqlite3.DatabaseError as error:
        told = _explained(error, str(path))
        if told is None:
            raise
        raise told from None  # SQLite's own error quotes text that it cannot decode


def _explained(error: sqlite3.DatabaseError, place: str) -> PipelineError | None:
    code = getattr(error, "sqlite_errorcode", None)
    kind = None if code is None else code & 0xFF  # the low byte is the kind, the rest the operation
    if kind in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        wrong = f"another process has been writing for more than {_LOCK_TIMEOUT_SECONDS:.0f} seconds"
        return RetriableSourceError(Problem(place, wrong, "try again when it is done"))
    if kind == sqlite3.SQLITE_NOTADB:
        right = "name another file; if this one was a SQLite file before, restore it from a backup"
        return ConfigError(Problem(place, "is not a SQLite file", right))
    if kind in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}:
        return ConfigError(
            Problem(place, "cannot be opened and written to", "check that it exists and its permissions")
        )
    if kind in {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT}:  # ON CONFLICT handles those of our own tables
        return _other_schema(place)
    if kind == sqlite3.SQLITE_CORRUPT or (kind is None and isinstance(error, sqlite3.OperationalError)):
        return DataError(Problem(place, "is damaged", _RESTORE))
    return explained(error)


def _other_schema(place: str) -> ConfigError:
    wrong = "is a file of uuid tables, but its tables have other columns or rules than this version's"
    return ConfigError(Problem(place, wrong, "restore it from a backup, or name another file"))


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _check_is_ours(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone() != (_APPLICATION_ID,):
        raise ConfigError(Problem(str(path), "is a SQLite file, but not one of uuid tables", "name another file"))
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > _SCHEMA_VERSION:
        wrong = f"has schema version {version}; this pipeline knows versions up to {_SCHEMA_VERSION}"
        raise ConfigError(Problem(str(path), wrong, "run the newer pipeline that wrote it"))
    for table, columns in _COLUMNS.items():
        found = [name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))]
        if found != columns:
            raise _other_schema(str(path))


def _check_is_whole(connection: sqlite3.Connection, path: Path) -> None:
    """SQLite itself notices that a file's end is missing only when it looks up somebody there."""
    with _transaction(connection):  # so that no other process extends the file meanwhile
        (page_count,), (page_bytes,) = (connection.execute(f"PRAGMA {name}").fetchone() for name in _SIZE)
        missing_bytes = page_count * page_bytes - path.stat().st_size
    if missing_bytes > 0:
        wrong = f"is damaged: its last {missing_bytes:,} bytes are missing, as in an interrupted copy"
        raise DataError(Problem(str(path), wrong, _RESTORE))


def _take_over(connection: sqlite3.Connection) -> None:
    """Write the version into a file that has none yet; the file was checked when the table was opened."""
    if connection.execute("PRAGMA user_version").fetchone() == (0,):
        connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
