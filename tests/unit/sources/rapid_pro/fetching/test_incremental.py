from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline_lib.errors import ConfigError, DataError, FatalSourceError
from pipeline_lib.sources.forget_queues import participants_to_forget
from pipeline_lib.sources.rapid_pro.flow_log import FlowLog
from sandbox.rapid_pro.faults import Change
from sandbox.rapid_pro.query import Query
from tests.step_counts import the_count
from tests.unit.sources.rapid_pro.fetching.workspace import FLOWS, NOW, START, Fetcher

MINUTE = timedelta(minutes=1)


def test_a_run_becomes_raw_data_in_the_predecessors_fields(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(7)
    run = fetcher.world.run(contact, "biyo la'aan", at=START)
    fetcher.test_contacts = (contact,)
    result = fetcher.fetch()
    (participant,) = fetcher.table.known(["252610000007"]).values()
    (fields,) = fetcher.raw_data()
    source = "input" if fetcher.server.generation.runs_have_input else "all responses"
    assert fields == {
        "avf_phone_id": participant,
        "urn_type": "tel",
        "run_id - show": run.id,
        "run_created_on - show": "2025-09-01T05:59:00+00:00",
        "run_modified_on - show": "2025-09-01T06:00:00+00:00",
        "run_exited_on - show": "2025-09-01T06:00:00+00:00",
        "run_exit_type - show": "completed",
        "operator_raw": "25261",
        "test_run": True,
        "Rqa_S01E01 (Category) - show": "All Responses",
        "Rqa_S01E01 (Value) - show": "biyo la'aan",
        "Rqa_S01E01 (Text) - show": "biyo la'aan",
        "Rqa_S01E01 (Text Source) - show": source,
        "Rqa_S01E01 (Name) - show": "Rqa_S01E01",
        "Rqa_S01E01 (Time) - show": "2025-09-01T06:00:00+00:00",
        "Rqa_S01E01 (Run ID) - show": run.id,
    }
    assert [(file.name, file.record_count, file.is_unchanged) for file in result.files] == [("show", 1, False)]
    assert the_count(result.counts, "runs_on_server", file="show.jsonl") == 1
    assert the_count(result.counts, "runs_not_given", file="show.jsonl") == 0


def test_a_flow_that_nobody_has_answered_yet_has_empty_raw_data(fetcher: Fetcher) -> None:
    assert [file.record_count for file in fetcher.fetch("show", "demog").files] == [0, 0]
    assert fetcher.raw_data("demog") == []


@pytest.mark.slow
def test_a_second_fetch_with_nothing_new_asks_once_a_flow_and_four_times_a_source(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    for minute in range(600):
        fetcher.world.run(contact, at=START + minute * MINUTE)
    fetcher.fetch("show", "demog")
    segments = fetcher.storage.names("state")
    first = fetcher.storage.read("runs/today/Raw Data/show.jsonl")
    fetcher.server.requests.clear()
    result = fetcher.fetch("show", "demog", run_folder="runs/tomorrow")
    assert fetcher.server.request_counts() == {
        "workspace": 1,
        "flows": 1,
        "contacts": 1,
        "archives": 1,
        "runs": 2,
    }
    assert fetcher.storage.names("state") == segments
    assert [file.is_unchanged for file in result.files] == [True, True]
    assert fetcher.storage.read("runs/tomorrow/Raw Data/show.jsonl") == first


def test_runs_with_the_watermarks_own_time_that_come_later_are_fetched(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    fetcher.world.run(contact, "first", at=START)
    fetcher.fetch()
    fetcher.world.run(contact, "tie", at=START)
    fetcher.fetch()
    assert fetcher.texts() == ["first", "tie"]


@pytest.mark.parametrize(("late_by_minutes", "texts"), [(14, ["late", "on time"]), (16, ["on time"])])
def test_a_run_that_appears_late_is_fetched_within_the_overlap(
    fetcher: Fetcher, late_by_minutes: int, texts: list[str]
) -> None:
    contact = fetcher.world.contact(1)
    fetcher.world.run(contact, "on time", at=START)
    fetcher.fetch()
    fetcher.world.run(contact, "late", at=START - late_by_minutes * MINUTE)
    result = fetcher.fetch()
    assert fetcher.texts() == texts
    assert the_count(result.counts, "runs_not_given", file="show.jsonl") == 2 - len(texts)


def test_a_full_fetch_finds_what_came_too_late_and_stores_nothing_twice(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    fetcher.world.run(contact, "on time", at=START)
    fetcher.fetch()
    fetcher.world.run(contact, "late", at=START - 16 * MINUTE)
    fetcher.is_full_fetch = True
    result = fetcher.fetch()
    assert fetcher.texts() == ["late", "on time"]
    assert the_count(result.counts, "runs_new_or_changed", file="show.jsonl") == 1
    assert fetcher.fetch().files[0].is_unchanged
    fetcher.is_full_fetch = False
    assert the_count(fetcher.fetch().counts, "runs_listed", file="show.jsonl") == 1


def test_the_newest_version_of_a_run_counts(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    run = fetcher.world.run(contact, "old", at=START)
    fetcher.fetch()
    fetcher.world.run_count -= 1
    fetcher.world.run(contact, "new", at=START + MINUTE, id=run.id, created_on=run.created_on)
    assert the_count(fetcher.fetch().counts, "runs_new_or_changed", file="show.jsonl") == 1
    assert fetcher.texts() == ["new"]


def test_a_run_that_changes_while_it_is_listed_is_there_once_in_its_newest_version(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    for minute in range(300):
        fetcher.world.run(contact, f"text {minute}", at=START + minute * MINUTE)

    def answer_again(_database: object) -> None:
        fetcher.world.run_count = 0
        fetcher.world.run(contact, "changed", at=START + 400 * MINUTE, created_on=START - MINUTE)

    fetcher.server.changes.append(Change("runs", answer_again))
    fetcher.fetch()
    assert fetcher.texts() == ["changed", *(f"text {minute}" for minute in range(1, 300))]


def test_the_end_of_a_listing_is_frozen_and_the_next_fetch_goes_on_there(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    fetcher.world.run(contact, "before", at=START)
    fetcher.world.run(contact, "after", at=NOW + MINUTE)
    fetcher.fetch(now=NOW)
    assert fetcher.texts() == ["before"]
    fetcher.fetch(now=NOW + 2 * MINUTE)
    assert fetcher.texts() == ["before", "after"]


def test_a_server_that_does_not_heed_the_end_moves_no_watermark_beyond_it(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What shows up later, though it was modified earlier, would be missed."""
    text = Query.text
    monkeypatch.setattr(Query, "text", lambda query, name: None if name == "before" else text(query, name))
    contact = fetcher.world.contact(1)
    fetcher.world.run(contact, "of tomorrow", at=NOW + 24 * 60 * MINUTE)
    fetcher.fetch(now=NOW)
    assert FlowLog(fetcher.storage, FLOWS["show"].uuid).state.watermark == NOW
    fetcher.world.run(contact, "of today", at=NOW + MINUTE)
    fetcher.fetch(now=NOW + 2 * MINUTE)
    assert sorted(map(str, fetcher.texts())) == ["of today", "of tomorrow"]


def test_a_watermark_of_the_future_is_taken_back(fetcher: Fetcher) -> None:
    log = FlowLog(fetcher.storage, FLOWS["show"].uuid)
    log.add_live([], watermark=NOW + 24 * 60 * MINUTE, listing=None)
    fetcher.world.run(fetcher.world.contact(1), "of today", at=NOW - MINUTE)
    fetcher.fetch(now=NOW)
    assert fetcher.texts() == ["of today"]
    assert FlowLog(fetcher.storage, FLOWS["show"].uuid).state.watermark == NOW


@pytest.mark.slow
def test_many_small_parts_become_one(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    for night in range(31):
        fetcher.world.run(contact, f"text {night}", at=START + timedelta(days=night))
        fetcher.fetch(now=NOW + timedelta(days=night))
    log = FlowLog(fetcher.storage, FLOWS["show"].uuid)
    assert [part.record_count for part in log.state.parts] == [30, 1]
    assert fetcher.texts() == [f"text {night}" for night in range(31)]


@pytest.mark.parametrize(
    ("urns", "reason"),
    [
        (["tel:********"], "URN is masked: the workspace is anonymous"),
        (["mailto:amina@example.org"], "URN is no number"),
    ],
)
def test_a_run_of_nobody_is_set_aside_and_counted(fetcher: Fetcher, urns: list[str], reason: str) -> None:
    fetcher.limit = 0.5
    fetcher.world.run(fetcher.world.contact(1), at=START)
    run = fetcher.world.run(fetcher.world.contact(2, *urns), at=START)
    result = fetcher.fetch()
    assert fetcher.quarantine() == [{"flow": "show", "run": run.uuid, "reason": reason}]
    assert result.files[0].quarantined_counts == {reason: 1}
    assert len(fetcher.raw_data()) == 1
    fetcher.fetch()  # it is known by now: nothing is stored again
    assert len(FlowLog(fetcher.storage, run.flow).state.parts) == 1


def test_a_run_whose_contact_has_got_a_number_leaves_the_quarantine(fetcher: Fetcher) -> None:
    fetcher.limit = 1.0
    contact = fetcher.world.no_urn(1)
    run = fetcher.world.run(contact, "hello", at=START)
    fetcher.fetch()
    assert fetcher.quarantine() == [{"flow": "show", "run": run.uuid, "reason": "contact has no URN"}]
    fetcher.world.contact(1)
    fetcher.fetch()
    assert fetcher.quarantine() == []
    assert fetcher.texts() == ["hello"]


def test_a_run_without_values_is_kept_and_one_whose_value_has_no_time_is_set_aside(fetcher: Fetcher) -> None:
    fetcher.limit = 0.5
    contact = fetcher.world.contact(1)
    fetcher.world.run(contact, at=START, values={})
    run = fetcher.world.run(contact, at=START)
    ((key, value),) = run.values.items()
    fetcher.server.database.put_run(replace(run, values={key: replace(value, time=None)}))  # type: ignore[arg-type]
    fetcher.fetch()
    assert [record.values for record in fetcher.records()] == [[]]
    reason = "a result has no time that can be read"
    assert fetcher.quarantine() == [{"flow": "show", "run": run.uuid, "reason": reason}]


def test_a_run_that_was_changed_at_no_time_is_set_aside_and_does_not_stop_the_next_fetch(fetcher: Fetcher) -> None:
    """Servers write a time that was never set as one of the year 1: nothing comes a quarter of an hour before it."""
    fetcher.limit = 1.0
    run = fetcher.world.run(fetcher.world.contact(1), at=START, modified_on=datetime(1, 1, 1, tzinfo=UTC))
    fetcher.fetch()
    fetcher.fetch()
    reason = "run has no time of change that can be read"
    assert fetcher.quarantine() == [{"flow": "show", "run": run.uuid, "reason": reason}]


def test_runs_without_a_uuid_are_counted_one_by_one(fetcher: Fetcher) -> None:
    fetcher.limit = 0.5
    contact = fetcher.world.contact(1)
    for _ in range(3):
        fetcher.world.run(contact, at=START)
    for number in range(2):
        fetcher.world.run(contact, at=START, uuid=f"no uuid {number}")
    result = fetcher.fetch()
    assert result.files[0].quarantined_counts == {"run has no uuid": 2}
    assert fetcher.fetch().files[0].quarantined_counts == {"run has no uuid": 2}


def test_above_the_share_the_fetch_fails_and_keeps_what_it_has(fetcher: Fetcher) -> None:
    for number in range(99):
        fetcher.world.run(fetcher.world.contact(number + 1), at=START)
    fetcher.fetch()
    published = fetcher.storage.read("runs/today/Raw Data/show.jsonl")
    for number in range(2):
        fetcher.world.run(fetcher.world.no_urn(number + 200), at=START + MINUTE)
    with pytest.raises(DataError) as raised:
        fetcher.fetch()
    assert str(raised.value) == (
        "pipeline.json: RawDataSources[0]: 2 of its 101 runs cannot be used: 2 x contact has no URN; "
        "at most 1.0% may be (QuarantineShareLimit); the run's Quarantine lists them"
    )
    assert fetcher.storage.read("runs/today/Raw Data/show.jsonl") == published
    assert len(fetcher.records()) == 99
    assert [line["reason"] for line in fetcher.quarantine()] == ["contact has no URN", "contact has no URN"]


def test_an_anonymous_workspace_is_refused(fetcher: Fetcher, anonymous: None) -> None:
    with pytest.raises(FatalSourceError, match=r"RawDataSources\[0\]: the workspace is anonymous"):
        fetcher.fetch()
    assert fetcher.storage.names("") == []


def test_a_flow_that_is_not_there_stops_the_fetch_before_anything_is_read(fetcher: Fetcher) -> None:
    with pytest.raises(ConfigError, match='flow "shwo" does not exist on the server; did you mean "show"'):
        fetcher.fetch("shwo")
    assert fetcher.server.request_counts()["runs"] == 0


def test_deleted_contacts_are_queued_with_who_they_were(
    fetcher: Fetcher, forgotten: Callable[[], list[tuple[str, list[str]]]]
) -> None:
    contact = fetcher.world.contact(1)
    other = fetcher.world.contact(2)
    fetcher.world.run(contact, at=START)
    fetcher.world.run(other, at=START)
    fetcher.fetch()
    fetcher.server.database.delete_contact(contact, START + MINUTE)
    result = fetcher.fetch(now=NOW)
    (participant,) = fetcher.table.known(["252610000001"]).values()
    assert participants_to_forget(fetcher.storage) == {participant}
    assert [line["avf_phone_id"] for line in fetcher.raw_data() if "deleted_contact" in line] == [participant]
    assert len(fetcher.raw_data()) == 2
    assert the_count(result.counts, "contacts_to_forget_new") == 1
    assert forgotten() == [(contact, [participant])]
    assert the_count(fetcher.fetch().counts, "contacts_to_forget_new") == 0
    assert forgotten() == [(contact, [participant])]


def test_times_are_until_when_it_was_asked(fetcher: Fetcher) -> None:
    fetcher.fetch(now=NOW)
    asked = [request.parameters for request in fetcher.server.requests if request.endpoint == "runs"]
    assert [(question.get("after"), question["before"]) for question in asked] == [
        (None, "2025-09-16T23:00:00.000000Z")
    ]
