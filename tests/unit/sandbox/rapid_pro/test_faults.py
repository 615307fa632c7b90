"""What goes wrong, as a client on the wire meets it."""

import http.client
import math
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.faults import Change, Fault, Throttle
from sandbox.rapid_pro.generations import NYARUKA, UNICEF
from sandbox.rapid_pro.server import RapidProServer, Request

Serve = Callable[..., RapidProServer]
Get = Callable[..., requests.Response]
WRONG = "wrong"


def _statuses(get: Get, server: RapidProServer, count: int, endpoint: str = "runs") -> list[int]:
    return [get(server, endpoint).status_code for _ in range(count)]


@pytest.mark.parametrize(("kind", "status"), [("403", 403), ("500", 500), ("502", 502), ("503", 503), ("504", 504)])
def test_a_status_comes_as_often_as_it_is_to(
    serve: Serve, get: Get, database: Database, kind: Any, status: int
) -> None:
    server = serve(database)
    server.faults.append(Fault(kind, "runs", times=2, after_requests=1))
    assert _statuses(get, server, 2, "flows") == [200, 200]
    assert _statuses(get, server, 5) == [200, status, status, 200, 200]
    server.faults.append(Fault(kind, "runs"))
    assert _statuses(get, server, 2) == [status, 200]


def test_a_fault_may_never_end(serve: Serve, get: Get, database: Database) -> None:
    server = serve(database, faults=[Fault("500", "runs", times=math.inf)])
    assert _statuses(get, server, 20) == [500] * 20
    server.faults.clear()
    assert _statuses(get, server, 1) == [200]


def test_faults_follow_one_another(serve: Serve, get: Get, database: Database) -> None:
    server = serve(database, faults=[Fault("500", "runs"), Fault("503", "runs", times=2), Fault("500", "flows")])
    assert _statuses(get, server, 4) == [500, 503, 503, 200]


def test_a_throttled_client_is_told_how_long_to_wait(serve: Serve, get: Get, database: Database) -> None:
    server = serve(database, faults=[Fault("429", "runs", retry_after=17), Fault("429", "runs", retry_after=None)])
    response = get(server, "runs")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "17")
    assert response.json() == {"detail": "Request was throttled. Expected available in 17 seconds."}
    assert "Retry-After" not in get(server, "runs").headers


def test_a_cut_connection_gives_no_answer_and_the_next_request_does(serve: Serve, get: Get, database: Database) -> None:
    server = serve(database, faults=[Fault("cut", "runs")])
    with pytest.raises(requests.ConnectionError):
        get(server, "runs")
    assert _statuses(get, server, 1) == [200]
    assert [request.status for request in server.requests] == [None, 200]


def test_a_cut_connection_is_reset(serve: Serve, database: Database) -> None:
    server = serve(database, faults=[Fault("cut", "runs")])
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=600) as raw:
        raw.sendall(b"GET /api/v2/runs.json HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            raw.recv(1)


def test_a_truncated_answer_is_shorter_than_it_says(serve: Serve, database: Database) -> None:
    server = serve(database, faults=[Fault("truncate", "runs")])
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=600)
    connection.request("GET", "/api/v2/runs.json", headers={"Authorization": f"Token {server.token}"})
    response = connection.getresponse()
    with pytest.raises(http.client.IncompleteRead) as cut:
        response.read()
    assert response.status == 200
    assert abs(len(cut.value.partial) - (cut.value.expected or 0)) <= 1
    connection.close()


def test_an_answer_may_be_whole_and_its_json_not(serve: Serve, get: Get, database: Database) -> None:
    server = serve(database, faults=[Fault("early-json", "runs")])
    response = get(server, "runs")
    assert response.status_code == 200
    assert len(response.content) == int(response.headers["Content-Length"])
    with pytest.raises(requests.exceptions.JSONDecodeError):
        response.json()


def test_a_corrupt_answer_differs_in_one_byte(serve: Serve, get: Get, database: Database) -> None:
    server = serve(database, faults=[Fault("corrupt", "runs")])
    corrupt, right = get(server, "runs").content, get(server, "runs").content
    assert sum(one != other for one, other in zip(corrupt, right, strict=True)) == 1


def test_a_slow_answer_is_right_but_late(serve: Serve, get: Get, database: Database) -> None:
    server = serve(database, faults=[Fault("slow", "runs", seconds=0.05), Fault("slow", "runs", seconds=60)])
    assert _statuses(get, server, 1) == [200]
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{server.url}/api/v2/runs.json", timeout=(600, 0.05))


def test_a_server_stops_at_once_whoever_is_still_connected(database: Database) -> None:
    with requests.Session() as idle:
        with RapidProServer(database, faults=[Fault("slow", "runs", seconds=3600)]) as server:
            idle.get(f"{server.url}/api/v2/", timeout=600)
            waiting = threading.Thread(target=lambda: _quietly(server.url), daemon=True)
            waiting.start()
            for _ in range(60_000):
                if server.faults[0].times == 0:
                    break
                time.sleep(0.005)
            assert server.faults[0].times == 0
        assert not server._http._connections
    waiting.join(600)
    assert not waiting.is_alive()


