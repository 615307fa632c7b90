"""A local cache of what tables on Firestore have answered, so that nobody is looked up twice.

One SQLite file serves all tables and processes. A row's key is an HMAC of the address, and the row holds the encrypted
uuid: without the secret, which is in a file beside it or in a setting, the file says nothing about anybody. Nothing
depends on the file: one that is damaged, not a cache or made with another secret is deleted and fills up again.

If a document was young when its uuid was cached, the row keeps that time until a later check has found the document
unchanged: a predecessor may overwrite a document that did not exist when it looked a moment before.
"""

import hmac
import logging
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.identity.base import in_chunks
from pipeline_lib.machine_errors import explained

ResultT = TypeVar("ResultT")
KeyT = TypeVar("KeyT")

_logger = logging.getLogger(__name__)

_FILENAME = "uuids.sqlite"
_SECRET_FILENAME = "uuids.key"  # noqa: S105 - a file's name
_SECRET_BYTES = 32
_SHORTEST_SECRET = 32
_NONCE_BYTES = 12
_LOCK_TIMEOUT_SECONDS = 10.0
_CHUNK = 500
_SCHEMA = "CREATE TABLE uuids (key BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID"
_SCHEMA_OF_THE_YOUNG = (
    "ALTER TABLE uuids ADD COLUMN of_table BLOB",
    "ALTER TABLE uuids ADD COLUMN young_since INTEGER",  # in seconds of Unix time; null once it is known to stay
    "CREATE INDEX young ON uuids (of_table, young_since) WHERE young_since IS NOT NULL",
    "PRAGMA user_version = 1",
)


