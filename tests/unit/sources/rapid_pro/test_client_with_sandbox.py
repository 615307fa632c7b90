"""The client against the sandbox's server, which speaks as both generations do."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from pipeline_lib.errors import FatalSourceError, RetriableSourceError
from pipeline_lib.sources.http.retry_policy import RetryPolicy
from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING, RapidProClient, open_client
from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.faults import Fault
from sandbox.rapid_pro.generations import GENERATIONS, Generation
from sandbox.rapid_pro.model import Contact, Flow, Message, Run, Workspace
from sandbox.rapid_pro.server import TOKEN, RapidProServer

PLACE = "pipeline.json: RawDataSources[0]"
START = datetime(2025, 5, 1, 6, tzinfo=UTC)
END = datetime(2025, 6, 15, tzinfo=UTC)
RUN_COUNT = 600


def uuid(kind: int, number: int) -> str:
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


def run(number: int, flow: int) -> Run:
    # Hundreds share an instant, on either side of a page's end.
    at = START + timedelta(seconds=number // 200)
    return Run(number, uuid(3, number), uuid(1, flow), uuid(2, 0), at, at)


def message(number: int, **changes: Any) -> Message:
    at = START + timedelta(minutes=number)
    facts: dict[str, Any] = {
        "id": number,
        "uuid": uuid(4, number),
        "contact": uuid(2, 0),
        "direction": "in",
        "text": f"text {number}",
    }
    facts |= {"created_on": at, "modified_on": at, "flow": uuid(1, 0)}
    return Message(**(facts | changes))


@pytest.fixture(params=GENERATIONS.values(), ids=list(GENERATIONS))
def server(request: pytest.FixtureRequest, fake_time: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[RapidProServer]:
    flows = [Flow(uuid(1, number), f"flow {number}", START, START, archived=number == 1) for number in range(300)]
    database = Database(
        Workspace(uuid(0, 0), "Demo"),
        flows=flows,
        contacts=[Contact(0, uuid(2, 0), START, START, ("tel:+252610000001",), "Somebody")],
        runs=[run(number, number % 2) for number in range(RUN_COUNT)],
        messages=[
            message(1),
            message(2, visibility="archived"),
            message(3, flow=None),
            message(4, direction="out"),
            message(5),
            message(6, created_on=END + timedelta(days=1)),
        ],
    )
    generation: Generation = request.param
    with RapidProServer(database, generation, clock=lambda: fake_time.timing.now().timestamp()) as running:
        monkeypatch.setenv(STAND_IN_SETTING, running.host)
        yield running


@pytest.fixture
def client(server: RapidProServer, fake_time: Any) -> RapidProClient:
    return open_client("textit.example", TOKEN, place=PLACE, timing=fake_time.timing)


def test_a_flows_runs_come_oldest_first_each_once_and_without_paths(client: RapidProClient) -> None:
    pages = list(client.runs(uuid(1, 0), after=None, before=END))
    assert [len(page.results) for page in pages] == [250, 50]
    assert [item["uuid"] for page in pages for item in page.results] == [uuid(3, n) for n in range(0, RUN_COUNT, 2)]
    assert {item["path"] for page in pages for item in page.results} == {None}


def test_a_listing_goes_on_where_another_client_stopped(client: RapidProClient, fake_time: Any) -> None:
    first = next(client.runs(uuid(1, 0), after=START, before=END))
    other = open_client("textit.example", TOKEN, place=PLACE, timing=fake_time.timing)
    (rest,) = other.runs(uuid(1, 0), after=START, before=END, resume=first.next)
    assert [item["uuid"] for item in rest.results] == [uuid(3, number) for number in range(500, RUN_COUNT, 2)]


@pytest.mark.slow
def test_both_ends_of_a_window_are_inside(client: RapidProClient) -> None:
    second = START + timedelta(seconds=1)
    (page,) = client.runs(uuid(1, 0), after=second, before=second)
    assert [item["uuid"] for item in page.results] == [uuid(3, number) for number in range(200, 400, 2)]


def test_all_flows_are_listed_archived_ones_too(client: RapidProClient) -> None:
    flows = client.flows()
    assert {flow["name"] for flow in flows} == {f"flow {number}" for number in range(300)}
    assert [flow["name"] for flow in flows if flow["archived"]] == ["flow 1"]


def test_messages_are_those_that_flows_received_archived_ones_too(client: RapidProClient) -> None:
    pages = client.incoming_messages(after=START, before=END)
    assert [item["text"] for page in pages for item in page.results] == ["text 5", "text 1", "text 2"]


def test_a_deleted_contact_is_only_among_the_deleted(server: RapidProServer, client: RapidProClient) -> None:
    server.database.delete_contact(uuid(2, 0), START + timedelta(days=1))
    (deleted,) = client.deleted_contacts(after=START, before=END)
    assert [(item["uuid"], item["urns"]) for item in deleted.results] == [(uuid(2, 0), [])]
    assert [page.results for page in client.contacts(after=None, before=END)] == [[]]


def test_archives_monthly_daily_and_empty_ones_are_read_as_they_are_listed(
    server: RapidProServer, client: RapidProClient
) -> None:
    server.database.put_run(replace(run(9000, 0), modified_on=datetime(2025, 6, 2, tzinfo=UTC)))
    server.database.archive(date(2025, 6, 4), purge=True)

    archives = {archive.key: archive for archive in client.run_archives()}

    assert sorted(archives) == [
        "run|daily|2025-06-01",
        "run|daily|2025-06-02",
        "run|daily|2025-06-03",
        "run|monthly|2025-05-01",
    ]
    assert list(client.archive_lines(archives["run|daily|2025-06-01"])) == []
    lines = list(client.archive_lines(archives["run|monthly|2025-05-01"], only=[uuid(1, 1).encode()]))
    assert [orjson.loads(line)["uuid"] for line in lines] == [uuid(3, number) for number in range(1, RUN_COUNT, 2)]
    assert sum(1 for _ in client.archive_lines(archives["run|monthly|2025-05-01"])) == RUN_COUNT


def test_a_link_works_for_a_day(server: RapidProServer, client: RapidProClient, fake_time: Any) -> None:
    server.database.archive(date(2025, 6, 1), purge=True)
    (archive,) = client.run_archives()
    fake_time.seconds += 24 * 3600
    with pytest.raises(RetriableSourceError, match="answered 403; try again: links expire"):
        list(client.archive_lines(archive))


@pytest.mark.parametrize("kind", ["corrupt", "truncate", "cut", "500"])
def test_no_damage_to_an_archive_goes_unnoticed(server: RapidProServer, client: RapidProClient, kind: Any) -> None:
    server.database.archive(date(2025, 6, 1), purge=True)
    (archive,) = client.run_archives()
    server.faults.append(Fault(kind, "download"))
    lines: list[bytes] = []
    if kind in {"cut", "500"}:  # before a byte of it came, so it is simply asked for again
        lines += client.archive_lines(archive)
    else:
        with pytest.raises(RetriableSourceError, match=re.escape("archive run|monthly|2025-05-01")):
            list(client.archive_lines(archive))
        lines += client.archive_lines(archive)
    assert len(lines) == RUN_COUNT


@pytest.mark.parametrize("kind", ["429", "500", "502", "503", "504", "cut", "early-json", "truncate"])
def test_trouble_that_passes_costs_a_request_and_nothing_else(
    server: RapidProServer, client: RapidProClient, kind: Any
) -> None:
    server.faults.append(Fault(kind, "runs", times=2))
    pages = list(client.runs(uuid(1, 0), after=None, before=END))
    assert sum(len(page.results) for page in pages) == 300
    assert (client.traffic.request_counts, client.traffic.retry_counts) == ({"runs": 4}, {"runs": 2})


@pytest.mark.slow
def test_a_slow_answer_is_given_up_and_asked_for_again(server: RapidProServer, fake_time: Any) -> None:
    policy = RetryPolicy(silence_seconds=0.2)
    client = open_client("textit.example", TOKEN, place=PLACE, timing=fake_time.timing, policy=policy)
    server.faults.append(Fault("slow", "workspace", seconds=3600))
    assert client.workspace()["name"] == "Demo"
    assert client.traffic.retry_counts["workspace"] >= 1  # a machine may be too slow for the second try as well


def test_a_wrong_token_is_refused_at_once(server: RapidProServer, fake_time: Any) -> None:
    client = open_client("textit.example", "wrong", place=PLACE, timing=fake_time.timing)
    with pytest.raises(FatalSourceError, match=r"RawDataSources\[0\]\.TokenFileURL: .* refuses the token"):
        client.workspace()
    assert client.traffic.request_counts == {"workspace": 1}


def test_who_keeps_the_budget_is_never_told_to_slow_down(
    server: RapidProServer, fake_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RapidProServer(server.database, server.generation, hourly_limit=5, clock=server.clock) as limited:
        monkeypatch.setenv(STAND_IN_SETTING, limited.host)
        client = open_client("textit.example", TOKEN, place=PLACE, timing=fake_time.timing, requests_an_hour=5)
        for _ in range(12):
            fake_time.seconds += 7
            next(client.runs(uuid(1, 0), after=None, before=END))
    assert (client.traffic.request_counts, client.traffic.retry_counts) == ({"runs": 12}, {})
    assert fake_time.slept == [3565, 3565]


def test_who_shares_the_budget_waits_as_long_as_the_server_says(
    server: RapidProServer, fake_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RapidProServer(server.database, server.generation, hourly_limit=5, clock=server.clock) as limited:
        monkeypatch.setenv(STAND_IN_SETTING, limited.host)
        clients = [open_client("textit.example", TOKEN, place=PLACE, timing=fake_time.timing) for _ in range(2)]
        for client in clients * 4:
            next(client.runs(uuid(1, 0), after=None, before=END))
    assert sum((client.traffic.retry_counts for client in clients), Counter()) == {"runs": 1}
    assert fake_time.slept == [3601]
