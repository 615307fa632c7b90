"""What is answered to whom, and which version answers."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from sandbox.facebook.server import FacebookServer
from sandbox.facebook.world import World

PAGE_ID, APP_ID = "371000000000001", "900100"
POST, REEL = f"{PAGE_ID}_1", "5500"
PERSON = "user-token"
Serve = Callable[..., FacebookServer]
Get = Callable[..., requests.Response]


def _error(response: Any) -> tuple[int, int, int | None]:
    error = response.json()["error"]
    return response.status_code, error["code"], error.get("error_subcode")


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("me", {"name": "Geedka", "id": PAGE_ID}),
        (PAGE_ID, {"name": "Geedka", "id": PAGE_ID}),
        ("GeedkaRadio", {"name": "Geedka", "id": PAGE_ID}),
        (POST, {"created_time": "2025-09-06T10:11:12+0000", "message": "Su'aal #1", "id": POST}),
        (
            "1_1",
            {
                "created_time": "2025-09-06T10:12:12+0000",
                "from": {"name": "Qof 1", "id": "701"},
                "message": "qoraal 1",
                "id": "1_1",
            },
        ),
        (REEL, {"created_time": "2025-09-06T11:11:12+0000", "id": f"{PAGE_ID}_2"}),
    ],
)
def test_an_id_or_a_name_leads_to_what_it_is_of(serve: Serve, get: Get, path: str, answer: dict[str, Any]) -> None:
    assert get(serve(), path).json() == answer


@pytest.mark.parametrize(
    ("path", "error"),
    [
        (f"{PAGE_ID}_77", (400, 100, 33)),
        ("77", (400, 100, 33)),
        ("1_5", (400, 100, 33)),  # filtered
        ("nobody", (404, 803, None)),
        ("371000000000002", (403, 10, None)),
        ("371000000000002_9", (403, 10, None)),
        (f"{POST}/nothing", (400, 2500, None)),
        (f"{POST}/comments/more", (400, 2500, None)),
        ("", (400, 2500, None)),
        (f"{POST}/published_posts", (400, 100, None)),
        (f"{POST}?fields=id,nothing", (400, 100, None)),
        (f"{POST}?fields=attachments{{nothing}}", (400, 100, None)),
        (f"{POST}?fields=from{{", (400, 2500, None)),
        (f"{PAGE_ID}/posts?limit=101", (400, 100, None)),
        (f"{PAGE_ID}/posts?limit=many", (400, 100, None)),
        (f"{PAGE_ID}/posts?since=yesteryear", (400, 100, None)),
        (f"{POST}/comments?filter=all", (400, 100, None)),
        (f"{POST}/comments?order=ranked", (400, 100, None)),
        (f"{POST}/comments?after=x", (400, 100, None)),
        (f"{POST}/comments?after=fG5vdGhpbmc=", (400, 100, None)),
        (f"{POST}/comments?summary=nothing", (400, 100, None)),
    ],
)
def test_what_cannot_be_answered_is_an_error_with_its_code(
    serve: Serve, get: Get, path: str, error: tuple[int, int, int | None]
) -> None:
    assert _error(get(serve(), path)) == error


def test_the_header_tells_which_version_answered(serve: Serve, get: Get) -> None:
    server = serve()
    asked = ["v26.0/me", "v8.0/me", "v99.0/nobody", "me"]
    served = [get(server, f"{server.url}/{path}").headers["facebook-api-version"] for path in asked]
    assert served == ["v26.0", "v21.0", "v21.0", "v21.0"]
    server.api.served_version = "v25.0"
    assert get(server, "me").headers["facebook-api-version"] == "v25.0"


def test_a_post_that_says_it_is_a_get_is_one(serve: Serve) -> None:
    server = serve()
    headers = {"Authorization": "Bearer page-token"}

    def posted(form: dict[str, str]) -> requests.Response:
        return requests.post(f"{server.url}/v26.0/me", data=form, headers=headers, timeout=600)

    assert posted({"method": "get", "fields": "fan_count"}).json() == {"fan_count": 5000, "id": PAGE_ID}
    assert _error(posted({})) == (400, 100, 33)
    assert _error(requests.delete(f"{server.url}/me", headers=headers, timeout=600)) == (400, 100, 33)


def test_json_is_escaped_as_meta_does_it(serve: Serve, get: Get, world: World) -> None:
    world.change_comment("1_1", message="biyo/caano \N{WATER WAVE}")
    world.change_comment("1_2", message="half \ud83d")
    answer = get(serve(), f"{POST}/comments", filter="stream", limit=2, fields="message").content
    assert rb'"message":"biyo\/caano \ud83c\udf0a"' in answer
    assert rb'"message":"half \ud83d"' in answer


def test_an_app_without_roles_or_review_is_not_told_who_wrote(serve: Serve, get: Get, world: World) -> None:
    server = serve()
    world.change_app(APP_ID, has_advanced_access=False, people_with_roles=frozenset({"702"}))

    def authors() -> list[Any]:
        data = get(server, f"{POST}/comments", filter="stream", fields="from{id}").json()["data"]
        return [each.get("from", "absent") for each in data]

    assert authors() == ["absent", {"id": "702"}, {"id": PAGE_ID}, "absent"]
    world.change_app(APP_ID, shows_unnamed_authors_as_null=True)
    assert authors() == [None, {"id": "702"}, {"id": PAGE_ID}, None]
    world.change_app(APP_ID, has_advanced_access=True)
    assert authors() == [{"id": "701"}, {"id": "702"}, {"id": PAGE_ID}, {"id": "704"}]


def test_a_token_that_lost_a_permission_sees_less(serve: Serve, get: Get, world: World) -> None:
    server = serve()

    def seen() -> list[str]:
        answer = get(server, f"{POST}/comments", filter="stream", summary="total_count").json()
        assert answer["summary"] == {"total_count": 5}
        return [each.get("id", "no id") for each in answer["data"]]

    assert seen() == ["1_1", "1_2", "1_3", "1_4"]
    world.change_token("page-token", tasks=())
    assert seen() == ["no id", "no id", "1_3", "no id"]
    world.change_token("page-token", scopes=("pages_read_engagement",))
    assert seen() == ["1_3"]
    world.change_token("page-token", scopes=())
    assert _error(get(server, f"{POST}/comments")) == (403, 10, None)


def test_a_persons_token_gets_no_lists(serve: Serve, get: Get) -> None:
    server = serve()
    assert _error(get(server, f"{PAGE_ID}/posts", token=PERSON)) == (403, 210, None)
    assert get(server, f"{POST}/comments", token=PERSON).json() == {"data": []}
