"""Gives a contact one participant, even if its runs were sent from several numbers.

A run names one URN of its contact: the first one when the run was listed. If a contact has several numbers, this URN
changes from run to run, and with it the participant from the uuid table; but a contact is one person.

Two people are never merged. Accounts used to be known by their digits alone, so that an account's contact may have been
fetched under the participant of a phone number's contact; then the account's contact gets its next participant.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from typing import TypeAlias

from pipeline_lib.sources.addresses import NUMBERS
from pipeline_lib.sources.rapid_pro.records import Record
from pipeline_lib.storage.leases import scratch_folder

Sightings: TypeAlias = dict[tuple[str, str, str], str]
"""When a contact was first seen as a participant, and on which network, as sortable text: live runs first."""


def note(sightings: Sightings, record: Record, *, is_archived: bool) -> None:
    """Add a record. An archive does not say from which number its contact wrote, so live runs take precedence."""
    network = "number" if record.urn_type in NUMBERS else record.urn_type
    who, seen = (record.contact, record.participant, network), f"{is_archived:d} {record.modified_on}"
    sightings[who] = min(seen, sightings.get(who, seen))


class Contacts:
    """The participants of each contact of some flows, on disk; `noted_contacts` makes it."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def add(self, sightings: Mapping[tuple[str, str, str], str]) -> None:
        """Add the sightings of a segment."""
        rows = ((*who, seen) for who, seen in sightings.items())
        self._database.execute("BEGIN")  # otherwise each row would be a transaction
        self._database.executemany(_UPSERT, rows)
        self._database.execute("COMMIT")

    def first_participants(self) -> dict[str, str]:
        """The first participant of each contact that was seen as several, by the contact's uuid."""
        return dict(self._database.execute(_FIRST))


_SCHEMA = """
    CREATE TABLE seen (
        contact TEXT NOT NULL, participant TEXT NOT NULL, network TEXT NOT NULL, first TEXT NOT NULL,
        PRIMARY KEY (contact, participant, network)
    ) WITHOUT ROWID
"""
_UPSERT = "INSERT INTO seen VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET first = min(first, excluded.first)"
_FIRST = """
    WITH shared AS (
        SELECT participant FROM seen GROUP BY participant
        HAVING count(DISTINCT network) > 1 AND count(DISTINCT contact) > 1
    )
    SELECT contact, participant FROM (
        SELECT contact, participant, row_number() OVER (
            PARTITION BY contact
            ORDER BY network <> 'number' AND participant IN (SELECT participant FROM shared), first, participant
        ) AS rank
        FROM seen WHERE contact IN (SELECT contact FROM seen GROUP BY contact HAVING count(DISTINCT participant) > 1)
    )
    WHERE rank = 1
"""


@contextmanager
def noted_contacts() -> Iterator[Contacts]:
    """An empty collection, which exists as long as the context lasts."""
    with ExitStack() as opened:
        scratch = opened.enter_context(scratch_folder())
        path = scratch / "contacts.sqlite"
        database = opened.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
        for setting in ("journal_mode = OFF", "synchronous = OFF", "temp_store = FILE"):
            database.execute(f"PRAGMA {setting}")
        database.execute(_SCHEMA)
        yield Contacts(database)
