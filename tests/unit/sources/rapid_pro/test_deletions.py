from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import DataError, StorageConflictError
from pipeline_lib.sources.rapid_pro.client import Page
from pipeline_lib.sources.rapid_pro.deletions import ForgetQueue
from pipeline_lib.storage import Storage, storage_at

PLACE = "pipeline.json: RawDataSources[0]"
WORKSPACE = "00000000-0000-4000-8000-000000000000"
FIRST, SECOND = (f"c0000000-0000-4000-8000-00000000000{number}" for number in (1, 2))
DAY, OVERLAP = timedelta(days=1), timedelta(minutes=15)
DELETED_ON = datetime(2025, 9, 1, 6, tzinfo=UTC)
NOW = DELETED_ON + 9 * DAY


class Deletions:
    """A server's deleted contacts, one a page."""

    def __init__(self, *contacts: dict[str, Any]) -> None:
        self.contacts = contacts
        self.asked_after: list[datetime | None] = []

    def deleted_contacts(self, *, after: datetime | None, before: datetime) -> Iterator[Page]:
        assert before == NOW
        self.asked_after.append(after)
        for contact in self.contacts:
            yield Page([contact], None)


def deleted(contact: str, on: datetime = DELETED_ON) -> dict[str, Any]:
    return {"uuid": contact, "name": None, "urns": [], "modified_on": on.isoformat()}


def read(queue: ForgetQueue, server: Deletions) -> int:
    return queue.read(server, before=NOW, overlap=OVERLAP, place=PLACE)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return storage_at(tmp_path.as_uri())


def test_deletions_are_queued_once_and_read_on_from_the_newest_less_the_overlap(storage: Storage) -> None:
    assert read(ForgetQueue(storage, WORKSPACE), Deletions(deleted(FIRST))) == 1
    server = Deletions(deleted(FIRST), deleted(SECOND, DELETED_ON + DAY))
    queue = ForgetQueue(storage, WORKSPACE)
    assert read(queue, server) == 1
    assert [(person.contact, person.deleted_on) for person in queue.people] == [
        (FIRST, DELETED_ON),
        (SECOND, DELETED_ON + DAY),
    ]
    read(queue, server)
    assert server.asked_after == [DELETED_ON - OVERLAP, DELETED_ON + DAY - OVERLAP]


def test_a_server_that_does_not_heed_the_end_moves_no_watermark_beyond_it(storage: Storage) -> None:
    read(ForgetQueue(storage, WORKSPACE), Deletions(deleted(FIRST, NOW + DAY)))
    server = Deletions()
    read(ForgetQueue(storage, WORKSPACE), server)
    assert server.asked_after == [NOW - OVERLAP]


def test_a_deletion_that_cannot_be_read_stops_with_the_sources_name_and_keeps_those_before(storage: Storage) -> None:
    queue = ForgetQueue(storage, WORKSPACE)
    with pytest.raises(DataError, match=r"^pipeline.json: RawDataSources\[0\]: a deleted contact has no uuid, or no"):
        read(queue, Deletions(deleted(FIRST), {"uuid": SECOND, "modified_on": None}))
    assert [person.contact for person in ForgetQueue(storage, WORKSPACE).people] == [FIRST]


def test_all_that_somebody_was_is_gathered(storage: Storage) -> None:
    queue = ForgetQueue(storage, WORKSPACE)
    read(queue, Deletions(deleted(FIRST), deleted(SECOND)))
    queue.recognise({FIRST: {"avf-phone-uuid-b"}})
    queue.recognise({FIRST: {"avf-phone-uuid-a", "avf-phone-uuid-b"}, "somebody else": {"avf-phone-uuid-c"}})
    people = ForgetQueue(storage, WORKSPACE).people
    assert [person.participants for person in people] == [("avf-phone-uuid-a", "avf-phone-uuid-b"), ()]


def test_of_two_fetches_of_a_workspace_one_is_told_to_try_again(storage: Storage) -> None:
    late = ForgetQueue(storage, WORKSPACE)
    read(ForgetQueue(storage, WORKSPACE), Deletions(deleted(FIRST)))
    with pytest.raises(StorageConflictError):
        read(late, Deletions(deleted(SECOND)))
    assert [person.contact for person in ForgetQueue(storage, WORKSPACE).people] == [FIRST]