@dataclass(frozen=True)
class UuidCache:
    """The cache in one file; `open_uuid_cache` makes it. Safe to share by threads and processes."""

    path: Path
    secret: bytes = field(repr=False)

    def uuids(self, table: str, addresses: Collection[str]) -> dict[str, str]:
        """The uuids of those addresses that were remembered for the table.

        Args:
            table: A name that no other table anywhere has; the file does not hold it.
            addresses: Each once.
        """
        keys = self._keys(table, addresses)

        def read(connection: sqlite3.Connection) -> dict[str, str]:
            return self._opened(_rows(connection, sorted(keys)), keys)

        return self._use(read, otherwise={})

    def remember(self, table: str, uuids: Mapping[str, str], young: Collection[str] = ()) -> None:
        """Keeps uuids that the table has stored, and never any others.

        Args:
            table: As for `uuids`.
            uuids: By address.
            young: Addresses whose stored uuid has to be checked once more.
        """
        cipher = self._cipher()
        keys = self._keys(table, uuids)
        of_table, now, young = self._of_table(table).digest(), int(time.time()), set(young)
        rows = [
            (key, _sealed(cipher, key, uuids[keys[key]]), *((of_table, now) if keys[key] in young else (None, None)))
            for key in sorted(keys)
        ]

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT OR REPLACE INTO uuids VALUES (?, ?, ?, ?)", rows)
            connection.execute("COMMIT")

        if rows:
            self._use(write, otherwise=None)

    def young(self, table: str, age_seconds: float) -> dict[bytes, str]:
        """The uuids that were cached as young at least `age_seconds` ago, by the key that `settle` takes."""
        of_table, until = self._of_table(table).digest(), time.time() - age_seconds

        def read(connection: sqlite3.Connection) -> dict[bytes, str]:
            wanted = "SELECT key, sealed FROM uuids WHERE of_table = ? AND young_since <= ?"
            rows = connection.execute(wanted, (of_table, until)).fetchall()
            return self._opened(iter(rows), {key: key for key, _ in rows})

        return self._use(read, otherwise={})

    def settle(self, keys: Collection[bytes]) -> None:
        """Notes that people are still stored as they were cached, and need no other check."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "UPDATE uuids SET of_table = NULL, young_since = NULL WHERE key = ?", ((key,) for key in keys)
            )
            connection.execute("COMMIT")

        if keys:
            self._use(write, otherwise=None)

    def _opened(self, rows: Iterator[tuple[bytes, bytes]], keys: Mapping[bytes, KeyT]) -> dict[KeyT, str]:
        cipher = self._cipher()
        found = {}
        for key, sealed in rows:
            # A row that cannot be decrypted with its own key and the secret counts as missing, whatever the reason.
            with suppress(InvalidTag, ValueError):
                found[keys[key]] = cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], key).decode()
        return found

    def _keys(self, table: str, addresses: Collection[str]) -> dict[bytes, str]:
        of_table = self._of_table(table)
        keys = {}
        for address in addresses:
            of_address = of_table.copy()
            of_address.update(address.encode())
            keys[of_address.digest()] = address
        return keys

    def _of_table(self, table: str) -> hmac.HMAC:
        return hmac.new(self._derived("keys"), f"{len(table)}:{table}".encode(), "sha256")

    def _cipher(self) -> AESGCM:
        return AESGCM(self._derived("uuids"))

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self.secret, purpose.encode(), "sha256")

    def _use(self, work: Callable[[sqlite3.Connection], ResultT], otherwise: ResultT) -> ResultT:
        """What the work returns; if the file is busy or unusable, logs that and returns `otherwise`."""
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            connecting = sqlite3.connect(self.path, timeout=_LOCK_TIMEOUT_SECONDS, isolation_level=None)
            with closing(connecting) as connection:
                self._prepare(connection)
                return work(connection)
        except Exception as error:  # noqa: BLE001 - a damaged file makes SQLite raise more than its own
            told = explained(error) if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_CORRUPT else None
            if told is not None:  # the file itself is in order
                _logger.warning("The cache of uuids is not used for now: %s: %s", self.path, told.problems[0].wrong)
            else:
                _logger.warning("The cache of uuids is unusable and starts empty: %s (%s)", self.path, error)
                self._throw_away()
        return otherwise

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA synchronous = OFF")  # damage by a power failure is noticed; the cache fills up again
        mark = (int.from_bytes(self._derived("file")[:4], signed=True),)
        if _marks(connection) == (mark, (1,)):
            return
        connection.execute("BEGIN IMMEDIATE")
        found, version = _marks(connection)
        if found != mark:
            if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() != (0,):
                raise sqlite3.DatabaseError("it was made with another secret, or is not a cache")
            connection.execute(_SCHEMA)
            connection.execute(f"PRAGMA application_id = {mark[0]}")
        if version == (0,):
            for statement in _SCHEMA_OF_THE_YOUNG:
                connection.execute(statement)
        connection.execute("COMMIT")

    def _throw_away(self) -> None:
        with suppress(OSError):
            # The journal first: beside a new file, it would be taken for that one's.
            self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)
            self.path.unlink(missing_ok=True)


def open_uuid_cache(folder: Path, secret: str | None = None) -> UuidCache | None:
    """The cache in a folder, which is made if it is not there.

    Args:
        folder: On a local disk.
        secret: Hides keys and uuids. If None, a file in the folder keeps one, which the first call makes.

    Returns:
        None, with a warning in the log, where the folder cannot be used.

    Raises:
        ConfigError: The secret is so short that it could be guessed.
    """
    if secret is not None and len(secret) < _SHORTEST_SECRET:
        wrong = f"is shorter than {_SHORTEST_SECRET} characters"
        raise ConfigError(Problem("the secret of the cache of uuids", wrong, "make one: openssl rand -hex 32"))
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return UuidCache(folder / _FILENAME, secret.encode() if secret else _kept_secret(folder / _SECRET_FILENAME))
    except OSError as error:
        _logger.warning("There is no cache of uuids, since %s cannot be used (%s)", folder, error.strerror)
        return None


def _kept_secret(path: Path) -> bytes:
    """The secret in a file, which is made if it does not exist; processes that make it at once agree on one."""
    with suppress(FileNotFoundError):
        kept = path.read_bytes()
        if len(kept) == _SECRET_BYTES:
            return kept
        path.unlink()
    draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as opened:
        opened.write(secrets.token_bytes(_SECRET_BYTES))
    try:
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        return path.read_bytes()
    finally:
        draft.unlink()


def _marks(connection: sqlite3.Connection) -> tuple[Any, Any]:
    """The file's application id and the version of its schema."""
    return connection.execute("PRAGMA application_id").fetchone(), connection.execute("PRAGMA user_version").fetchone()


def _rows(connection: sqlite3.Connection, keys: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for chunk in in_chunks(keys, _CHUNK):
        places = ",".join("?" * len(chunk))
        yield from connection.execute(f"SELECT key, sealed FROM uuids WHERE key IN ({places})", chunk)  # noqa: S608


def _sealed(cipher: AESGCM, key: bytes, uuid: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, uuid.encode(), key)
