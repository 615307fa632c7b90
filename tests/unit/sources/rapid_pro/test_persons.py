from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.sources.rapid_pro.client import Page
from pipeline_lib.sources.rapid_pro.persons import KnownPersons
from pipeline_lib.storage import Storage, storage_at

WORKSPACE = "00000000-0000-4000-8000-000000000000"
AMINA, XASAN, TWO_NUMBERS, SILENT = (f"c0000000-0000-4000-8000-00000000000{number}" for number in range(1, 5))
CONTACTS = [
    {"uuid": AMINA, "name": "Amina", "urns": ["tel:+252610000001"]},
    {"uuid": XASAN, "name": "Xasan", "urns": ["tel:+252620000002", "whatsapp:252620000002"]},
    {"uuid": TWO_NUMBERS, "name": "Cali", "urns": ["tel:+252610000003", "tel:+252610000004"]},
    {"uuid": SILENT, "name": "Sahra", "urns": ["tel:+252610000005"]},
]


class Contacts:
    """A server's contacts, one a page."""

    def __init__(self) -> None:
        self.listings: list[tuple[datetime | None, datetime | None]] = []

    def contacts(self, *, after: datetime | None, before: datetime | None, resume: str | None = None) -> Iterator[Page]:
        assert resume is None
        self.listings.append((after, before))
        for contact in CONTACTS:
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
    found = KnownPersons(storage, WORKSPACE).persons([AMINA, XASAN, TWO_NUMBERS], server, participants)
    assert found.known == {AMINA: ("avf-phone-uuid-1", "tel", "25261"), XASAN: ("avf-phone-uuid-2", "tel", "25262")}
    assert found.unusable == {TWO_NUMBERS: "contact has several addresses"}
    assert server.listings == [(None, None)]
    assert asked == ["252610000001", "252620000002"]


def test_who_is_known_is_never_asked_for_again(storage: Storage, participants: Any) -> None:
    KnownPersons(storage, WORKSPACE).persons([AMINA], Contacts(), participants)
    server = Contacts()
    found = KnownPersons(storage, WORKSPACE).persons([AMINA], server, participants)
    assert found.known[AMINA].participant == "avf-phone-uuid-1"
    assert server.listings == []


def test_who_could_not_be_told_is_asked_for_again(storage: Storage, participants: Any) -> None:
    KnownPersons(storage, WORKSPACE).persons([TWO_NUMBERS], Contacts(), participants)
    server = Contacts()
    KnownPersons(storage, WORKSPACE).persons([TWO_NUMBERS], server, participants)
    assert len(server.listings) == 1


def test_no_number_or_name_is_stored(storage: Storage, participants: Any) -> None:
    KnownPersons(storage, WORKSPACE).persons([AMINA, XASAN, TWO_NUMBERS], Contacts(), participants)
    stored = b"".join(storage.read(name) for name in storage.names("state"))
    assert AMINA.encode() in stored
    for secret in (b"61000000", b"62000000", b"Amina", b"Xasan", b"Cali"):
        assert secret not in stored
