"""Participant uuids on Firestore, where a project's successive pipelines share them.

A table is `tables/{table}` with `{"table_name": table}`, and a person `tables/{table}/mappings/{address}` with
`{"uuid": …}`: the layout of the existing tables (sources.md C). A person is only ever created, on the precondition that
the document does not exist, and whoever comes second reads back what the first one stored. The creations are sent by
BatchWrite, where each succeeds or fails alone: in one commit, one existing person would stop the others, and the
library's BulkWriter loses the error of a failed request.

The predecessors use no such precondition: they look whether a document exists and then set it, even if somebody has
created it meanwhile. So people whose document is young are checked once more, when the table is next used an hour or
more later. Those who have another uuid by then have two identities, which somebody must correct by hand.
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
"""How long a predecessor that did not see a document may still overwrite it; it looks minutes before, at most."""
_SHOWN_COUNT = 3
_PREFIX = re.compile("([a-z-]+)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(eq=False)
class FirestoreUuidTable:
    """One open table of a Firebase project, and what is known of its entries so far; `open_uuid_table` makes it."""

    client: Client = field(repr=False)
    table_name: str
    prefix: str
    cache: UuidCache | None = None
    costs: Costs = field(default_factory=Costs)
    is_checked: bool = True
    """Whether the stored people are known to have addresses of the form that lookups use."""
    _is_looked_at_again: bool = field(default=False, init=False, repr=False)
    """Whether people who were cached as young have been checked again."""
    _broken: set[str] = field(default_factory=set, init=False, repr=False)
    """Addresses whose document has no uuid, or something else in its place."""

    def __post_init__(self) -> None:
        hide_payloads()

    def uuids(self, addresses: Collection[str]) -> dict[str, str]:
        """Each address's uuid, created where it is missing; stored on return. Entries without a uuid are left out."""
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

        A uuid that stands for another address is noticed if it was stored before, but not if both are stored at once.
        """
        check_pairs(uuids, self._place)
        before = self._stored(list(uuids))
        missing = {address: uuids[address] for address in self._missing(uuids, before)}
        taken = set(self._people_with(missing.values()).values())
        created = self._created({address: uuid for address, uuid in missing.items() if uuid not in taken})
        return compared(uuids, before, before | created)

    def _addresses_with(self, uuids: Collection[str]) -> dict[str, str]:
        """The addresses, with their uuid, of the people with these uuids; only `re_identification` may call it."""
        return self._people_with(uuids)

    @property
    def _place(self) -> str:
        return place_of(self.table_name)

    @property
    def _name_for_cache(self) -> str:
        # An emulator's project may have the name of one at Google: the host tells their tables apart.
        return f"{self.client._target}/{self.client._database_string}/{self.table_name}"  # noqa: SLF001

    def _stored(self, addresses: Sequence[str]) -> dict[str, str]:
        """The uuids of the addresses from the cache, and those that it lacks from Firestore."""
        if addresses:
            self._look_again()
        known = self.cache.uuids(self._name_for_cache, addresses) if self.cache else {}
        self.costs.cached_count += len(known)
        return known | self._read([address for address in addresses if address not in known])

    def _look_again(self) -> None:
        """Check that people who were cached as young still have the uuid that they had then.

        Raises:
            DataError: Some have another uuid, or none.
        """
        if self.cache is None or self._is_looked_at_again:
            return
        young = self.cache.young(self._name_for_cache, _YOUNG.total_seconds())
        chunks = list(in_chunks(sorted(set(young.values())), _QUERY_CHUNK))
        looking = track(chunks, f"Checking new people of {self._place} again")
        there = {uuid for chunk in looking for uuid in self._people_with(chunk).values()}
        self.cache.settle([key for key, uuid in young.items() if uuid in there])
        gone = sorted(set(young.values()) - there)
        if gone:
            wrong = (
                f"{len(gone):,} of the uuids that were stored in it are gone, such as {listed(gone[:_SHOWN_COUNT])}: "
                "documents were overwritten or deleted, and these people would get new identities from now on"
            )
            right = (
                "stop the other pipeline that creates people in this table, and restore their documents; if the change "
                f"was intended, remove {self.cache.path} and fetch the data with the old uuids again"
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
        """Check that stored addresses have the form that lookups use: otherwise everybody would get a second identity.

        Raises:
            ConfigError: People are stored by whole URNs, or none of their uuids has the prefix.
        """
        people = self._people_collection()
        first = self._asked_for_one(people)  # in the order of names: digits come before the letters of a URN
        if first and ":" in first[0].id:
            wrong = "stores people by whole URNs (tel:+…), but this pipeline looks them up by the digits alone"
            right = "make a new table (create-uuid-table), and import the people there by their digits"
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
        """Whether anybody has a uuid of the prefix; imported people keep theirs, which may have another one."""
        of_prefix = people.where(filter=FieldFilter("uuid", ">=", self.prefix))
        return bool(self._asked_for_one(of_prefix.where(filter=FieldFilter("uuid", "<", f"{self.prefix}\uffff"))))

    def _asked_for_one(self, query: CollectionReference | Query) -> Sequence[DocumentSnapshot[Any]]:
        self.costs.read_count += 1
        return call_firestore(self._place, partial(query.limit(1).get, retry=RETRY, timeout=TIMEOUT_SECONDS))

    def _created(self, uuids: Mapping[str, str]) -> dict[str, str]:
        """The stored uuids of people that were missing, created by us or meanwhile by another process."""
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
        """Creates people, and returns those that certainly have the given uuid.

        The others may have it, none, or one from another process.
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
            self.costs.read_count += max(len(snapshots), 1)  # a query that finds nothing is billed as one read
            found |= self._usable(_people(snapshots))
        return found

    def _usable(self, people: Mapping[str, str]) -> dict[str, str]:
        """The people with a valid uuid: an invalid one may be the address itself."""
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
    """The named table of a Firebase project; costs one read.

    The first look-up of people costs one or two more, to check how its people are stored; see `_check_form`.

    Raises:
        ConfigError: There is no such table.
        SourceError: Firestore is unavailable.
    """
    table = FirestoreUuidTable(client, table_name, prefix, cache, is_checked=False)
    if not _exists(table):
        wrong = f'does not exist in the Firebase project "{client.project}"'
        right = "correct TableName, or run `python -m pipeline_lib create-uuid-table --config …` once"
        raise ConfigError(Problem(place_of(table_name), wrong, f"{right} to make an empty one"))
    return table


def create_uuid_table(client: Client, table_name: str, prefix: str) -> FirestoreUuidTable:
    """An empty table.

    Raises:
        ConfigError: It exists already and is left as it is, or its name is invalid.
        SourceError: Firestore is unavailable.
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
