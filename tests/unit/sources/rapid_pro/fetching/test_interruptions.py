"""Fetches that are killed, and servers that fail."""

import math
import os
import random
import signal
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from pipeline_lib.errors import FatalSourceError, PipelineError, RetriableSourceError
from pipeline_lib.sources.rapid_pro import flow_log, live_fetch
from pipeline_lib.sources.rapid_pro.flow_log import FlowLog
from pipeline_lib.storage import storage_at
from sandbox.rapid_pro.faults import Change, Fault
from sandbox.rapid_pro.generations import NYARUKA, Generation
from tests.forked_commands import PROCESSES
from tests.step_counts import the_count
from tests.unit.sources.rapid_pro.fetching.workspace import FLOWS, START, Fetcher

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
def generation() -> Generation:
    return NYARUKA


def busy_world(fetcher: Fetcher) -> None:
    """2,400 runs of two flows, a third of them in archives only, some of nobody, some to be looked up."""
    contacts = [fetcher.world.contact(number) for number in range(1, 40)] + [fetcher.world.no_urn(40)]
    for number in range(1200):
        contact, at = contacts[number % 40], START + number * 300 * SECOND
        fetcher.world.run(contact, at=at)
        fetcher.world.run(contact, value="haa", at=at + SECOND, flow="demog")
        fetcher.world.message(contact, f"haa {number}", at=at)
    fetcher.server.database.archive((START + DAY).date(), purge=True, whole_months=False)


def stored(fetcher: Fetcher) -> dict[str, Any]:
    logs = {flow: FlowLog(fetcher.storage, FLOWS[flow].uuid) for flow in FLOWS}
    return {
        "records": {flow: fetcher.records(flow) for flow in FLOWS},
        "raw data": {flow: fetcher.raw_data(flow) for flow in FLOWS},
        "quarantine": {flow: fetcher.quarantine(flow) for flow in FLOWS},
        "watermarks": {flow: log.state.watermark for flow, log in logs.items()},
        "archives": {flow: log.state.archives for flow, log in logs.items()},
    }


def fetch_in_small_parts(fetcher: Fetcher, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    for module in (live_fetch, flow_log):
        vars(module)["PART_RECORDS"] = 300
    fetcher.fetch("show", "demog")


def killed_at(request_number: int, fetcher: Fetcher) -> int | None:
    """The exit code of a fetch in a process of its own that is killed while the server answers a request."""
    server = fetcher.server
    environment = {"RAPIDPRO_EMULATOR_HOST": server.host}
    away = replace(fetcher, server=cast("Any", None), world=cast("Any", None))  # the process needs neither
    process = PROCESSES.Process(target=fetch_in_small_parts, args=(away, environment))
    come, is_known = 0, threading.Event()

    def count(_database: object) -> None:
        nonlocal come
        come += 1
        if come == request_number:
            assert is_known.wait(600)  # it may ask before `start` has told its number here
            process.kill()

    server.changes[:] = [
        Change(endpoint, count, after_requests=number)
        for endpoint in ("workspace", "flows", "contacts", "archives", "download", "runs", "messages")
        for number in range(1, 60)
    ]
    process.start()
    is_known.set()
    process.join(600)
    server.changes.clear()
    return process.exitcode


@pytest.mark.slow
def test_a_fetch_that_is_killed_and_resumed_leaves_what_an_undisturbed_one_leaves(fetcher: Fetcher) -> None:
    fetcher.limit = 0.1
    busy_world(fetcher)
    undisturbed = replace(fetcher, storage=storage_at(f"{fetcher.storage.uri}/undisturbed"))
    undisturbed.fetch("show", "demog")
    request_count = len(fetcher.server.requests)
    expected = stored(undisturbed)
    assert [len(records) for records in expected["records"].values()] == [1170, 1170]
    points = random.Random(20250906).sample(range(2, request_count), 10)  # noqa: S311 - to be repeatable
    for point in points:
        disturbed = replace(fetcher, storage=storage_at(f"{fetcher.storage.uri}/killed at {point}"))
        assert killed_at(point, disturbed) == -signal.SIGKILL
        disturbed.fetch("show", "demog")
        assert stored(disturbed) == expected, f"killed at request {point}"


@pytest.mark.slow
def test_a_fetch_that_is_killed_again_and_again_gets_through(fetcher: Fetcher) -> None:
    fetcher.limit = 0.1
    busy_world(fetcher)
    kill_count = 0
    while killed_at(14, fetcher) == -signal.SIGKILL:
        kill_count += 1
        assert kill_count < 12
    assert kill_count > 1
    assert [len(fetcher.records(flow)) for flow in FLOWS] == [1170, 1170]


@pytest.mark.parametrize("kind", ["cut", "truncate", "early-json", "500", "502", "503", "504", "429"])
@pytest.mark.parametrize("endpoint", ["workspace", "flows", "contacts", "archives", "runs", "messages"])
def test_what_fails_in_passing_is_asked_again(fetcher: Fetcher, kind: Any, endpoint: str) -> None:
    contact = fetcher.world.contact(1)
    fetcher.world.run(contact, "waan ku faraxsanahay haa", value="haa", at=START, flow="demog")
    fetcher.world.message(contact, "waan ku faraxsanahay haa", at=START)
    fetcher.server.faults.append(Fault(kind, endpoint, times=2, retry_after=7))
    result = fetcher.fetch("demog")
    assert fetcher.texts("demog") == ["waan ku faraxsanahay haa"]
    assert the_count(result.counts, "requests_repeated") == 2
    assert len(fetcher.waits) == 2
    if kind == "429":
        assert all(seconds >= 7 for seconds in fetcher.waits)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["cut", "truncate", "early-json", "500", "503", "429"])
