"""The stand-in as a client on the wire meets it: what KoboToolbox's API is known to do."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sandbox.kobo.faults import Change, Fault
from sandbox.kobo.model import Form, Question, World
from sandbox.kobo.server import TOKEN, KoboServer
from sandbox.kobo.world import FORM_UID, invented_world

UID = "aForm1"
START = datetime(2025, 9, 6, 10, 0, 0, 123456, tzinfo=UTC)
Get = Callable[..., requests.Response]


@pytest.fixture
def server() -> Iterator[KoboServer]:
    groups = [Question("a", "begin_group"), Question("b"), Question("", "end_group"), Question("c")]
    world = World(Form(UID, "Form", groups))
    for number in range(3):
        world.submit(UID, START + timedelta(hours=number), {"a/b": f"text {number}"})
    with KoboServer(world) as running:
        yield running


@pytest.fixture
def get(server: KoboServer) -> Get:
    def got(path: str = f"assets/{UID}/data/", *, token: str | None = TOKEN, **parameters: Any) -> requests.Response:
        headers = {} if token is None else {"Authorization": f"Token {token}"}
        asked = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
        return requests.get(
            f"{server.url}/api/v2/{path}", params={"format": "json", **asked}, headers=headers, timeout=600
        )

    return got


def ids(answer: requests.Response) -> list[int]:
    return [each["_id"] for each in answer.json()["results"]]


def test_a_form_shows_its_questions_by_their_paths(get: Get) -> None:
    rows = get(f"assets/{UID}/").json()["content"]["survey"]
    assert [(row["type"], row.get("$xpath")) for row in rows] == [
        ("begin_group", "a"),
        ("text", "a/b"),
        ("end_group", None),
        ("text", "c"),
    ]


def test_a_submission_has_its_answers_by_path_and_a_time_in_utc_without_an_offset(get: Get) -> None:
    first = get().json()["results"][0]
    assert (first["_id"], first["a/b"], first["_submission_time"]) == (1, "text 0", "2025-09-06T10:00:00")
    assert first["meta/instanceID"] == first["meta/rootUuid"] == f"uuid:{first['_uuid']}"


def test_pages_are_of_a_hundred_by_default_and_of_a_thousand_at_most(server: KoboServer, get: Get) -> None:
    for _ in range(1100):
        server.world.submit(UID, START, {})
    assert [len(get(**asked).json()["results"]) for asked in ({}, {"limit": 5000}, {"limit": 7})] == [100, 1000, 7]
    assert get().json()["count"] == 1103


def test_links_lead_from_page_to_page(get: Get) -> None:
    first = get(limit=2).json()
    second = requests.get(first["next"], headers={"Authorization": f"Token {TOKEN}"}, timeout=600)
    assert (first["count"], ids(second), second.json()["next"]) == (3, [3], None)


def test_queries_sort_and_fields_are_mongodbs(get: Get) -> None:
    since = {"_submission_time": {"$gte": "2025-09-06T11:00:00"}}
    assert ids(get(query=since, sort={"_id": -1})) == [3, 2]
    assert ids(get(query={"_id": {"$gt": 1, "$in": [1, 2]}})) == [2]
    assert get(query={"a/b": {"$exists": True}}, limit=1).json()["count"] == 3
    assert get(fields=["_id", "a/b"], limit=1).json()["results"] == [{"_id": 1, "a/b": "text 0"}]
    assert get(query={"_id": {"$where": "1"}}).status_code == 400
    assert get(query="{").status_code == 400


def test_an_edit_changes_the_uuid_and_neither_the_id_nor_the_time(server: KoboServer, get: Get) -> None:
    before = get().json()["results"][0]
    server.world.edit(UID, 1, {"a/b": "changed"})
    after = get().json()["results"][0]
    assert after["_uuid"] != before["_uuid"]
    same = ("_id", "_submission_time", "meta/rootUuid")
    assert [after[key] for key in same] == [before[key] for key in same]


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("wrong", 401), (TOKEN, 200)])
def test_only_its_token_is_taken(get: Get, token: str | None, status: int) -> None:
    assert get(token=token).status_code == status


def test_what_is_not_shared_is_not_found(server: KoboServer, get: Get) -> None:
    server.world.forms[UID].is_shared = False
    assert [get().status_code, get("assets/other/").status_code, get("nothing/").status_code] == [404, 404, 404]


def test_faults_strike_and_pass(server: KoboServer, get: Get) -> None:
    server.faults += [Fault("504"), Fault("429", retry_after=7), Fault("count-lies")]
    answers = [get() for _ in range(4)]
    assert [answer.status_code for answer in answers] == [504, 429, 200, 200]
    assert (answers[0].headers["Content-Type"], answers[1].headers["Retry-After"]) == ("text/html", "7")
    assert [answer.json()["count"] for answer in answers[2:]] == [6, 3]
    assert server.request_counts() == {"data": 4}


def test_a_page_may_come_again_or_upside_down(server: KoboServer, get: Get) -> None:
    server.faults += [Fault("page-repeated", after_requests=1), Fault("order-lost")]
    assert ids(get(limit=2)) == [2, 1]
    assert ids(get(start=2)) == [2, 1]
    assert ids(get(start=2)) == [3]


def test_changes_happen_between_pages(server: KoboServer, get: Get) -> None:
    server.changes.append(Change("data", lambda world: world.delete(UID, 1)))
    assert (ids(get()), ids(get())) == ([1, 2, 3], [2, 3])


def test_the_invented_form_is_the_same_every_time() -> None:
    one, other = (invented_world(60).forms[FORM_UID].submissions for _ in range(2))
    assert one == other
    assert sum("phone" not in submission.answers for submission in one.values()) == 6
    assert sum(submission.uuid != submission.root_uuid for submission in one.values()) == 1
