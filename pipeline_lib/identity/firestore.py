"""Participant uuids on Firestore, where a project's successive pipelines share them.

A table is `tables/{table}` with `{"table_name": table}`, and a person `tables/{table}/mappings/{address}` with
`{"uuid": …}`: the layout of the tables that are there (sources.md C). A person is only ever created, with the
precondition that there is none, and whoever comes second reads back what the first one stored. The creations are sent
by BatchWrite, where each succeeds or fails for itself: in one commit, one existing person would stop the others, and
the library's BulkWriter loses what a failed request says.

The predecessors know no such precondition: they look whether a person is there, and then set the document, whoever has
made it meanwhile. So people whose document is young are looked at once more, when the table is next used an hour later.
Those who have another uuid by then have two identities, which a person must put right.
"""

import itertools
import logging
import re
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from google.cloud.firestore import (
    Client,
    CollectionReference,
    DocumentReference,
    DocumentSnapshot,
    FieldFilter,
    Query,
)
from google.cloud.firestore_v1.bulk_batch import BulkWriteBatch

from pipeline_lib.errors import ConfigError, DataError, Problem, RetriableSourceError, listed
from pipeline_lib.http_logs import hide_payloads
from pipeline_lib.identity.base import (
    Added,
    Costs,
    check_pairs,
    compared,
    distinct_addresses,
    in_chunks,
    is_usable,
    new_uuid,
    place_of,
)
from pipeline_lib.identity.cache import UuidCache
from pipeline_lib.model.deidentified import is_participant
from pipeline_lib.progress import track
from pipeline_lib.storage.firestore_calls import (
    RETRY,
    TIMEOUT_SECONDS,
    call_firestore,
    fetch_documents,
    surely_created,
)

_logger = logging.getLogger(__name__)

