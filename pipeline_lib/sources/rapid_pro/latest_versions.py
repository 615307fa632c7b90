"""Finds the newest version of each run in segments that may hold several: from the live listing and from archives.

The versions are compared in a scratch database on disk, which holds only each record's position in a scratch file, so
that neither memory nor open files grow with the number of runs. The scratch file has no name: it vanishes with the
process, however that ends.
"""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from msgspec.structs import replace

from pipeline_lib.input_files import open_input
from pipeline_lib.sources.rapid_pro.contact_participants import Contacts, Sightings, note
from pipeline_lib.sources.rapid_pro.flow_log import LIVE, FlowLog, Part
from pipeline_lib.sources.rapid_pro.records import Record, decode_record
from pipeline_lib.sources.rapid_pro.text_recovery import is_certain
from pipeline_lib.storage.leases import scratch_folder

_SCHEMA = """
    CREATE TABLE versions (
        run TEXT NOT NULL, modified_on TEXT NOT NULL, is_archived INTEGER NOT NULL, is_certain INTEGER NOT NULL,
        created_on TEXT NOT NULL, part INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL
    )
"""

_RANKED = """
    SELECT part, start, length, run, created_on, modified_on, is_archived,
        row_number() OVER (
            PARTITION BY run ORDER BY modified_on DESC, is_certain DESC, is_archived, part DESC, start DESC
        ) AS rank
    FROM versions
"""
"""If two versions are of the same moment, the one with whole texts is better (sources.md A.1); else the live one, which
says from which number its contact wrote then."""

_NEWEST = f"""
    WITH ranked AS ({_RANKED})
    SELECT newest.part, newest.start, newest.length, live.start, live.length
    FROM ranked AS newest LEFT JOIN versions AS live
        ON newest.is_archived AND live.run = newest.run AND live.modified_on = newest.modified_on
        AND NOT live.is_archived AND NOT live.is_certain
    WHERE newest.rank = 1
    GROUP BY newest.run
    ORDER BY newest.created_on, newest.run
"""  # noqa: S608 - made of the constant above
"""The positions of each newest version, and of the live one whose texts it confirms, if any; in order of creation."""


class Newest(NamedTuple):
    """The newest version of a run."""

    record: Record
    origin: str
    """Its origin: `live`, or an archive's key."""
    live: Record | None
    """The same version from the live listing, if its texts were uncertain there and an archive has them."""


@contextmanager
def newest_versions(log: FlowLog, contacts: Contacts | None = None) -> Iterator[Iterator[Newest]]:
    """Every run of a flow once, oldest first, by `created_on` and uuid.

    Args:
        log: The flow's.
        contacts: Gets every version's contact.

    Raises:
        DataError: A segment is missing or was changed.
    """
    parts = log.state.parts
    with ExitStack() as opened:
        scratch = opened.enter_context(scratch_folder())
        database = opened.enter_context(closing(_database(scratch / "versions.sqlite")))
        records = opened.enter_context(tempfile.TemporaryFile())
        for number, part in enumerate(parts):
            with log.segments.local_file(part.sha256) as path, open_input(path) as lines:
                sightings: Sightings = {}
                versions = _versions(number, part, lines, records, sightings)
                database.executemany("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", versions)
            if contacts:
                contacts.add(sightings)
        database.execute("CREATE INDEX by_run ON versions (run)")
        yield _read(database.execute(_NEWEST), parts, records)


def _database(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    for setting in ("journal_mode = OFF", "synchronous = OFF", "temp_store = FILE"):
        database.execute(f"PRAGMA {setting}")
    database.execute(_SCHEMA)
    return database


def _versions(
    number: int, part: Part, lines: Iterable[bytes], records: IO[bytes], sightings: Sightings
) -> Iterator[tuple[str | int, ...]]:
    """Writes each record to `records`, and gives its position there."""
    is_archived, start = part.origin != LIVE, records.tell()
    for line in lines:
        record = decode_record(line)
        records.write(line)
        note(sightings, record, is_archived=is_archived)
        certain = is_certain(record)
        yield record.run, record.modified_on, is_archived, certain, record.created_on, number, start, len(line)
        start += len(line)


def _read(rows: Iterable[tuple[Any, ...]], parts: Sequence[Part], records: IO[bytes]) -> Iterator[Newest]:
    for part, start, length, live_start, live_length in rows:
        record, live = _record(records, start, length), None
        if live_start is not None:
            live = _record(records, live_start, live_length)
            record = replace(record, participant=live.participant, urn_type=live.urn_type, operator=live.operator)
        yield Newest(record, parts[part].origin, live)


def _record(records: IO[bytes], start: int, length: int) -> Record:
    records.seek(start)
    return decode_record(records.read(length))
