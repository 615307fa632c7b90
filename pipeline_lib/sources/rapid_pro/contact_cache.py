"""The participants of archived runs' contacts: an archive names its contacts, but not their URNs (sources.md A.6).

    state/raw/RapidPro/contacts <workspace uuid>/manifest.json
    state/raw/RapidPro/contacts <workspace uuid>/segments/<SHA-256 of the content>.jsonl

Only contacts whose runs are fetched are kept, and only by their participant uuids.
"""

from collections.abc import Collection, Container, Iterable
from datetime import datetime, timedelta
from itertools import chain
from typing import Literal, Protocol

import msgspec
from pydantic import ConfigDict, Field

from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.times import Instant
from pipeline_lib.progress import track
from pipeline_lib.sources.base import Participants
from pipeline_lib.sources.rapid_pro.client import Page
from pipeline_lib.sources.rapid_pro.deidentify import NO_UUID_YET, Person, Persons, contacts_of
from pipeline_lib.sources.rapid_pro.json_values import modified_times
from pipeline_lib.sources.segments import Segments, StateDocument
from pipeline_lib.storage import Storage


class ContactsServer(Protocol):
    """The part of the client that this module needs."""

    def contacts(self, *, after: datetime | None, before: datetime | None, resume: str | None = None) -> Iterable[Page]:
        """Pages of contacts, oldest first."""

    def contact(self, uuid: str) -> Iterable[Page]:
        """One contact."""


class _Line(msgspec.Struct):
    contact: str
    person: Person


CONTACTS = "state/raw/RapidPro/contacts "
"""The first characters of the names of the folders for workspaces' contacts."""

_OVERLAP = timedelta(minutes=15)
"""Servers show some changes late."""

_GONE = "contact is not on the server any more"


class _Manifest(Frozen):
    model_config = ConfigDict(alias_generator=None)

    format: Literal[1] = 1
    segments: tuple[str, ...] = ()
    unusable: dict[str, str] = Field(default_factory=dict)
    """Contacts of archived runs that cannot be identified, and why."""
    listed_until: Instant | None = None
    """When the newest contact was modified: unknown contacts stay unknown until they are modified after that."""


class KnownPersons:
    """The contacts of one workspace that have been looked up so far."""

    def __init__(self, storage: Storage, workspace_uuid: str, calling_code: str = "") -> None:
        folder = f"{CONTACTS}{workspace_uuid}"
        self._calling_code = calling_code
        self._segments = Segments(storage, f"{folder}/segments")
        self._manifest = StateDocument(storage, f"{folder}/manifest.json", _Manifest())
        lines = (line for sha256 in self._manifest.value.segments for line in _decoded(self._segments.read(sha256)))
        self._known = {line.contact: line.person for line in lines}
        self._looked_up: dict[str, str] = {}

    def persons(self, wanted: Collection[str], server: ContactsServer, participants: Participants) -> Persons:
        """The participants of contacts.

        If some contacts have never been looked up, this lists all contacts of the workspace; if some could not be
        identified before, it lists the contacts that have been modified since.

        Raises:
            SourceError: The server does not answer.
            StorageConflictError: Another fetch of the workspace was quicker.
        """
        missing = {contact for contact in wanted if contact not in self._known}
        before = self._manifest.value
        if not missing:
            return Persons(self._known, before.unusable)
        is_asked_again = missing <= before.unusable.keys() and before.listed_until is not None
        found: dict[str, Person] = {}
        unusable = before.unusable if is_asked_again else dict.fromkeys(missing, _GONE)
        newest = before.listed_until
        after = newest - _OVERLAP if newest and is_asked_again else None
        # Without `before`: contacts that write meanwhile are modified, and no archive is read again for them.
        for page in track(server.contacts(after=after, before=None), "Listing contacts, pages"):
            persons = contacts_of(page.results, participants, missing, self._calling_code)
            found |= persons.known
            unusable = unusable | persons.unusable
            newest = max((*modified_times(page.results), *((newest,) if newest else ())), default=None)
        unusable = _without(unusable, found)
        self._add(found, _without(before.unusable | unusable, found), newest)
        return Persons(self._known, unusable)

    def looked_up(self, wanted: Collection[str], server: ContactsServer, participants: Participants) -> Persons:
        """The participants of contacts, each looked up singly, once per fetch: few have a first URN that names nobody.

        Raises:
            SourceError: The server does not answer.
            StorageConflictError: Another fetch of the workspace was quicker.
        """
        missing = sorted(each for each in wanted if each not in self._known and each not in self._looked_up)
        pages = (page.results for contact in missing for page in server.contact(contact))
        found, unusable = contacts_of(chain.from_iterable(pages), participants, set(missing), self._calling_code)
        self._looked_up |= _without(dict.fromkeys(missing, _GONE) | unusable, found)
        if found:
            self._add(found, self._manifest.value.unusable, self._manifest.value.listed_until)
        return Persons(self._known, self._looked_up)

    def _add(self, found: dict[str, Person], unusable: dict[str, str], listed_until: datetime | None) -> None:
        """Remember contacts' participants, or why they have none; those without a uuid yet are looked up again."""
        segments = self._manifest.value.segments
        if found:
            sha256 = self._segments.add(_ENCODER.encode_lines([_Line(*each) for each in sorted(found.items())]))
            segments = (*segments, sha256)
        unusable = {contact: why for contact, why in unusable.items() if why != NO_UUID_YET}
        changed = _Manifest(segments=segments, unusable=unusable, listed_until=listed_until)
        if changed != self._manifest.value:
            self._manifest.replace(changed)
        self._known |= found


def _without(reasons: dict[str, str], found: Container[str]) -> dict[str, str]:
    return {contact: reason for contact, reason in reasons.items() if contact not in found}


_ENCODER = msgspec.json.Encoder()
_decoded = msgspec.json.Decoder(_Line).decode_lines
