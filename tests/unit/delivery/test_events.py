import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline_lib.delivery.events import RUN_START, Event, State, line_of, name_of

AT = datetime(2026, 1, 2, 23, 0, 0, 5, tzinfo=UTC)
START = Event("water", "2026-01-02T230000Z", AT, RUN_START, State.START)
PULLED = Event("water", "2026-01-02T230000Z", AT, "CodaGet", State.SUCCESS, "coda_pull", duration_seconds=1.5)


def test_the_dashboard_finds_the_four_fields_that_it_has_always_read() -> None:
    assert START.document == {
        "pipeline_name": "water",
        "run_id": "2026-01-02T230000Z",
        "timestamp": "2026-01-02T23:00:00.000005+00:00",
        "event": "PipelineRunStart",
        "state": "start",
    }


def test_what_else_is_known_stands_beside_them() -> None:
    told = replace(PULLED, counts={"messages": 3}, source=0, attempt=2).document
    extra = {key: told[key] for key in ("state", "task", "source", "try", "duration_seconds", "counts")}
    assert extra == {
        "state": "success",
        "task": "coda_pull",
        "source": 0,
        "try": 2,
        "duration_seconds": 1.5,
        "counts": {"messages": 3},
    }


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("coda_pull", "CodaGet"),
        ("fetch", "FetchingRawData"),
        ("process", "GeneratingOutputs"),
        ("coda_push", "CodaAdd"),
        ("analyse", "GeneratingAutomatedAnalysisFiles"),
        ("archive", "BackingUpData"),
        ("upload", "UploadingAnalysisFiles"),
        ("upload_logs", "UploadingLogFiles"),
        ("prune", "Prune"),
    ],
)
def test_stages_are_spelled_as_they_have_always_been(task: str, name: str) -> None:
    assert name_of(task) == name


@pytest.mark.parametrize(
    "other",
    [
        replace(PULLED, pipeline_name="food"),
        replace(PULLED, run_id="2026-01-03T230000Z"),
        replace(PULLED, name="FetchingRawData"),
        replace(PULLED, task="fetch"),
        replace(PULLED, source=1),
        replace(PULLED, attempt=2),
        replace(PULLED, state=State.START),
        replace(PULLED, timestamp=AT + timedelta(microseconds=1)),
    ],
)
def test_whatever_differs_of_two_events_of_one_microsecond_each_has_an_id_of_its_own(other: Event) -> None:
    assert other.id != PULLED.id


def test_what_is_told_again_has_the_same_id_whatever_zone_its_time_is_in() -> None:
    in_nairobi = AT.astimezone(timezone(timedelta(hours=3)))
    assert replace(PULLED, timestamp=in_nairobi, counts={"messages": 3}).id == PULLED.id


def test_ids_are_in_the_order_of_time_and_fit_for_firestore() -> None:
    later = replace(PULLED, timestamp=AT.replace(microsecond=0) + timedelta(seconds=1))
    odd = replace(PULLED, run_id="../a b/" * 300, pipeline_name="__x__")
    assert PULLED.id < later.id
    assert "/" not in odd.id
    assert len(odd.id) == len(PULLED.id)


def test_a_line_of_the_log_is_the_document_with_its_id() -> None:
    line = line_of(PULLED)
    assert "\n" not in line
    assert json.loads(line) == {"id": PULLED.id, **PULLED.document}


def test_counts_are_cut_to_what_a_document_takes() -> None:
    counts = {"": 1, "__a__": 2, **{f"step {number}": number for number in range(500)}}
    kept = replace(PULLED, counts=counts).document["counts"]
    assert len(kept) == 200
    assert not {"", "__a__"} & set(kept)
