from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from pipeline_lib.errors import DataError, FatalSourceError
from pipeline_lib.sources.rapid_pro.flow_log import FlowLog
from pipeline_lib.storage import storage_at
from sandbox.rapid_pro.archives import ArchiveKey, archive
from sandbox.rapid_pro.faults import Change, Fault
from tests.step_counts import the_count
from tests.unit.sources.rapid_pro.fetching.workspace import FLOWS, NOW, START, Fetcher

DAY = timedelta(days=1)


def a_hundred_days(fetcher: Fetcher, flow: str = "show") -> list[str]:
    """A run a day by three contacts, from 1 May 2025 on; their texts."""
    fetcher.server.database.put_flow(replace(FLOWS[flow], created_on=START - 200 * DAY))
    contacts = [fetcher.world.contact(number) for number in range(1, 4)]
    texts = [f"day {day}" for day in range(100)]
    for day, text in enumerate(texts):
        fetcher.world.run(contacts[day % 3], text, at=START - 123 * DAY + day * DAY, flow=flow)
    return texts


def archives_read(fetcher: Fetcher) -> list[str]:
    return sorted(FlowLog(fetcher.storage, FLOWS["show"].uuid).state.archives)


def test_what_is_in_archives_only_is_fetched(fetcher: Fetcher) -> None:
    texts = a_hundred_days(fetcher)
    fetcher.server.database.archive(date(2026, 1, 1), purge=True)
    result = fetcher.fetch()
    assert fetcher.texts() == texts
    assert {result.text_source for record in fetcher.records() for result in record.values} == {"archive"}
    assert the_count(result.counts, "archives_read") == 4
    assert archives_read(fetcher) == [f"run|monthly|2025-{month:02}-01" for month in (5, 6, 7, 8)]


@pytest.mark.slow
def test_archives_and_live_together_give_what_live_alone_gave(fetcher: Fetcher) -> None:
    texts = a_hundred_days(fetcher)
    fetcher.fetch()
    alone = {(record.run, record.modified_on, record.participant) for record in fetcher.records()}
    database = fetcher.server.database
    database.archive(date(2025, 6, 18), purge=True)  # of these nothing is live
    database.archive(date(2025, 7, 3), purge=False)  # these are in archives and live at once
    other = replace(fetcher, storage=storage_at(f"{fetcher.storage.uri}/other"))
    other.fetch()
    assert {(record.run, record.modified_on, record.participant) for record in other.records()} == alone
    assert other.texts() == texts


