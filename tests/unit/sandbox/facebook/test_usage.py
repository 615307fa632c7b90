import json
from collections.abc import Callable

import requests

from sandbox.facebook.server import FacebookServer
from sandbox.facebook.usage import Allowance

PAGE_ID = "371000000000001"
PERSON = "user-token"
Serve = Callable[..., FacebookServer]
Get = Callable[..., requests.Response]


def test_what_is_hardly_used_is_not_told(serve: Serve, get: Get) -> None:
    headers = get(serve(), "me").headers
    assert "X-App-Usage" not in headers
    assert "X-Business-Use-Case-Usage" not in headers


def test_usage_is_told_in_both_headers(serve: Serve, get: Get) -> None:
    server = serve()
    server.usage.app.percent, server.usage.page.percent, server.usage.page.regain_minutes = 12, 97, 8
    headers = get(server, "me").headers
    assert json.loads(headers["X-App-Usage"]) == {"call_count": 12, "total_cputime": 12, "total_time": 12}
    assert json.loads(headers["X-Business-Use-Case-Usage"]) == {
        PAGE_ID: [
            {
                "type": "pages",
                "call_count": 97,
                "total_cputime": 48,
                "total_time": 48,
                "estimated_time_to_regain_access": 8,
            }
        ]
    }


def test_a_page_has_so_many_calls_a_day(serve: Serve, get: Get) -> None:
    now = [1_700_000_000.0]
    server = serve(daily_page_limit=2, clock=lambda: now[0])
    assert [get(server, "me").status_code for _ in range(3)] == [200, 200, 400]
    refused = get(server, "me")
    error = refused.json()["error"]
    assert (error["code"], error["error_subcode"]) == (80001, 2446079)
    (used,) = json.loads(refused.headers["X-Business-Use-Case-Usage"])[PAGE_ID]
    assert (used["call_count"], used["estimated_time_to_regain_access"]) == (100, 1440)
    now[0] += 24 * 3600
    assert [get(server, "me").status_code for _ in range(3)] == [200, 200, 400]


def test_people_and_apps_have_so_many_an_hour(serve: Serve, get: Get) -> None:
    server = serve(hourly_app_limit=1, daily_page_limit=1)
    answers = [get(server, "371000000000001", token=PERSON) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 403]
    assert answers[1].json()["error"]["code"] == 4
    assert get(server, "me").status_code == 200


def test_what_was_refused_does_not_count() -> None:
    allowance = Allowance(1, 60)
    assert [allowance.is_gone(now) for now in (0, 30, 59, 60, 61)] == [False, True, True, False, True]
