"""What goes wrong on the way, as a client on the wire meets it."""

import http.client
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from sandbox.facebook import errors
from sandbox.facebook.faults import Change, Fault
from sandbox.facebook.server import FacebookServer
from sandbox.facebook.world import World

PAGE_ID, OTHER_PAGE_ID = "371000000000001", "371000000000002"
POST = f"{PAGE_ID}_1"
Serve = Callable[..., FacebookServer]
Get = Callable[..., requests.Response]


def _statuses(get: Get, server: FacebookServer, count: int, path: str = f"{POST}/comments") -> list[int]:
    return [get(server, path).status_code for _ in range(count)]


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (errors.UNKNOWN, 500, {"code": 1, "is_transient": True}),
        (errors.UNAVAILABLE, 500, {"code": 2, "is_transient": True}),
        (errors.APP_THROTTLED, 403, {"code": 4, "is_transient": True}),
        (errors.USER_THROTTLED, 403, {"code": 17, "error_subcode": 2446079, "is_transient": True}),
        (errors.PAGE_THROTTLED, 403, {"code": 32, "is_transient": True}),
        (errors.CUSTOM_THROTTLED, 400, {"code": 613, "is_transient": True}),
        (errors.BUSINESS_THROTTLED, 400, {"code": 80001, "error_subcode": 2446079}),
        (errors.BLOCKED, 400, {"code": 368, "error_subcode": 1390008}),
        (errors.TOKEN_DEAD[463], 400, {"code": 190, "error_subcode": 463}),
        (errors.PERMISSION_DENIED, 403, {"code": 200}),
        (replace(errors.UNKNOWN, code=9999, is_transient=None), 500, {"code": 9999}),
    ],
)
def test_an_error_comes_as_often_as_it_is_to(
    serve: Serve, get: Get, error: errors.GraphError, status: int, body: dict[str, Any]
) -> None:
    server = serve(faults=[Fault("error", "comments", times=2, after_requests=1, error=error)])
    assert _statuses(get, server, 1) == [200]
    told = get(server, f"{POST}/comments").json()["error"]
    assert {name: value for name, value in told.items() if name not in {"message", "type", "fbtrace_id"}} == body
    assert _statuses(get, server, 2) == [status, 200]
    assert _statuses(get, server, 1, POST) == [200]


def test_an_error_may_bring_headers(serve: Serve, get: Get) -> None:
    fault = Fault("error", "me", error=errors.APP_THROTTLED, headers=(("Retry-After", "7"),))
    assert get(serve(faults=[fault]), "me").headers["Retry-After"] == "7"


def test_an_error_comes_from_the_version_that_was_asked_for(serve: Serve, get: Get) -> None:
    server = serve(faults=[Fault("error", "me")])
    assert get(server, "me").headers["facebook-api-version"] == "v26.0"
    assert get(server, "nobody").headers["facebook-api-version"] == "v26.0"


def test_a_fault_may_never_end(serve: Serve, get: Get) -> None:
    server = serve(faults=[Fault("bad-gateway", "comments", times=math.inf)])
    assert _statuses(get, server, 10) == [502] * 10
    assert get(server, f"{POST}/comments").text.startswith("<html>")
    server.faults.clear()
    assert _statuses(get, server, 1) == [200]


def test_a_cut_connection_gives_no_answer_and_the_next_request_does(serve: Serve, get: Get) -> None:
    server = serve(faults=[Fault("cut", "comments")])
    with pytest.raises(requests.ConnectionError):
        get(server, f"{POST}/comments")
    assert _statuses(get, server, 1) == [200]
    assert [request.status for request in server.requests] == [None, 200]


def test_a_truncated_answer_is_shorter_than_it_says(serve: Serve) -> None:
    server = serve(faults=[Fault("truncate", "me")])
    connection = http.client.HTTPConnection(server.host, timeout=600)
    connection.request("GET", "/me", headers={"Authorization": "Bearer page-token"})
    with pytest.raises(http.client.IncompleteRead):
        connection.getresponse().read()
    connection.close()


def test_an_answer_may_be_whole_and_its_json_not(serve: Serve, get: Get) -> None:
    response = get(serve(faults=[Fault("early-json", "me")]), "me")
    assert response.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        response.json()


def test_a_slow_answer_and_one_that_drips_are_right_in_the_end(serve: Serve, get: Get) -> None:
    server = serve(faults=[Fault("slow", "me", seconds=0.01), Fault("drip", "me", seconds=0.01)])
    assert [get(server, "me").json()["id"] for _ in range(2)] == [PAGE_ID] * 2


def test_a_server_stops_at_once_whoever_still_waits(world: World) -> None:
    with FacebookServer(world, faults=[Fault("drip", "me", seconds=3600)]) as server:
        connection = http.client.HTTPConnection(server.host, timeout=600)
        connection.request("GET", "/me", headers={"Authorization": "Bearer page-token"})
        response = connection.getresponse()
        assert response.read(1) == b"{"
    assert not server._http._connections
    connection.close()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda world: world.remove_post(POST), (400, 100, 33)),
        (lambda world: world.change_token("page-token", dead=463), (400, 190, 463)),
        (lambda world: world.change_token("page-token", scopes=()), (403, 10, None)),
    ],
)
def test_what_was_there_may_be_gone_for_the_next_request(
    serve: Serve, get: Get, change: Any, error: tuple[int, int, int | None]
) -> None:
    server = serve(changes=[Change("posts", change)])
    assert _statuses(get, server, 1) == [200]
    assert _statuses(get, server, 1, f"{PAGE_ID}/posts") == [200]
    refused = get(server, f"{POST}/comments")
    told = refused.json()["error"]
    assert (refused.status_code, told["code"], told.get("error_subcode")) == error


def test_a_defect_of_the_server_itself_is_not_hidden(world: World) -> None:
    def break_down(_: World) -> None:
        raise RuntimeError("a change that cannot be made")

    with (
        pytest.raises(RuntimeError, match="a change that cannot be made"),
        FacebookServer(world, changes=[Change("me", break_down)]) as server,
        pytest.raises(requests.ConnectionError),
    ):
        requests.get(f"{server.url}/me", headers={"Authorization": "Bearer page-token"}, timeout=600)
