import json
import resource
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from pipeline_lib.sources.rapid_pro import flow_log
from pipeline_lib.sources.rapid_pro.flow_log import LIVE, FlowLog
from pipeline_lib.sources.rapid_pro.latest_versions import Newest, newest_versions
from pipeline_lib.sources.rapid_pro.records import Quarantined, Record, Result, TextSource
from pipeline_lib.storage import Storage, storage_at

FLOW = "f0000000-0000-4000-8000-000000000001"
START = datetime(2025, 9, 1, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAILY, MONTHLY = "run|daily|2025-09-01", "run|monthly|2025-09-01"


def record(run: int, text: str = "haa", *, minute: int = 0, source: TextSource = "input", who: str = "amina") -> Record:
    modified_on = (START + minute * MINUTE).isoformat()
    return Record(
        run=f"run {run:04}",
        id=None,
        contact="contact",
        participant=who,
        urn_type="tel",
        operator="25261",
        created_on=START.isoformat(),
        modified_on=modified_on,
        exited_on=None,
        exit_type=None,
        values=[Result("radio", "Radio", "Yes", "haa", text, source, modified_on)],
    )


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return storage_at(tmp_path.as_uri())


@pytest.fixture
def log(storage: Storage) -> FlowLog:
    return FlowLog(storage, FLOW)


@pytest.fixture
def few_open_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (150, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def add(log: FlowLog, *records: Record, quarantined: tuple[Quarantined, ...] = ()) -> None:
    log.add_live([log.part(LIVE, records, quarantined)], watermark=START, listing=None)


def newest(log: FlowLog) -> list[Newest]:
    with newest_versions(log) as versions:
        return list(versions)


def texts(log: FlowLog) -> list[str | None]:
    return [each.record.values[0].text for each in newest(log)]


@pytest.mark.slow
def test_the_parts_of_many_nights_stay_few_however_much_each_has(log: FlowLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_log, "PART_RECORDS", 50)
    for night in range(100):
        add(log, *(record(night * 10 + number, minute=night) for number in range(10)))
        log.merge_small_parts()
    assert len(log.state.parts) <= 30 + 100 * 10 // 50
    assert sum(part.record_count for part in log.state.parts) == 1000
    assert [each.record.run for each in newest(log)] == [f"run {number:04}" for number in range(1000)]


def test_merging_keeps_the_newest_version_and_what_was_set_aside(log: FlowLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_log, "_MANY_PARTS", 3)
    nobody = Quarantined("run 0009", "contact has no URN")
    add(log, record(1, "newer", minute=1))
    add(log, record(1, "older"), quarantined=(nobody,))
    add(log, record(2, "other"), quarantined=(nobody,))
    before = {part.sha256 for part in log.state.parts}
    log.merge_small_parts()
    (part,) = log.state.parts
    assert (part.record_count, part.quarantined) == (2, (nobody,))
    assert set(log.state.superseded) == before
    assert texts(log) == ["newer", "other"]


def test_what_is_recent_is_the_newest_version_though_a_merged_part_stands_last(log: FlowLog) -> None:
    add(log, record(1, "newer", minute=5))
    add(log, record(1, "older", minute=4), quarantined=(Quarantined("run 0009", "contact has no URN"),))
    known, set_aside = log.recent(START)
    assert known == {"run 0001": "2025-09-01T06:05:00+00:00"}
    assert set_aside == {("run 0009", "contact has no URN", None)}
    assert log.recent(START + 6 * MINUTE) == ({}, set())


def test_what_was_set_aside_before_versions_were_kept_can_still_be_read(storage: Storage, log: FlowLog) -> None:
    add(log, quarantined=(Quarantined("run 0009", "contact has no URN"),))
    name = f"state/raw/RapidPro/{FLOW}/manifest.json"
    stored = json.loads(storage.read(name))
    stored["parts"][0]["quarantined"] = [["run 0009", "contact has no URN"]]
    storage.replace(name, json.dumps(stored).encode(), expected=storage.read_versioned(name))
    (part,) = FlowLog(storage, FLOW).state.parts
    assert part.quarantined == (Quarantined("run 0009", "contact has no URN", None),)


@pytest.mark.slow
def test_any_number_of_parts_is_read_with_few_open_files(log: FlowLog, few_open_files: None) -> None:
    parts = [log.part(LIVE, [record(number, f"text {number}")]) for number in range(300)]
    log.add_live(parts, watermark=START, listing=None)
    assert texts(log) == [f"text {number}" for number in range(300)]


def test_what_an_archive_says_now_takes_the_place_of_what_it_said(log: FlowLog) -> None:
    same, gone = log.part(DAILY, [record(1)]), log.part(DAILY, [record(2)])
    log.add_archive(DAILY, "h1", [same, gone], instead_of=[])
    log.add_archive(DAILY, "h2", [same], instead_of=[])
    assert (log.state.archives, log.state.superseded) == ({DAILY: "h2"}, (gone.sha256,))
    assert [each.record.run for each in newest(log)] == ["run 0001"]
    log.add_archive(MONTHLY, "h3", [log.part(MONTHLY, [record(1, "whole")])], instead_of=[DAILY])
    assert log.state.archives == {MONTHLY: "h3"}
    assert texts(log) == ["whole"]


@pytest.mark.parametrize(
    ("live", "archived", "text", "origin"),
    [
        (record(1, "live", minute=1), record(1, "archived", source="archive"), "live", LIVE),
        (record(1, "live"), record(1, "archived", minute=1, source="archive"), "archived", DAILY),
        (record(1, "live"), record(1, "archived", source="archive"), "live", LIVE),
        (record(1, "guess", source="value"), record(1, "archived", source="archive"), "archived", DAILY),
        (record(1, "guess", source="message"), record(1, "no better", source="value"), "guess", LIVE),
    ],
)
def test_of_two_versions_the_newer_counts_then_the_one_with_whole_texts_then_the_live_one(
    log: FlowLog, live: Record, archived: Record, text: str, origin: str
) -> None:
    log.add_archive(DAILY, "h", [log.part(DAILY, [archived])], instead_of=[])
    add(log, live)
    (found,) = newest(log)
    assert (found.record.values[0].text, found.origin) == (text, origin)


def test_who_wrote_is_who_the_live_listing_said(log: FlowLog) -> None:
    add(log, record(1, "guess", source="value", who="as she wrote"))
    now = log.part(DAILY, [record(1, "whole", source="archive", who="by her number now")])
    log.add_archive(DAILY, "h", [now], instead_of=[])
    (found,) = newest(log)
    assert (found.record.values[0].text, found.record.participant) == ("whole", "as she wrote")


def test_where_a_listing_goes_on_survives_the_process(log: FlowLog, storage: Storage) -> None:
    listing = flow_log.Listing(after=None, before=START, next="/api/v2/runs.json?cursor=x")
    log.add_live([log.part(LIVE, [record(1)])], watermark=START, listing=listing)
    again = FlowLog(storage, FLOW)
    assert (again.state.listing, again.state.watermark, again.state.listed_until) == (listing, START, None)
    again.add_live([], watermark=START, listing=None)
    again.end_listing(START)
    assert FlowLog(storage, FLOW).state.listed_until == START


def test_the_versions_of_a_run_are_found_in_all_parts(log: FlowLog) -> None:
    wanted, other = (f"a0000000-0000-4000-8000-00000000000{number}" for number in (1, 2))
    for minute, text in enumerate(["first", "second"]):
        versions = [replace(record(0, text, minute=minute), run=run) for run in (other, wanted)]
        add(log, *versions)
    found = log.versions_of([wanted, "a0000000-0000-4000-8000-000000000003"])
    assert {run: [each.values[0].text for each in versions] for run, versions in found.items()} == {
        wanted: ["first", "second"]
    }
    assert log.versions_of([]) == {}
