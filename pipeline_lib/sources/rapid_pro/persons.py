"""Who the contacts of archived runs are: an archive names its contacts, but not their URNs (sources.md A.6).

    state/raw/RapidPro/contacts <workspace uuid>/manifest.json
    state/raw/RapidPro/contacts <workspace uuid>/segments/<SHA-256 of the content>.jsonl

Only contacts whose runs are fetched are kept, and only by their participant uuids.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Literal, Protocol

import msgspec
from pydantic import ConfigDict

from pipeline_lib.model.frozen import Frozen
from pipeline_lib.progress import track
from pipeline_lib.sources.rapid_pro.client import Page
from pipeline_lib.sources.rapid_pro.records import Participants, Person, Persons, contacts_of
from pipeline_lib.sources.segments import Segments, StateDocument
from pipeline_lib.storage import Storage


class ContactsServer(Protocol):
    """The part of the client that this needs."""

    def contacts(self, *, after: datetime | None, before: datetime | None, resume: str | None = None) -> Iterable[Page]:
        """Pages of contacts, oldest first."""


class _Line(msgspec.Struct):
    contact: str
    person: Person


CONTACTS = "state/raw/RapidPro/contacts "
"""How the names of the folders begin that tell who a workspace's contacts are."""


class _Manifest(Frozen):
    model_config = ConfigDict(alias_generator=None)

    format: Literal[1] = 1
    segments: tuple[str, ...] = ()


class KnownPersons:
    """The contacts of one workspace that have been asked for so far."""

    def __init__(self, storage: Storage, workspace_uuid: str, calling_code: str = "") -> None:
        folder = f"{CONTACTS}{workspace_uuid}"
        self._calling_code = calling_code
        self._segments = Segments(storage, f"{folder}/segments")
        self._manifest = StateDocument(storage, f"{folder}/manifest.json", _Manifest())
        lines = (line for sha256 in self._manifest.value.segments for line in _decoded(self._segments.read(sha256)))
        self._known = {line.contact: line.person for line in lines}

    def persons(self, wanted: Collection[str], server: ContactsServer, participants: Participants) -> Persons:
        """Who contacts are. Only if some are not known yet, all contacts of the workspace are listed.

        Raises:
            SourceError: The server does not answer.
            StorageConflictError: Another fetch of the workspace was quicker.
        """
        missing = {contact for contact in wanted if contact not in self._known}
        unusable: dict[str, str] = {}
        if missing:
            found: dict[str, Person] = {}
            # To the very end: whoever writes meanwhile is modified, and an archive is not read again for them.
            for page in track(server.contacts(after=None, before=None), "Listing contacts, pages"):
                persons = contacts_of(page.results, participants, missing, self._calling_code)
                found |= persons.known
                unusable |= persons.unusable
            self._add(found)
        return Persons(self._known, unusable)

    def _add(self, found: dict[str, Person]) -> None:
        if found:
            sha256 = self._segments.add(_ENCODER.encode_lines([_Line(*each) for each in sorted(found.items())]))
            self._manifest.replace(_Manifest(segments=(*self._manifest.value.segments, sha256)))
            self._known |= found


_ENCODER = msgspec.json.Encoder()
_decoded = msgspec.json.Decoder(_Line).decode_lines