def test_what_keeps_failing_ends_the_fetch_and_what_came_before_stays(
    fetcher: Fetcher, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_fetch, "PART_RECORDS", 100)
    contact = fetcher.world.contact(1)
    for number in range(700):
        fetcher.world.run(contact, at=START + number * 10 * SECOND)
    fetcher.server.faults.append(Fault(kind, "runs", times=math.inf, after_requests=2))
    with pytest.raises(RetriableSourceError) as raised:
        fetcher.fetch()
    assert "RawDataSources[0]" in str(raised.value)
    assert len(fetcher.records()) == 500
    assert not fetcher.storage.exists("runs/today/Raw Data/show.jsonl")
    fetcher.server.faults.clear()
    fetcher.server.requests.clear()
    fetcher.fetch()
    assert len(fetcher.records()) == 700
    assert fetcher.server.request_counts()["runs"] == 2  # the page that failed, and what is new since


@pytest.mark.slow
def test_a_storm_of_refusals_is_sat_out(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    for number in range(1200):
        fetcher.world.run(contact, at=START + number * SECOND)
    fetcher.server.faults += [
        Fault("429", "runs", times=5, after_requests=pages, retry_after=retry_after)
        for pages, retry_after in ((0, None), (1, 30), (2, None), (3, 1))
    ]
    fetcher.fetch()
    assert len(fetcher.records()) == 1200
    assert len(fetcher.waits) == 20


def test_a_wrong_token_is_refused_and_what_was_fetched_stays(fetcher: Fetcher) -> None:
    fetcher.world.run(fetcher.world.contact(1), at=START)
    fetcher.fetch()
    fetcher.server.faults.append(Fault("403", "runs", times=math.inf))
    with pytest.raises(FatalSourceError, match=r"RawDataSources\[0\]"):
        fetcher.fetch()
    assert len(fetcher.records()) == 1


@pytest.mark.slow
def test_a_place_in_a_listing_that_the_server_has_forgotten_begins_it_anew(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_fetch, "PART_RECORDS", 100)
    contact = fetcher.world.contact(1)
    for number in range(700):
        fetcher.world.run(contact, at=START + number * SECOND)
    fetcher.server.faults.append(Fault("503", "runs", times=math.inf, after_requests=2))
    with pytest.raises(RetriableSourceError):
        fetcher.fetch()
    fetcher.server.faults.clear()
    log = FlowLog(fetcher.storage, FLOWS["show"].uuid)
    listing = log.state.listing
    assert listing is not None
    forgotten = listing.model_copy(update={"next": (listing.next or "").replace("cursor=", "cursor=x")})
    log.add_live([], watermark=log.state.watermark, listing=forgotten)
    fetcher.fetch()
    assert len(fetcher.records()) == 700


def test_no_error_of_a_fetch_names_people(fetcher: Fetcher) -> None:
    fetcher.limit = 0.0
    fetcher.world.run(fetcher.world.contact(1, "mailto:canary@example.org"), "canary text", at=START)
    with pytest.raises(PipelineError) as raised:
        fetcher.fetch()
    assert "canary" not in f"{raised.value!r} {raised.value.__cause__!r} {raised.value.__context__!r}"