_CHUNK = 300
"""Documents in one request. Firestore takes up to 500 writes."""
_QUERY_CHUNK = 30
"""Values in one query: what Firestore takes for `in`."""
_CREATION_PAUSES_SECONDS = (0.5, 2.0, 8.0)
_YOUNG = timedelta(hours=1)
"""How long a document may be written over by who had not seen it; a predecessor looks minutes before, at most."""
_SHOWN_COUNT = 3
_PREFIX = re.compile("([a-z-]+)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(eq=False)
class FirestoreUuidTable:
    """One open table of a Firebase project, and what it has learned of what is stored; `open_uuid_table` makes it."""

    client: Client = field(repr=False)
    table_name: str
    prefix: str
    cache: UuidCache | None = None
    costs: Costs = field(default_factory=Costs)
    is_checked: bool = True
    """Whether people are known to be stored in the form in which they will be asked for."""
    _is_looked_at_again: bool = field(default=False, init=False, repr=False)
    """Whether people who were young when they were remembered have been looked at again."""
    _broken: set[str] = field(default_factory=set, init=False, repr=False)
    """Addresses whose document has no uuid, or something else in its place."""

    def __post_init__(self) -> None:
        hide_payloads()

    def uuids(self, addresses: Collection[str]) -> dict[str, str]:
        """Each address's uuid, created where it is missing; stored on return. Who is stored without one is left out."""
        wanted = distinct_addresses(addresses, self._place)
        stored = self._stored(wanted)
        missing = self._missing(wanted, stored)
        stored |= self._created({address: new_uuid(self.prefix) for address in missing})
        return {address: stored[address] for address in wanted if address in stored}

    def known(self, addresses: Collection[str]) -> dict[str, str]:
        """The uuids of those addresses that have one; never creates any."""
        wanted = distinct_addresses(addresses, self._place)
        stored = self._stored(wanted)
        return {address: stored[address] for address in wanted if address in stored}

    def add_known(self, uuids: Mapping[str, str]) -> Added:
        """Adds addresses with the uuids that they have elsewhere; what is stored stays.

        That a uuid stands for another address is noticed where it was stored before, not where it is at the same time.
        """
        check_pairs(uuids, self._place)
        before = self._stored(list(uuids))
        missing = {address: uuids[address] for address in self._missing(uuids, before)}
        taken = set(self._people_with(missing.values()).values())
        created = self._created({address: uuid for address, uuid in missing.items() if uuid not in taken})
        return compared(uuids, before, before | created)

    def _addresses_with(self, uuids: Collection[str]) -> dict[str, str]:
        """The addresses, with their uuid, of the people with these uuids; only `re_identification` may ask."""
        return self._people_with(uuids)

    @property
    def _place(self) -> str:
        return place_of(self.table_name)

    @property
    def _name_for_cache(self) -> str:
        # The host tells an emulator's tables from Google's, which have the same project's name.
        return f"{self.client._target}/{self.client._database_string}/{self.table_name}"  # noqa: SLF001

    def _stored(self, addresses: Sequence[str]) -> dict[str, str]:
        """What the cache knows of the addresses, and of the others what Firestore has."""
        if addresses:
            self._look_again()
        known = self.cache.uuids(self._name_for_cache, addresses) if self.cache else {}
        self.costs.cached_count += len(known)
        return known | self._read([address for address in addresses if address not in known])

    def _look_again(self) -> None:
        """Check that people who were young when they were remembered are stored as they were then.

        Raises:
            DataError: Some have another uuid, or none.
        """
        if self.cache is None or self._is_looked_at_again:
            return
        young = self.cache.young(self._name_for_cache, _YOUNG.total_seconds())
        chunks = list(in_chunks(sorted(set(young.values())), _QUERY_CHUNK))
        looking = track(chunks, f"Looking again at new people of {self._place}")
        there = {uuid for chunk in looking for uuid in self._people_with(chunk).values()}
        self.cache.settle([key for key, uuid in young.items() if uuid in there])
        gone = sorted(set(young.values()) - there)
        if gone:
            wrong = (
                f"{len(gone):,} of the uuids that were stored in it are not there any more, such as "
                f"{listed(gone[:_SHOWN_COUNT])}: people were written over or deleted, and would be others from now on"
            )
            right = (
                "stop the other pipeline that makes people in this table, and restore their documents; if they are to "
                f"be gone, or to have new uuids, remove {self.cache.path} and fetch anew what has the old ones"
            )
            raise DataError(Problem(self._place, wrong, right))
        self._is_looked_at_again = True

    def _missing(self, addresses: Iterable[str], stored: Mapping[str, str]) -> list[str]:
        """The addresses that have no document, as far as is known."""
        return [address for address in addresses if address not in stored and address not in self._broken]

    def _read(self, addresses: Sequence[str]) -> dict[str, str]:
        if addresses and not self.is_checked:
            self._check_form()
        found: dict[str, str] = {}
        young: set[str] = set()
        for chunk in in_chunks(addresses, _CHUNK):
            snapshots = [snapshot for snapshot in self._snapshots(chunk) if snapshot.exists]
            self.costs.read_count += len(chunk)
            people = self._usable(_people(snapshots))
            self._set_broken({snapshot.id for snapshot in snapshots} - people.keys(), among=chunk)
            found |= people
            young |= {each.id for each in snapshots if each.read_time - each.update_time < _YOUNG}
        self._remember(found, young)
        return found

    def _set_broken(self, broken: set[str], *, among: Collection[str]) -> None:
        new_count = len(broken - self._broken)
        self._broken -= set(among)  # some may have been mended or deleted
        self._broken |= broken
        self.costs.broken_count += new_count
        if new_count:
            _logger.warning(
                "%s: %s stored people have no uuid, and are left out; their runs are in the Quarantine: "
                "look up who sent them, and mend or delete the documents in the Firebase console",
                self._place,
                f"{new_count:,}",
            )

    def _check_form(self) -> None:
        """Check that people are stored as they are asked for: otherwise everybody would get a second identity.

        Raises:
            ConfigError: They are known by whole URNs, or none of their uuids has the prefix.
        """
        people = self._people_collection()
        first = self._asked_for_one(people)  # by its name: digits come before the letters of a URN
        if first and ":" in first[0].id:
            wrong = "knows people by whole URNs (tel:+…), and would be asked for the digits alone"
            right = "make a table of its own (create-uuid-table), and bring its people there by their digits"
            raise ConfigError(Problem(self._place, wrong, f"{right} (import-uuid-table)"))
        uuid = next(iter(_people(first).values()), self.prefix)
        if not uuid.startswith(self.prefix) and not self._has_prefix(people):
            found = _PREFIX.fullmatch(uuid)
            wrong = f'the uuids begin with "{found[1]}"' if found else "the uuids begin with something else"
            right = "correct UuidPrefix or TableName; people of another prefix go into a table of their own"
            raise ConfigError(
                Problem(self._place, f'{wrong}, not with "{self.prefix}"', f"{right} (import-uuid-table)")
            )
        self.is_checked = True

    def _has_prefix(self, people: CollectionReference) -> bool:
        """Whether anybody has a uuid of the prefix: people who came from elsewhere keep theirs, beside ours."""
        of_prefix = people.where(filter=FieldFilter("uuid", ">=", self.prefix))
        return bool(self._asked_for_one(of_prefix.where(filter=FieldFilter("uuid", "<", f"{self.prefix}\uffff"))))

    def _asked_for_one(self, query: CollectionReference | Query) -> Sequence[DocumentSnapshot[Any]]:
        self.costs.read_count += 1
        return call_firestore(self._place, partial(query.limit(1).get, retry=RETRY, timeout=TIMEOUT_SECONDS))

    def _created(self, uuids: Mapping[str, str]) -> dict[str, str]:
        """What is stored of people that were missing, created by us or meanwhile by somebody else."""
        stored: dict[str, str] = {}
        for chunk in in_chunks(list(uuids), _CHUNK):
            stored |= self._created_at_once({address: uuids[address] for address in chunk})
        return stored

    def _created_at_once(self, uuids: Mapping[str, str]) -> dict[str, str]:
        stored: dict[str, str] = {}
        missing = uuids
        for pause_seconds in (0, *_CREATION_PAUSES_SECONDS):
            time.sleep(pause_seconds)
            stored |= self._create(missing)
            stored |= self._read([address for address in missing if address not in stored])
            missing = {address: uuids[address] for address in self._missing(missing, stored)}
            if not missing:
                return stored
        wrong = f"{len(missing)} of {len(uuids)} people could not be created"
        raise RetriableSourceError(Problem(self._place, wrong, "try again later; those that were created stay"))

    def _create(self, uuids: Mapping[str, str]) -> dict[str, str]:
        """Creates people, and gives those of them that surely have the uuid which they were to have.

        The others may, or may not, or have somebody else's.
        """
        batch = BulkWriteBatch(self.client)
        for address, uuid in uuids.items():
            batch.create(self._document(address), {"uuid": uuid})
        self.costs.write_count += len(uuids)
        try:
            response = call_firestore(self._place, lambda: batch.commit(retry=RETRY, timeout=TIMEOUT_SECONDS))
        except RetriableSourceError:
            return {}
        made = surely_created(response, self._place)
        created = dict(itertools.compress(uuids.items(), made))
        self._remember(created, young=created)
        return created

    def _remember(self, uuids: Mapping[str, str], young: Collection[str]) -> None:
        if self.cache:
            self.cache.remember(self._name_for_cache, uuids, young)

    def _people_with(self, uuids: Iterable[str]) -> dict[str, str]:
        people = self._people_collection()
        found: dict[str, str] = {}
        for chunk in in_chunks(list(dict.fromkeys(uuids)), _QUERY_CHUNK):
            get = partial(people.where(filter=FieldFilter("uuid", "in", chunk)).get, timeout=TIMEOUT_SECONDS)
            snapshots = call_firestore(self._place, partial(get, retry=RETRY))
            self.costs.read_count += max(len(snapshots), 1)  # what finds nothing counts as one
            found |= self._usable(_people(snapshots))
        return found

    def _usable(self, people: Mapping[str, str]) -> dict[str, str]:
        """The people whose uuid is one: what stands there instead may be the address itself."""
        return {
            address: uuid
            for address, uuid in people.items()
            if is_participant(uuid) or is_participant(uuid, self.prefix)
        }

    def _people_collection(self) -> CollectionReference:
        return self.client.collection("tables", self.table_name, "mappings")

    def _snapshots(self, addresses: Sequence[str]) -> list[DocumentSnapshot[Any]]:
        documents = [self._document(address) for address in addresses]
        return call_firestore(self._place, partial(fetch_documents, self.client, documents, ["uuid"]))

    def _document(self, address: str) -> DocumentReference:
        # Made from its parts: the client's own `document` takes a path apart at every "/".
        return DocumentReference("tables", self.table_name, "mappings", address, client=self.client)


def _people(snapshots: Iterable[DocumentSnapshot[Any]]) -> dict[str, str]:
    """The uuids of those documents that have one."""
    documents = {snapshot.id: (snapshot.to_dict() or {}).get("uuid") for snapshot in snapshots}
    return {address: uuid for address, uuid in documents.items() if isinstance(uuid, str) and uuid}


def open_uuid_table(client: Client, table_name: str, prefix: str, cache: UuidCache | None = None) -> FirestoreUuidTable:
    """The named table of a Firebase project; costs a read, and when people are first looked up there one or two more.

    These tell whether its people are stored as they will be asked for; see `_check_form`.

    Raises:
        ConfigError: There is no such table.
        SourceError: Firestore does not do its part.
    """
    table = FirestoreUuidTable(client, table_name, prefix, cache, is_checked=False)
    if not _exists(table):
        wrong = f'there is none in the Firebase project "{client.project}"'
        right = "correct TableName, or run `python -m pipeline_lib create-uuid-table --config …` once"
        raise ConfigError(Problem(place_of(table_name), wrong, f"{right} to make an empty one"))
    return table


def create_uuid_table(client: Client, table_name: str, prefix: str) -> FirestoreUuidTable:
    """An empty table.

    Raises:
        ConfigError: It exists already, and is left as it is; or its name cannot be one.
        SourceError: Firestore does not do its part.
    """
    table = FirestoreUuidTable(client, table_name, prefix)
    if _exists(table):
        wrong = f'it exists already in the Firebase project "{client.project}"'
        right = "use it as it is: a new one would give everybody a second identity"
        raise ConfigError(Problem(place_of(table_name), wrong, right))
    document = DocumentReference("tables", table_name, client=client)
    content = {"table_name": table_name}
    call_firestore(
        place_of(table_name), lambda: document.set(content, merge=True, retry=RETRY, timeout=TIMEOUT_SECONDS)
    )
    table.costs.write_count += 1
    return table


def _exists(table: FirestoreUuidTable) -> bool:
    place = place_of(table.table_name)
    if not is_usable(table.table_name):
        right = 'write 1 to 1,500 bytes without "/", and neither ".", ".." nor "__…__"'
        raise ConfigError(Problem(place, "cannot be the name of a table", right))
    document = DocumentReference("tables", table.table_name, client=table.client)
    found = call_firestore(place, lambda: document.get(retry=RETRY, timeout=TIMEOUT_SECONDS))
    table.costs.read_count += 1
    return found.exists
