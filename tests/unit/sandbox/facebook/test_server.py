from collections.abc import Callable

import requests

from sandbox.facebook.server import FacebookServer
from sandbox.facebook.world import World

PAGE_ID = "371000000000001"
POST = f"{PAGE_ID}_1"
Serve = Callable[..., FacebookServer]
Get = Callable[..., requests.Response]


def test_requests_are_counted_by_endpoint(serve: Serve, get: Get) -> None:
    server = serve()
    paths = ["me", "me/feed", PAGE_ID, "nobody", POST, "123_4", "1_1", f"{POST}/comments", "1_1/comments", "a/b/c"]
    paths += [f"{POST}/insights", "5500/video_insights", f"{POST}/likes", f"{POST}/reactions", "debug_token", ""]
    for path in paths:
        get(server, path)
    assert server.request_counts() == {
        "me": 1,
        "posts": 1,
        "page": 2,
        "post": 2,
        "comment": 1,
        "comments": 2,
        "insights": 1,
        "video_insights": 1,
        "reactions": 2,
        "debug_token": 1,
        "": 2,
    }


def test_a_request_is_kept_as_it_came(serve: Serve) -> None:
    server = serve()
    headers = {"Authorization": "Bearer page-token", "X-Mark": "1"}
    requests.post(f"{server.url}/v26.0/me?fields=id", data={"method": "get"}, headers=headers, timeout=600)
    (request,) = server.requests
    assert (request.method, request.endpoint, request.url, request.status) == ("POST", "me", "/v26.0/me?fields=id", 200)
    assert request.parameters == {"fields": "id", "method": "get"}
    assert (request.headers["authorization"], request.headers["x-mark"]) == ("Bearer page-token", "1")


def test_a_connection_serves_many_requests(serve: Serve, get: Get) -> None:
    server = serve()
    for _ in range(5):
        get(server, "me")
    assert len(server._http._connections) == 1


def test_the_world_may_change_while_it_is_served(serve: Serve, get: Get, world: World) -> None:
    server = serve()
    world.change_comment("1_1", message="qoraal cusub")
    assert get(server, "1_1").json()["message"] == "qoraal cusub"
    world.remove_comment("1_1")  # and with it its reply
    stream = get(server, f"{POST}/comments", filter="stream", fields="id", summary="total_count").json()
    assert stream == {
        "data": [{"id": "1_3"}, {"id": "1_4"}],
        "paging": stream["paging"],
        "summary": {"total_count": 3},
    }
    assert get(server, "1_2").status_code == 400
