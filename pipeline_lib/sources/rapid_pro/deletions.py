"""Contacts that were deleted on the server: a queue of people to forget.

    state/forget/RapidPro <workspace uuid>.json

A deleted contact is the only sign from RapidPro that somebody must be erased (sources.md A.5).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal, Protocol

from pydantic import ConfigDict

from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.times import Instant
from pipeline_lib.sources.forget_queues import TO_FORGET
from pipeline_lib.sources.rapid_pro.client import Page
from pipeline_lib.sources.rapid_pro.deidentify import deleted_contacts_of
from pipeline_lib.sources.segments import StateDocument
from pipeline_lib.storage import Storage


class _Document(Frozen):
    model_config = ConfigDict(alias_generator=None)


class Deleted(_Document):
    """A contact that was deleted."""

    contact: str
    """RapidPro's uuid of the contact."""
    deleted_on: Instant
    participants: tuple[str, ...] = ()
    """The contact's participants, as far as its runs have been fetched."""


class ToForget(_Document):
    """The deleted contacts of a workspace, in the order in which they were noticed."""

    format: Literal[1] = 1
    watermark: Instant | None = None
    """The newest deletion that has been read."""
    people: tuple[Deleted, ...] = ()


class DeletedContactsListing(Protocol):
    """The part of the client that this module needs."""

    def deleted_contacts(self, *, after: datetime | None, before: datetime) -> Iterable[Page]:
        """Pages of deleted contacts, oldest first."""


class ForgetQueue:
    """The queue of one workspace."""

    def __init__(self, storage: Storage, workspace_uuid: str) -> None:
        name = f"{TO_FORGET}/RapidPro {workspace_uuid}.json"
        self._document = StateDocument(storage, name, ToForget())

    @property
    def people(self) -> tuple[Deleted, ...]:
        """The people to forget."""
        return self._document.value.people

    def read(self, client: DeletedContactsListing, *, before: datetime, overlap: timedelta, place: str) -> int:
        """Add the contacts that were deleted since the last read; returns how many are new.

        Raises:
            DataError: The server does not say which contact was deleted, or when; the error begins with `place`.
            StorageConflictError: Another fetch of the workspace was quicker.
        """
        watermark = self._document.value.watermark
        new_count = 0
        for page in client.deleted_contacts(after=watermark and watermark - overlap, before=before):
            known = {person.contact for person in self.people}
            deleted = dict(deleted_contacts_of(page.results, place))
            new = tuple(
                Deleted(contact=contact, deleted_on=at) for contact, at in deleted.items() if contact not in known
            )
            if new:
                newest = min(max(deleted.values()), before)  # which not every server heeds
                self._change(people=(*self.people, *new), watermark=max(watermark or newest, newest))
                new_count += len(new)
        return new_count

    def recognise(self, participants: Mapping[str, Collection[str]]) -> None:
        """Add the contacts' participants, by contact."""
        people = tuple(
            person.model_copy(update={"participants": tuple(sorted({*person.participants, *found}))})
            if (found := participants.get(person.contact))
            else person
            for person in self.people
        )
        if people != self.people:
            self._change(people=people)

    def _change(self, **changes: object) -> None:
        self._document.replace(self._document.value.model_copy(update=changes))
