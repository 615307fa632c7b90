"""A contact is one participant in the Raw Data, whichever of its numbers a run came from."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.step_counts import the_count
from tests.unit.sources.rapid_pro.fetching.workspace import NOW, START, Fetcher

HOUR = timedelta(hours=1)
FIRST, SECOND = "tel:+252610000001", "tel:+252620000002"


@pytest.fixture
def contact(fetcher: Fetcher) -> str:
    """One that answered the flow `show` from its first number, and then the same and `demog` from its second."""
    contact = fetcher.world.contact(1, FIRST, SECOND)
    fetcher.world.run(contact, "by first", at=START)
    fetcher.fetch("show", "demog", now=START + HOUR)
    fetcher.world.contact(1, SECOND, FIRST)
    fetcher.world.run(contact, "by second", at=START + 2 * HOUR)
    fetcher.world.run(contact, "nin", value="nin", at=START + 2 * HOUR, flow="demog")
    return contact


def test_all_runs_of_a_contact_stand_under_the_participant_of_the_oldest(fetcher: Fetcher, contact: str) -> None:
    fetcher.world.run(fetcher.world.contact(2), at=START)
    result = fetcher.fetch("show", "demog")
    known = fetcher.table.known(["252610000001", "252620000002", "252610000002"])
    first, other = known["252610000001"], known["252610000002"]
    assert [fields["avf_phone_id"] for fields in fetcher.raw_data()] == [first, other, first]
    assert [fields["operator_raw"] for fields in fetcher.raw_data()] == ["25261", "25261", "25262"]
    assert [fields["avf_phone_id"] for fields in fetcher.raw_data("demog")] == [first]
    assert len(set(known.values())) == 3
    assert [file.quarantined_counts for file in result.files] == [{}, {}]
    assert the_count(result.counts, "runs_joined_to_first_participant", file="show.jsonl") == 1
    assert the_count(result.counts, "runs_joined_to_first_participant", file="demog.jsonl") == 1


def test_the_raw_data_are_the_same_when_it_is_fetched_again(fetcher: Fetcher, contact: str) -> None:
    fetcher.fetch("show", "demog")
    before = fetcher.raw_data()
    fetcher.world.contact(1, FIRST, SECOND)
    fetcher.fetch("show", "demog")
    assert fetcher.raw_data() == before


def test_a_text_that_an_archive_corrects_stands_under_the_same_participant(fetcher: Fetcher, contact: str) -> None:
    """Newer servers' live runs have no whole text; the archive's has, as a second update of the same object."""
    fetcher.world.contact(1, SECOND)  # an archive's contact is only told by its one number
    fetcher.fetch("show", "demog")
    fetcher.server.database.archive((START + timedelta(days=1)).date(), purge=False, whole_months=False)
    fetcher.fetch("show", "demog")
    known = fetcher.table.known(["252610000001", "252620000002"])
    assert fetcher.texts("demog") == ["nin"]
    assert known["252610000001"] in str(fetcher.raw_data("demog"))
    assert known["252620000002"] not in str(fetcher.raw_data("demog"))


def test_a_contact_that_is_to_be_forgotten_is_queued_with_all_that_it_was(
    fetcher: Fetcher, contact: str, forgotten: Callable[[], list[tuple[str, list[str]]]]
) -> None:
    fetcher.fetch("show", "demog")
    fetcher.server.database.delete_contact(contact, START + 3 * HOUR)
    fetcher.fetch("show", "demog", now=NOW)
    known = fetcher.table.known(["252610000001", "252620000002"])
    assert forgotten() == [(contact, sorted(known.values()))]


@pytest.mark.parametrize("urn", ["bsuid:SO.1349120865530274", "whatsapp:SO.1349120865530274"])
@pytest.mark.parametrize("is_archived", [False, True])
def test_an_id_that_is_no_number_does_not_hide_the_number_beside_it(
    fetcher: Fetcher, urn: str, is_archived: bool
) -> None:
    new = fetcher.world.contact(1, urn, FIRST)
    fetcher.world.run(new, "new", at=START)
    fetcher.world.run(fetcher.world.contact(2, FIRST.replace("tel:+", "whatsapp:")), "old", at=START + HOUR)
    fetcher.world.run(fetcher.world.contact(3, FIRST, urn), "sms", at=START + 2 * HOUR)
    if is_archived:
        fetcher.server.database.archive((START + timedelta(days=1)).date(), purge=True)
    result = fetcher.fetch()
    known = fetcher.table.known(["252610000001"])
    assert [fields["avf_phone_id"] for fields in fetcher.raw_data()] == [known["252610000001"]] * 3
    assert [fields["urn_type"] for fields in fetcher.raw_data()] == ["tel", "whatsapp", "tel"]
    assert result.files[0].quarantined_counts == {}
    contact_requests = fetcher.server.request_counts()["contacts"]
    fetcher.world.run(new, "again", at=START + 3 * HOUR)
    fetcher.fetch()
    assert fetcher.texts()[-1] == "again"
    assert fetcher.server.request_counts()["contacts"] == contact_requests + 1  # of those who were deleted


def test_a_contact_with_no_number_at_all_is_set_aside(fetcher: Fetcher) -> None:
    fetcher.limit = 1.0
    run = fetcher.world.run(fetcher.world.contact(1, "bsuid:SO.1349120865530274"), at=START)
    fetcher.fetch()
    assert fetcher.quarantine() == [{"flow": "show", "run": run.uuid, "reason": "URN is no number"}]
    assert fetcher.raw_data() == []


def test_archived_runs_of_nobody_do_not_list_all_contacts_again_and_again(fetcher: Fetcher) -> None:
    fetcher.limit = 1.0
    for number in range(300):
        fetcher.world.contact(number + 10)
    nobody, somebody = fetcher.world.no_urn(1), fetcher.world.contact(2)
    fetcher.world.run(somebody, at=START)
    for day in range(2):
        fetcher.world.run(nobody, at=START + timedelta(days=day))
    database = fetcher.server.database
    database.put_contact(replace(database.contacts.rows[somebody], modified_on=START + HOUR))
    database.archive((START + timedelta(days=2)).date(), purge=True, whole_months=False)
    fetcher.fetch()
    assert fetcher.server.request_counts()["contacts"] == 1 + 2
    first = next(key for key, archive in sorted(database.archives.items()) if key.type == "run" and archive.lines)
    database.rewrite_archive(first, without=somebody)
    assert the_count(fetcher.fetch().counts, "archives_read") == 1
    assert fetcher.server.request_counts()["contacts"] == 3 + 2