def test_an_archived_run_that_changed_before_it_was_purged_counts_in_its_newest_version(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    fetcher.world.run(contact, "archived", at=START)
    database = fetcher.server.database
    database.archive((START + DAY).date(), purge=False, whole_months=False)
    fetcher.world.run_count = 0
    fetcher.world.run(contact, "changed since", at=START + 2 * DAY)
    database.purge()
    fetcher.fetch()
    assert fetcher.texts() == ["changed since"]


def test_a_contact_that_has_another_number_since_stays_who_wrote(fetcher: Fetcher) -> None:
    fetcher.server.database.put_flow(replace(FLOWS["demog"], created_on=START - 200 * DAY))
    contact = fetcher.world.contact(1)
    fetcher.world.run(contact, "waxaan ahay nin", value="nin", at=START, flow="demog")
    fetcher.fetch("demog")
    fetcher.world.contact(1, "tel:+252619999999")
    fetcher.server.database.archive((START + DAY).date(), purge=False, whole_months=False)
    fetcher.fetch("demog")
    (record,) = fetcher.records("demog")
    assert {"252610000001": record.participant}.items() <= fetcher.table.known(["252610000001"]).items()
    assert fetcher.texts("demog") == ["waxaan ahay nin"]


def test_each_archive_is_downloaded_twice_at_most_and_never_again(fetcher: Fetcher) -> None:
    a_hundred_days(fetcher)
    fetcher.server.database.archive(date(2026, 1, 1), purge=True)
    fetcher.fetch("show", "demog")
    assert fetcher.server.request_counts()["download"] == 8
    fetcher.server.requests.clear()
    fetcher.fetch("show", "demog")
    assert fetcher.server.request_counts()["download"] == 0
    assert fetcher.server.request_counts()["contacts"] == 1  # those that were deleted


def test_an_archive_that_was_rewritten_is_read_again_and_what_vanished_is_gone(fetcher: Fetcher) -> None:
    a_hundred_days(fetcher)
    database = fetcher.server.database
    database.archive(date(2026, 1, 1), purge=True)
    fetcher.fetch()
    gone = fetcher.world.contact(1)
    key = ArchiveKey("run", "monthly", date(2025, 5, 1))
    database.rewrite_archive(key, without=gone)
    fetcher.fetch()
    assert [
        record.run for record in fetcher.records() if record.contact == gone and record.modified_on < "2025-06"
    ] == []
    assert len(fetcher.records()) == 100 - 11


@pytest.mark.slow
def test_days_that_were_rolled_up_are_read_again_as_a_month_and_counted_once(fetcher: Fetcher) -> None:
    texts = a_hundred_days(fetcher)
    database = fetcher.server.database
    database.archive(date(2026, 1, 1), purge=True, whole_months=False)
    fetcher.fetch()
    database.roll_up("run", date(2025, 5, 1))
    assert the_count(fetcher.fetch().counts, "archives_read") == 1
    assert archives_read(fetcher)[-1] == "run|monthly|2025-05-01"
    assert fetcher.texts() == texts
    parts = FlowLog(fetcher.storage, FLOWS["show"].uuid).state.parts
    assert sum(part.record_count for part in parts) == 100


def test_after_a_long_gap_what_was_archived_meanwhile_is_fetched(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    fetcher.world.run(contact, "before", at=START)
    fetcher.fetch(now=START + DAY)
    fetcher.world.run(contact, "meanwhile", at=START + 5 * DAY)
    fetcher.server.database.archive((START + 6 * DAY).date(), purge=True, whole_months=False)
    fetcher.world.run(contact, "live", at=START + 100 * DAY)
    fetcher.fetch(now=START + 101 * DAY)
    assert fetcher.texts() == ["before", "meanwhile", "live"]


def test_runs_that_are_archived_and_purged_while_live_ones_are_listed_are_not_lost(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    texts = [f"text {number}" for number in range(300)]
    for number, text in enumerate(texts):
        fetcher.world.run(contact, text, at=START + number * timedelta(minutes=1))
    last_archived = (START + DAY).date()
    fetcher.server.changes.append(
        Change("archives", lambda database: database.archive(last_archived, purge=True, whole_months=False))
    )
    fetcher.fetch()
    assert fetcher.texts() == texts


def test_an_archived_run_of_a_contact_that_is_gone_is_set_aside(fetcher: Fetcher) -> None:
    fetcher.limit = 1.0
    a_hundred_days(fetcher)
    database = fetcher.server.database
    database.archive(date(2026, 1, 1), purge=True)
    database.delete_contact(fetcher.world.contact(1), NOW)
    fetcher.fetch()
    assert len(fetcher.records()) == 66
    reasons = {line["reason"] for line in fetcher.quarantine()}
    assert reasons == {"contact is not on the server any more"}


def test_an_archived_run_of_a_contact_with_three_numbers_is_of_the_first(fetcher: Fetcher) -> None:
    run = fetcher.world.run(fetcher.world.contact(1, *(f"tel:+25261000000{digit}" for digit in (1, 2, 3))), at=START)
    fetcher.server.database.archive((START + DAY).date(), purge=True)
    fetcher.fetch()
    known = fetcher.table.known([f"25261000000{digit}" for digit in (1, 2, 3)])
    assert list(known) == ["252610000001"]
    assert [(each.run, each.participant) for each in fetcher.records()] == [(run.uuid, known["252610000001"])]


def test_archived_runs_of_contacts_who_write_meanwhile_are_not_lost(fetcher: Fetcher) -> None:
    """An archive is read once, so that whoever is missed then is missed for ever."""
    texts = a_hundred_days(fetcher)
    database = fetcher.server.database
    database.archive(date(2026, 1, 1), purge=True)

    def write(_database: object) -> None:
        for number in range(1, 4):
            contact = database.contacts.rows[fetcher.world.contact(number)]
            database.put_contact(replace(contact, modified_on=NOW + timedelta(seconds=number)))

    fetcher.server.changes.append(Change("download", write))
    fetcher.fetch(now=NOW)
    assert fetcher.texts() == texts


def test_what_was_archived_while_a_fetch_was_listing_that_then_failed_is_not_lost(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    texts = [f"text {number}" for number in range(300)]
    for number, text in enumerate(texts):
        fetcher.world.run(contact, text, at=START + number * timedelta(minutes=1))
    last_archived = (START + DAY).date()
    fetcher.server.changes.append(
        Change("archives", lambda database: database.archive(last_archived, purge=True, whole_months=False))
    )
    fetcher.server.faults.append(Fault("403", "archives", after_requests=1))
    with pytest.raises(FatalSourceError):
        fetcher.fetch()
    fetcher.fetch()
    assert fetcher.texts() == texts


@pytest.mark.parametrize("line", [b'{"uuid": "cut", "flow": {"uuid": "%s', b'["%s"]', b'{"flow": null, "is": "%s"}'])
def test_a_line_of_an_archive_that_is_no_run_is_set_aside(fetcher: Fetcher, line: bytes) -> None:
    fetcher.limit = 1.0
    fetcher.world.run(fetcher.world.contact(1), "before", at=START)
    fetcher.fetch(now=START + DAY)
    key = ArchiveKey("run", "daily", (START + 5 * DAY).date())
    fetcher.server.database.archives[key] = archive(key, [line % FLOWS["show"].uuid.encode()])
    fetcher.fetch(now=START + 101 * DAY)
    assert fetcher.texts() == ["before"]
    assert fetcher.quarantine() == [{"flow": "show", "run": "", "reason": "run is no object"}]
    fetcher.limit = 0.4
    with pytest.raises(DataError, match="1 of its 2 runs cannot be used: 1 x run is no object"):
        fetcher.fetch(now=START + 101 * DAY)


def test_half_a_character_in_an_archive_costs_itself_only_and_is_counted(fetcher: Fetcher) -> None:
    """SMS gateways cut texts between the halves of a pair."""
    contact = fetcher.world.contact(1)
    for text in ("CUT", "whole", "NaN"):
        fetcher.world.run(contact, text, at=START)
    fetcher.server.database.archive((START + DAY).date(), purge=True, whole_months=False)
    (key,) = (key for key, made in fetcher.server.database.archives.items() if key.type == "run" and made.lines)
    lines = [
        line.replace(b'"CUT"', rb'"biyo \ud83d"').replace(b"Name 1", rb"Amina \ud83d").replace(b'"NaN"', b"NaN")
        for line in fetcher.server.database.archives[key].lines
    ]
    fetcher.server.database.archives[key] = archive(key, lines)
    result = fetcher.fetch()
    assert fetcher.texts() == ["biyo \ufffd", "whole", None]
    assert (result.files[0].quarantined_counts, result.files[0].replaced_count) == ({}, 1)
    assert the_count(result.counts, "unknown_words_taken_out", kind="values", file="show.jsonl") == 2  # value and input


def test_archives_of_the_old_format_are_read(fetcher: Fetcher) -> None:
    """Of about 2016 to 2018: results as a list, and runs without a uuid."""
    texts = a_hundred_days(fetcher)
    fetcher.server.database.archive(date(2026, 1, 1), purge=True, old_format=True)
    result = fetcher.fetch()
    assert fetcher.texts() == texts
    assert len({record.run for record in fetcher.records()}) == 100
    assert [fields["run_id - show"] for fields in fetcher.raw_data()] == list(range(1, 101))
    assert result.files[0].quarantined_counts == {}
    assert fetcher.fetch(run_folder="runs/tomorrow").files[0].is_unchanged


@pytest.mark.parametrize("kind", ["cut", "truncate", "corrupt", "500"])
def test_a_download_that_fails_in_passing_is_begun_again(fetcher: Fetcher, kind: Any) -> None:
    texts = a_hundred_days(fetcher)
    fetcher.server.database.archive(date(2026, 1, 1), purge=True)
    fetcher.server.faults.append(Fault(kind, "download", times=1, after_requests=5))
    fetcher.fetch()
    assert fetcher.texts() == texts
    parts = FlowLog(fetcher.storage, FLOWS["show"].uuid).state.parts
    assert sum(part.record_count for part in parts) == 100


def test_the_uuid_table_learns_only_of_people_who_wrote(fetcher: Fetcher) -> None:
    a_hundred_days(fetcher)
    fetcher.world.contact(50)
    fetcher.server.database.archive(date(2026, 1, 1), purge=True)
    fetcher.fetch()
    assert set(fetcher.table.known(["252610000001", "252610000050"])) == {"252610000001"}