def _quietly(url: str) -> None:
    try:
        requests.get(f"{url}/api/v2/runs.json", timeout=600)
    except requests.ConnectionError:
        return


def test_a_row_can_come_late_between_two_pages(serve: Serve, get: Get, database: Database) -> None:
    like = database.runs.rows["a1a1a1a1-0000-4000-8000-000000000003"]
    for number in range(1000, 1600):
        later = like.modified_on.replace(minute=30, microsecond=number)
        database.put_run(replace(like, id=number, uuid=f"a1a1a1a1-0000-4000-8000-{number:012}", modified_on=later))
    late = replace(like, id=7, uuid="a1a1a1a1-0000-4000-8000-000000000007", modified_on=like.modified_on)
    moved = replace(database.runs.rows["a1a1a1a1-0000-4000-8000-000000001500"], modified_on=like.modified_on)
    gone = database.runs.rows["a1a1a1a1-0000-4000-8000-000000001501"]
    changes = [
        Change("runs", lambda data: data.put_run(late)),
        Change("runs", lambda data: data.put_run(moved)),
        Change("runs", lambda data: data.remove_run(gone), after_requests=2),
    ]
    server = serve(database, changes=changes)
    seen, link = [], f"{server.url}/api/v2/runs.json?reverse=true"
    while link:
        page = get(server, link).json()
        seen += [run["id"] for run in page["results"]]
        link = page["next"]
    assert seen == [1, 2, 3, *range(1000, 1500), *range(1502, 1600)]
    again = get(server, "runs", reverse="true", before=like.modified_on.isoformat()).json()["results"]
    assert [run["id"] for run in again] == [1, 2, 3, 7, 1500]


def test_requests_are_counted_by_endpoint(serve: Serve, get: Get, database: Database) -> None:
    server = serve(database)
    get(server, "runs", flow="f10f10f1-0000-4000-8000-000000000001", reverse="true")
    get(server, "runs", token=WRONG)
    get(server, "workspace")
    get(server, f"{server.url}/favicon.ico")
    assert server.request_counts() == {"runs": 2, "workspace": 1, "": 1}
    assert server.requests[0] == Request(
        method="GET",
        endpoint="runs",
        path="/api/v2/runs.json",
        parameters={"flow": "f10f10f1-0000-4000-8000-000000000001", "reverse": "true"},
        status=200,
    )
    assert server.requests[1].status == 403


def test_the_generations_take_so_many_requests_an_hour() -> None:
    assert (UNICEF.hourly_request_limit, NYARUKA.hourly_request_limit) == (2500, 3600)


def test_the_limit_holds_for_each_scope_and_for_the_last_hour(serve: Serve, get: Get, database: Database) -> None:
    now = [1_700_000_000.0]
    server = serve(database, hourly_limit=2, clock=lambda: now[0])
    assert _statuses(get, server, 1) == [200]
    now[0] += 1000.5
    assert _statuses(get, server, 2) == [200, 429]
    assert get(server, "runs").headers["Retry-After"] == "2600"
    assert [get(server, name).status_code for name in ("contacts", "messages", "flows", "workspace", "archives")] == [
        200,
        200,
        200,
        200,
        429,  # flows, workspace and archives share a scope
    ]
    now[0] += 2599
    assert _statuses(get, server, 1) == [429]
    now[0] += 1
    assert _statuses(get, server, 2) == [200, 429]
    assert get(server, "runs", token=WRONG).status_code == 403


def test_requests_that_were_throttled_do_not_count() -> None:
    now = [0.0]
    throttle = Throttle(1, lambda: now[0])
    assert [throttle.seconds_to_wait("v2") for _ in range(3)] == [0, 3600, 3600]
    now[0] = 3600
    assert [throttle.seconds_to_wait("v2") for _ in range(2)] == [0, 3600]


def test_a_defect_of_the_server_itself_is_not_hidden(database: Database) -> None:
    def break_down(_: Database) -> None:
        raise RuntimeError("a change that cannot be made")

    with (
        pytest.raises(RuntimeError, match="a change that cannot be made"),
        RapidProServer(database, changes=[Change("runs", break_down)]) as server,
        pytest.raises(requests.ConnectionError),
    ):
        requests.get(f"{server.url}/api/v2/runs.json", timeout=600)


def test_a_connection_serves_many_requests(serve: Serve, get: Get, database: Database) -> None:
    server = serve(database)
    _statuses(get, server, 5)
    assert len(server._http._connections) == 1


def test_a_body_that_was_sent_is_not_taken_for_a_request(serve: Serve, database: Database) -> None:
    server = serve(database)
    with requests.Session() as session:
        session.headers["Authorization"] = f"Token {server.token}"
        body = "GET /api/v2/flows.json HTTP/1.1\r\n\r\n"
        assert session.post(f"{server.url}/api/v2/runs.json", data=body, timeout=600).status_code == 405
        assert session.get(f"{server.url}/api/v2/workspace.json", timeout=600).json()["name"] == "Geedka"
    assert [request.endpoint for request in server.requests] == ["runs", "workspace"]
