from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.sources.rapid_pro.client import Page
from pipeline_lib.sources.rapid_pro.contact_cache import KnownPersons
from pipeline_lib.storage import Storage, storage_at

WORKSPACE = "00000000-0000-4000-8000-000000000000"
AMINA, XASAN, NO_NUMBER, SILENT, GONE = (f"c0000000-0000-4000-8000-00000000000{number}" for number in range(1, 6))
MODIFIED_ON = datetime(2025, 9, 1, 6, tzinfo=UTC)
CONTACTS = [
    {"uuid": AMINA, "name": "Amina", "urns": ["tel:+252610000001"]},
    {"uuid": XASAN, "name": "Xasan", "urns": ["tel:+252620000002", "whatsapp:252620000002"]},
    {"uuid": NO_NUMBER, "name": "Cali", "urns": ["bsuid:SO.1349120865530274"]},
    {"uuid": SILENT, "name": "Sahra", "urns": ["tel:+252610000005"], "modified_on": "2025-09-01T06:00:00Z"},
]


class Contacts:
    """A server's contacts, one a page."""

    def __init__(self) -> None:
        self.listings: list[tuple[datetime | None, datetime | None]] = []
        self.looked_up: list[str] = []
        self.contacts_now = CONTACTS

    def contact(self, uuid: str) -> Iterator[Page]:
        self.looked_up.append(uuid)
        yield Page([contact for contact in self.contacts_now if contact["uuid"] == uuid], None)

    def contacts(self, *, after: datetime | None, before: datetime | None, resume: str | None = None) -> Iterator[Page]:
        assert resume is None
        self.listings.append((after, before))
        for contact in self.contacts_now:
            yield Page([contact], None)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return storage_at(tmp_path.as_uri())


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def participants(asked: list[str]) -> Any:
    def uuids(addresses: Collection[str]) -> dict[str, str]:
        asked.extend(addresses)
        return {address: f"avf-phone-uuid-{address[-1]}" for address in addresses}

    return uuids


def test_all_contacts_are_listed_to_their_very_end_and_only_those_asked_for_get_a_uuid(
    storage: Storage, participants: Any, asked: list[str]
) -> None:
    server = Contacts()
    found = KnownPersons(storage, WORKSPACE).persons([AMINA, XASAN, NO_NUMBER], server, participants)
    assert found.known == {AMINA: ("avf-phone-uuid-1", "tel", "25261"), XASAN: ("avf-phone-uuid-2", "tel", "25262")}
    assert found.unusable == {NO_NUMBER: "URN is no number"}
    assert server.listings == [(None, None)]
    assert asked == ["252610000001", "252620000002"]


def test_who_is_known_is_never_asked_for_again(storage: Storage, participants: Any) -> None:
    KnownPersons(storage, WORKSPACE).persons([AMINA], Contacts(), participants)
    server = Contacts()
    found = KnownPersons(storage, WORKSPACE).persons([AMINA], server, participants)
    assert found.known[AMINA].participant == "avf-phone-uuid-1"
    assert server.listings == []


def test_who_could_not_be_told_is_looked_for_among_those_who_changed_since(storage: Storage, participants: Any) -> None:
    first = KnownPersons(storage, WORKSPACE).persons([NO_NUMBER, GONE], Contacts(), participants)
    assert first.unusable == {NO_NUMBER: "URN is no number", GONE: "contact is not on the server any more"}
    server = Contacts()
    server.contacts_now = []
    again = KnownPersons(storage, WORKSPACE).persons([NO_NUMBER, GONE], server, participants)
    assert server.listings == [(MODIFIED_ON - timedelta(minutes=15), None)]
    assert again.unusable == first.unusable
    server.contacts_now = [CONTACTS[2] | {"urns": ["bsuid:SO.1349120865530274", "tel:+252610000003"]}]
    found = KnownPersons(storage, WORKSPACE).persons([NO_NUMBER, GONE], server, participants)
    assert found.known == {NO_NUMBER: ("avf-phone-uuid-3", "tel", "25261")}
    assert found.unusable[GONE] == "contact is not on the server any more"


def test_who_is_new_is_looked_for_among_all(storage: Storage, participants: Any) -> None:
    KnownPersons(storage, WORKSPACE).persons([NO_NUMBER], Contacts(), participants)
    server = Contacts()
    KnownPersons(storage, WORKSPACE).persons([NO_NUMBER, AMINA], server, participants)
    assert server.listings == [(None, None)]


def test_who_has_no_uuid_yet_is_asked_for_anew(storage: Storage, participants: Any) -> None:
    KnownPersons(storage, WORKSPACE).persons([AMINA], Contacts(), lambda _: {})
    server = Contacts()
    assert AMINA in KnownPersons(storage, WORKSPACE).persons([AMINA], server, participants).known
    assert server.listings == [(None, None)]


def test_a_contact_is_looked_up_by_itself_and_once(storage: Storage, participants: Any) -> None:
    server, persons = Contacts(), KnownPersons(storage, WORKSPACE)
    for _ in range(2):
        found = persons.looked_up({AMINA, NO_NUMBER, GONE}, server, participants)
        assert found.known == {AMINA: ("avf-phone-uuid-1", "tel", "25261")}
        assert found.unusable == {NO_NUMBER: "URN is no number", GONE: "contact is not on the server any more"}
    assert server.listings == []
    assert server.looked_up == [AMINA, NO_NUMBER, GONE]
    KnownPersons(storage, WORKSPACE).looked_up({AMINA}, server, participants)
    assert server.looked_up == [AMINA, NO_NUMBER, GONE]


def test_no_number_or_name_is_stored(storage: Storage, participants: Any) -> None:
    KnownPersons(storage, WORKSPACE).persons([AMINA, XASAN, NO_NUMBER], Contacts(), participants)
    stored = b"".join(storage.read(name) for name in storage.names("state"))
    assert AMINA.encode() in stored
    for secret in (b"61000000", b"62000000", b"Amina", b"Xasan", b"Cali"):
        assert secret not in stored
