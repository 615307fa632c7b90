from collections.abc import Callable
from typing import Any

import pytest
import requests

from sandbox.facebook.server import FacebookServer
from sandbox.facebook.world import World

PAGE_ID, APP_ID = "371000000000001", "900100"
PAGE_TOKEN, USER_TOKEN, WRONG = "page-token", "user-token", "wrong"
Serve = Callable[..., FacebookServer]
Get = Callable[..., requests.Response]


def _error(response: Any) -> tuple[int, int, int | None]:
    error = response.json()["error"]
    return response.status_code, error["code"], error.get("error_subcode")


@pytest.mark.parametrize("authorization", ["Bearer page-token", "OAuth page-token", "bearer page-token"])
def test_a_token_may_stand_in_the_header(serve: Serve, get: Get, authorization: str) -> None:
    answer = requests.get(f"{serve().url}/me", headers={"Authorization": authorization}, timeout=600)
    assert answer.json()["id"] == PAGE_ID


def test_a_token_may_stand_in_the_url(serve: Serve, get: Get) -> None:
    assert get(serve(), "me", token=None, access_token=PAGE_TOKEN).json()["id"] == PAGE_ID


def test_without_a_token_or_with_a_wrong_one_nothing_is_told(serve: Serve, get: Get) -> None:
    server = serve()
    assert _error(get(server, "me", token=None)) == (400, 104, None)
    refused = get(server, "me", token=WRONG)
    assert _error(refused) == (400, 190, None)
    assert refused.headers["WWW-Authenticate"].startswith('OAuth "Facebook Platform" "invalid_token"')


@pytest.mark.parametrize("subcode", [458, 460, 463, 467])
def test_a_dead_token_is_refused_and_its_debugger_says_why(serve: Serve, get: Get, world: World, subcode: int) -> None:
    server = serve()
    world.change_token("page-token", dead=subcode)
    assert _error(get(server, "me")) == (400, 190, subcode)
    told = get(server, "debug_token", token=f"{APP_ID}|secret", input_token=PAGE_TOKEN).json()["data"]
    assert (told["is_valid"], told["error"]["code"], told["error"]["subcode"]) == (False, 190, subcode)


def test_a_token_expires_by_the_servers_clock(serve: Serve, get: Get, world: World) -> None:
    now = [1_000.0]
    server = serve(clock=lambda: now[0])
    world.change_token("page-token", expires_at=1_001)
    assert get(server, "me").status_code == 200
    now[0] = 1_001
    assert _error(get(server, "me")) == (400, 190, 463)


def test_the_debugger_tells_all_of_a_token(serve: Serve, get: Get, world: World) -> None:
    world.change_token("page-token", scopes=("pages_show_list",), data_access_expires_at=1_900_000_000)
    assert get(serve(), "debug_token", input_token=PAGE_TOKEN).json() == {
        "data": {
            "app_id": APP_ID,
            "type": "PAGE",
            "application": "Radio",
            "data_access_expires_at": 1_900_000_000,
            "expires_at": 0,
            "is_valid": True,
            "issued_at": 1_735_700_000,
            "profile_id": PAGE_ID,
            "scopes": ["pages_show_list"],
            "granular_scopes": [{"scope": "pages_show_list", "target_ids": [PAGE_ID]}],
            "user_id": "100000000000001",
        }
    }


def test_the_debugger_is_for_the_app_and_for_the_token_itself(serve: Serve, get: Get) -> None:
    server = serve()
    assert _error(get(server, "debug_token", token=USER_TOKEN, input_token=PAGE_TOKEN)) == (400, 100, None)
    assert _error(get(server, "debug_token")) == (400, 100, None)
    unknown = get(server, "debug_token", token=f"{APP_ID}|secret", input_token=WRONG).json()["data"]
    assert unknown == {
        "error": {"code": 190, "message": "Invalid OAuth access token."},
        "is_valid": False,
        "scopes": [],
    }
    own = get(server, "debug_token", token=f"{APP_ID}|secret", input_token=f"{APP_ID}|secret").json()["data"]
    assert own == {"app_id": APP_ID, "type": "APP", "application": "Radio", "is_valid": True, "scopes": []}
    person = get(server, "debug_token", token=f"{APP_ID}|secret", input_token=USER_TOKEN).json()["data"]
    assert (person["type"], "profile_id" in person) == ("USER", False)
    assert person["granular_scopes"][0]["target_ids"] == [PAGE_ID, "371000000000002"]
