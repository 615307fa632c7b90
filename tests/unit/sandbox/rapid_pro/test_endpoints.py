"""What the endpoints answer, as bytes over HTTP; the objects are those of the servers' own tests."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import requests

from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.generations import NYARUKA, UNICEF, Generation
from sandbox.rapid_pro.model import Contact, Run, Workspace
from sandbox.rapid_pro.server import RapidProServer

Serve = Callable[..., RapidProServer]
Get = Callable[..., requests.Response]
FLOW = "f10f10f1-0000-4000-8000-000000000001"
NO_RUNS = dict.fromkeys(["active", "waiting", "completed", "expired", "interrupted", "failed"], 0)
RUN: dict[str, Any] = {
    "id": 1,
    "uuid": "a1a1a1a1-0000-4000-8000-000000000001",
    "flow": {"uuid": FLOW, "name": "water"},
    "contact": {
        "uuid": "c047ac70-0000-4000-8000-000000000001",
        "name": "Person 1",
        "urn": "tel:+252610000001",
        "urn_display": "061 000 0001",
    },
    "start": None,
    "responded": True,
    "path": [{"node": "0de0de00-0000-4000-8000-000000000001", "time": "2025-05-01T08:59:50Z"}],
    "values": {
        "water": {
            "name": "Water",
            "value": "biyo",
            "category": "All Responses",
            "node": "0de0de00-0000-4000-8000-000000000001",
            "time": "2025-05-01T09:01:00Z",
            "input": "biyo la'aan",
        }
    },
    "created_on": "2025-05-01T08:59:50Z",
    "modified_on": "2025-05-01T09:01:00Z",
    "exited_on": "2025-05-01T09:01:00Z",
    "exit_type": "completed",
}


def _results(response: requests.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/json"
    results: list[dict[str, Any]] = response.json()["results"]
    return results


def _numbers(response: requests.Response) -> list[int]:
    return [int(item["uuid"][-12:]) for item in _results(response)]


def test_a_run_of_the_older_generation_has_its_input(serve: Serve, get: Get, database: Database) -> None:
    response = get(serve(database), "runs", uuid=RUN["uuid"])
    assert response.json() == {"next": None, "previous": None, "results": [RUN]}
    assert response.headers["X-Temba-Workspace"] == "3075ace0-0000-4000-8000-000000000001"


def test_values_are_cut_and_inputs_are_not_but_an_empty_one_is_left_out(
    serve: Serve, get: Get, database: Database
) -> None:
    run = database.runs.rows[RUN["uuid"]]
    water = run.values["water"]
    long, empty = replace(water, value="b" * 641, input="b" * 641), replace(water, value="", input="")
    database.put_run(replace(run, values={"long": long, "empty": empty}))
    given = get(serve(database), "runs").json()["results"][-1]["values"]
    given = {key: (value["value"], value["input"]) for key, value in given.items()}
    assert given == {"long": ("b" * 640, "b" * 641), "empty": ("", None)}


def test_a_run_of_the_newer_generation_has_none(serve: Serve, get: Get, database: Database) -> None:
    (run,) = _results(get(serve(database, NYARUKA), "runs", uuid=RUN["uuid"]))
    value = {key: given for key, given in RUN["values"]["water"].items() if key != "input"}
    assert run == RUN | {"values": {"water": value}}


def test_a_server_may_give_no_ids_any_more(serve: Serve, get: Get, database: Database) -> None:
    (run,) = _results(get(serve(database, replace(NYARUKA, runs_have_ids=False)), "runs", uuid=RUN["uuid"]))
    assert "id" not in run


def test_a_run_that_goes_on_has_no_end_and_one_may_have_no_answer(serve: Serve, get: Get, database: Database) -> None:
    unanswered, going_on, _ = _results(get(serve(database), "runs"))
    assert (going_on["exited_on"], going_on["exit_type"], going_on["responded"]) == (None, None, True)
    assert (unanswered["values"], unanswered["responded"]) == ({}, False)


@pytest.mark.parametrize(("paths", "has_path"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_paths_are_left_out_when_they_are_not_wanted(
    serve: Serve, get: Get, database: Database, paths: str, has_path: bool
) -> None:
    server = serve(database)
    assert (_results(get(server, "runs", paths=paths))[0]["path"] is not None) == has_path
    assert _results(get(server, "runs"))[0]["path"] is not None


@pytest.mark.parametrize(
    ("parameters", "numbers"),
    [
        ({}, [3, 2, 1]),
        ({"reverse": "true"}, [1, 2, 3]),
        ({"reverse": "TrUe"}, [1, 2, 3]),
        ({"reverse": "no"}, [3, 2, 1]),
        ({"flow": FLOW}, [3, 2, 1]),
        ({"flow": FLOW.upper()}, [3, 2, 1]),
        ({"flow": "f10f10f1-0000-4000-8000-000000000002"}, []),
        ({"flow": "f10f10f1-0000-4000-8000-00000000000f"}, []),
        ({"contact": "c047ac70-0000-4000-8000-000000000001"}, [3, 2, 1]),
        ({"contact": "c047ac70-0000-4000-8000-000000000002"}, []),
        ({"contact": "invalid"}, []),
        ({"id": "2"}, [2]),
        ({"responded": "yes"}, [2, 1]),
        ({"responded": "no"}, [3, 2, 1]),
        ({"after": "2025-05-01T09:02:00.000000Z"}, [3, 2]),
        ({"before": "2025-05-01T09:02:00.000000Z"}, [2, 1]),
        ({"after": "2025-05-01T09:02:00.000001Z"}, [3]),
        ({"before": "2025-05-01T09:01:59.999999Z"}, [1]),
        ({"after": "2025-05-01T12:02:00+03:00"}, [3, 2]),
        ({"after": "2025-05-01T09:02:00"}, [3, 2]),
        ({"after": "2025-05-01"}, [3, 2, 1]),
        ({"after": ""}, [3, 2, 1]),
        ({"after": "thefuture"}, []),
        ({"before": "longago"}, []),
        ({"before": "0001-01-01T00:00:00+14:00"}, []),
        ({"after": "9999-12-31T23:59:59-14:00"}, []),
    ],
)
def test_runs_are_found_by(
    serve: Serve, get: Get, database: Database, parameters: dict[str, str], numbers: list[int]
) -> None:
    for generation in (UNICEF, NYARUKA):
        assert _numbers(get(serve(database, generation), "runs", **parameters)) == numbers


def test_a_plus_sign_that_is_not_encoded_finds_nothing(serve: Serve, get: Get, database: Database) -> None:
    server = serve(database)
    address = f"{server.url}/api/v2/runs.json?after=2025-05-01T09:00:00"
    assert _numbers(get(server, f"{address}%2B00:00")) == [3, 2, 1]
    assert _numbers(get(server, f"{address}+00:00")) == []


@pytest.mark.parametrize(("generation", "status"), [(UNICEF, 200), (NYARUKA, 400)])
def test_a_flow_that_is_no_uuid_is_refused_by_the_newer_generation_only(
    serve: Serve, get: Get, database: Database, generation: Generation, status: int
) -> None:
    response = get(serve(database, generation), "runs", flow="invalid")
    assert response.status_code == status
    if status == 400:
        assert response.json() == {"detail": "Value for flow must be a valid UUID"}
    else:
        assert response.json()["results"] == []


@pytest.mark.parametrize(
    ("endpoint", "query", "detail"),
    [
        ("runs", f"contact=x&flow={FLOW}", "You may only specify one of the contact, flow parameters"),
        ("runs", "id=x", "Value for id must be an integer"),
        ("runs", "uuid=x", "Value for uuid must be a valid UUID"),
        ("messages", "id=x", "Value for id must be an integer"),
        (
            "messages",
            "folder=inbox&label=x",
            "You may only specify one of the contact, folder, label, broadcast parameters",
        ),
        ("contacts", "urn=12345", "Invalid URN: 12345"),
        ("runs", "revese=true", "Unknown parameters: revese"),
        ("runs", "after=2025-05-01&after=2025-05-02", "A parameter is given twice"),
        ("runs", "flow", "Malformed query string"),
        ("runs", "flow=%ff", "Malformed query string"),
        ("workspace", "uuid=x", "Unknown parameters: uuid"),
    ],
)
def test_a_mistake_is_refused_in_words(
    serve: Serve, get: Get, database: Database, endpoint: str, query: str, detail: str
) -> None:
    server = serve(database)
    response = get(server, f"{server.url}/api/v2/{endpoint}.json?{query}")
    assert (response.status_code, response.json()) == (400, {"detail": detail})


def test_an_anonymous_workspace_masks_addresses(serve: Serve, get: Get, database: Database) -> None:
    database.workspace = replace(database.workspace, anon=True)
    server = serve(database)
    assert get(server, "workspace").json()["anon"] is True
    assert _results(get(server, "runs"))[0]["contact"] == {
        "uuid": "c047ac70-0000-4000-8000-000000000001",
        "name": "Person 1",
        "urn": "tel:********",
        "urn_display": None,
        "ref": "0000000001",
        "anon_display": "0000000001",
    }
    contact = _results(get(server, "contacts"))[1]
    assert (contact["urns"], contact["ref"]) == (["tel:********"], "0000000001")
    assert _results(get(server, "messages"))[0]["urn"] is None
    assert get(server, "contacts", urn="tel:+252610000001").json() == {
        "detail": "URN lookups not allowed for anonymous organizations"
    }


def test_the_workspace_also_answers_to_its_old_name(serve: Serve, get: Get, database: Database) -> None:
    server = serve(database)
    expected = {
        "uuid": "3075ace0-0000-4000-8000-000000000001",
        "name": "Geedka",
        "country": "SO",
        "languages": ["som"],
        "primary_language": "som",
        "timezone": "Africa/Mogadishu",
        "date_style": "day_first",
        "anon": False,
    }
    assert get(server, "workspace").json() == expected
    assert get(server, "org").json() == expected


def test_flows_come_with_results_and_counts_newest_first(serve: Serve, get: Get, database: Database) -> None:
    newer, older = _results(get(serve(database), "flows"))
    assert newer == {
        "uuid": FLOW,
        "name": "water",
        "type": "message",
        "archived": False,
        "labels": [],
        "expires": 720,
        "runs": NO_RUNS | {"waiting": 1, "completed": 2},
        "results": [
            {
                "key": "water",
                "name": "Water",
                "categories": ["All Responses"],
                "node_uuids": ["0de0de00-0000-4000-8000-000000000001"],
            }
        ],
        "parent_refs": [],
        "created_on": "2025-05-01T08:00:00Z",
        "modified_on": "2025-05-01T08:00:00Z",
    }
    assert (older["name"], older["archived"], older["runs"], older["results"]) == ("old", True, NO_RUNS, [])
    assert _results(get(serve(database, NYARUKA), "flows")) == [newer, older]


@pytest.mark.parametrize(
    ("parameters", "numbers"),
    [
        ({"archived": "1"}, [2]),
        ({"archived": "false"}, [1]),
        ({"type": "message"}, [1, 2]),
        ({"type": "voice"}, []),
        ({"uuid": FLOW}, [1]),
        ({"after": "2025-05-01T08:30:00Z"}, [2]),  # by when it was modified
        ({"before": "2025-05-01T08:30:00Z"}, [1]),
        ({"after": "never"}, []),
    ],
)
def test_flows_are_found_by(
    serve: Serve, get: Get, database: Database, parameters: dict[str, str], numbers: list[int]
) -> None:
    assert _numbers(get(serve(database), "flows", **parameters)) == numbers


def test_a_contact_may_have_no_address(serve: Serve, get: Get, database: Database) -> None:
    without, with_one = _results(get(serve(database), "contacts"))
    assert with_one == {
        "uuid": "c047ac70-0000-4000-8000-000000000001",
        "name": "Person 1",
        "status": "active",
        "language": None,
        "urns": ["tel:+252610000001"],
        "groups": [],
        "notes": [],
        "fields": {},
        "flow": None,
        "created_on": "2025-05-01T09:01:00Z",
        "modified_on": "2025-05-01T09:01:00Z",
        "last_seen_on": None,
        "blocked": False,
        "stopped": False,
    }
    assert without["urns"] == []


def test_of_a_deleted_contact_only_the_times_are_left(serve: Serve, get: Get, database: Database) -> None:
    (gone,) = _results(get(serve(database), "contacts", deleted="true"))
    assert gone == {
        "uuid": "c047ac70-0000-4000-8000-000000000003",
        "name": None,
        "status": None,
        "language": None,
        "urns": [],
        "groups": [],
        "notes": [],
        "fields": {},
        "flow": None,
        "created_on": "2025-05-01T09:03:00Z",
        "modified_on": "2025-05-01T09:30:00Z",
        "last_seen_on": None,
        "blocked": None,
        "stopped": None,
    }


@pytest.mark.parametrize(
    ("parameters", "numbers"),
    [
        ({}, [2, 1]),
        ({"reverse": "1"}, [1, 2]),
        ({"uuid": "c047ac70-0000-4000-8000-000000000002"}, [2]),
        ({"urn": "tel:+252610000001"}, [1]),
        ({"group": "Testers"}, []),
        ({"before": "2025-05-01T09:01:00Z"}, [1]),
        ({"deleted": "1", "after": "2025-05-01T09:30:00Z"}, [3]),
        ({"deleted": "1", "before": "2025-05-01T09:29:00Z"}, []),
    ],
)
def test_contacts_are_found_by(
    serve: Serve, get: Get, database: Database, parameters: dict[str, str], numbers: list[int]
) -> None:
    assert _numbers(get(serve(database), "contacts", **parameters)) == numbers


def test_a_message_of_each_generation(serve: Serve, get: Get, database: Database) -> None:
    message: dict[str, Any] = {
        "id": 1,
        "broadcast": None,
        "contact": {"uuid": "c047ac70-0000-4000-8000-000000000001", "name": "Person 1"},
        "urn": "tel:+252610000001",
        "channel": None,
        "direction": "in",
        "type": "text",
        "status": "handled",
        "archived": False,
        "visibility": "visible",
        "text": "qoraal 1",
        "labels": [],
        "flow": {"uuid": FLOW, "name": "water"},
        "attachments": [],
        "created_on": "2025-05-01T09:01:00Z",
        "sent_on": None,
        "modified_on": "2025-05-01T09:50:00Z",
        "media": None,
    }
    assert _results(get(serve(database), "messages", id="1")) == [message]
    newer = {"uuid": "3e55a9e0-0000-4000-8000-000000000001", "quick_replies": []}
    assert _results(get(serve(database, NYARUKA), "messages", id="1")) == [message | newer]


def test_a_picture_is_an_attachment(serve: Serve, get: Get, database: Database) -> None:
    (message,) = _results(get(serve(database), "messages", folder="archived"))
    assert message["attachments"] == [{"content_type": "image/jpeg", "url": "https://media.invalid/1.jpg"}]
    assert (message["media"], message["archived"]) == ("image/jpeg:https://media.invalid/1.jpg", True)


@pytest.mark.parametrize(
    ("generation", "parameters", "ids"),
    [
        (UNICEF, {}, [8, 7, 6, 5, 4, 2, 1]),
        (UNICEF, {"folder": "INBOX"}, [4]),
        (UNICEF, {"folder": "flows"}, [1]),
        (UNICEF, {"folder": "outbox"}, [7]),
        (UNICEF, {"folder": "sent"}, [5, 6]),  # by when they were sent
        (UNICEF, {"folder": "failed"}, [8]),
        (UNICEF, {"folder": "invalid"}, []),
        (UNICEF, {"folder": "incoming"}, [1, 4, 3, 2]),  # by when they were modified, the deleted one as well
        (UNICEF, {"folder": "incoming", "after": "2025-05-01T09:50:00Z"}, [1]),
        (UNICEF, {"uuid": "no matter"}, [8, 7, 6, 5, 4, 2, 1]),
        (NYARUKA, {"folder": "incoming"}, []),
        (NYARUKA, {"folder": "flows"}, [1]),
        (NYARUKA, {"uuid": "3e55a9e0-0000-4000-8000-000000000005"}, [5]),
        (NYARUKA, {"after": "2025-05-01T09:06:00Z"}, [8, 7, 6]),
        (NYARUKA, {"before": "2025-05-01T09:02:00Z"}, [2, 1]),
        (NYARUKA, {"contact": "c047ac70-0000-4000-8000-000000000001"}, [8, 7, 6, 5, 4, 2, 1]),
        (NYARUKA, {"contact": "invalid"}, []),
        (NYARUKA, {"label": "Spam"}, []),
        (NYARUKA, {"broadcast": "1"}, []),
    ],
)
def test_messages_are_found_by(
    serve: Serve, get: Get, database: Database, generation: Generation, parameters: dict[str, str], ids: list[int]
) -> None:
    assert [message["id"] for message in _results(get(serve(database, generation), "messages", **parameters))] == ids


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        (None, "Authentication credentials were not provided."),
        ("Bearer 5a4db0c55a4db0c55a4db0c55a4db0c55a4db0c5", "Authentication credentials were not provided."),
        ("Token wrong", "Invalid token"),
        ("Token", "Invalid token"),
        ("Token 5a4db0c55a4db0c55a4db0c55a4db0c55a4db0c5 x", "Invalid token"),
    ],
)
def test_who_has_no_token_gets_in_nowhere(serve: Serve, database: Database, header: str | None, detail: str) -> None:
    server = serve(database)
    for endpoint in ("archives", "contacts", "flows", "messages", "org", "runs", "workspace"):
        url = f"{server.url}/api/v2/{endpoint}.json"
        response = requests.get(url, headers={"Authorization": header} if header else {}, timeout=600)
        assert (response.status_code, response.json()) == (403, {"detail": detail})


def test_another_token_can_be_agreed_upon(serve: Serve, get: Get, database: Database) -> None:
    agreed = "abc"
    server = serve(database, token=agreed)
    assert get(server, "workspace", token=agreed).status_code == 200
    assert get(server, "workspace").status_code == 403
    assert agreed not in repr(server)


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH"])
def test_nothing_can_be_written(serve: Serve, database: Database, method: str) -> None:
    server = serve(database)
    headers = {"Authorization": f"Token {server.token}"}
    response = requests.request(method, f"{server.url}/api/v2/runs.json", headers=headers, json={}, timeout=600)
    assert (response.status_code, response.json()) == (405, {"detail": f'Method "{method}" not allowed.'})


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/api/v2/runs", 404),
        ("/api/v2/broadcasts.json", 404),
        ("/api/v1/runs.json", 404),
        ("/api/v2/", 200),
    ],
)
def test_other_addresses_lead_nowhere(serve: Serve, get: Get, database: Database, path: str, status: int) -> None:
    server = serve(database)
    assert get(server, f"{server.url}{path}").status_code == status


def _pages(get: Get, server: RapidProServer, endpoint: str, **parameters: str) -> list[list[int]]:
    pages, response = [], get(server, endpoint, **parameters)
    for _ in range(50):
        pages.append(_numbers(response))
        link = response.json()["next"]
        if link is None:
            return pages
        response = get(server, link)
    raise AssertionError("the pages never end")


def test_pages_have_250_rows_and_link_to_one_another(
    serve: Serve, get: Get, database: Database, many_runs: list[Run]
) -> None:
    for run in many_runs:
        database.put_run(run)
    server = serve(database)
    pages = _pages(get, server, "runs", flow=FLOW, reverse="true", paths="false")
    assert [len(page) for page in pages] == [250, 250, 103]
    assert [number for page in pages for number in page] == [1, 2, 3, *range(1000, 1600)]
    newest_first = _pages(get, server, "runs", before="2025-05-01T09:30:00Z")
    assert [number for page in newest_first for number in page] == [*reversed(range(1000, 1600)), 3, 2, 1]


def test_a_page_links_back_to_the_one_before(serve: Serve, get: Get, database: Database, many_runs: list[Run]) -> None:
    for run in many_runs:
        database.put_run(run)
    server = serve(database)
    first = get(server, "contacts")
    assert first.json()["previous"] is None
    first = get(server, "runs", reverse="1").json()
    second = get(server, first["next"]).json()
    assert second["previous"].startswith(f"{server.url}/api/v2/runs.json?cursor=")
    assert [run["id"] for run in second["results"]][:2] == [1247, 1248]


def test_a_cursor_is_for_its_own_query_only(serve: Serve, get: Get, database: Database, many_runs: list[Run]) -> None:
    for run in many_runs:
        database.put_run(run)
    server = serve(database)
    link = get(server, "runs", flow=FLOW, reverse="true", before="2025-06-01").json()["next"]
    assert get(server, link).status_code == 200
    cursor = requests.models.PreparedRequest()
    cursor.prepare_url(link, None)
    for changed in (
        link.replace("before=2025-06-01", "before=2025-06-02"),
        link.replace("&reverse=true", ""),
        link.replace("runs.json", "contacts.json").replace(f"flow={FLOW}&", ""),
        link.replace("cursor=", "cursor=x"),
        f"{server.url}/api/v2/runs.json?cursor=YWJj",
    ):
        response = get(server, changed)
        assert (response.status_code, response.json()) == (404, {"detail": "Invalid cursor"})


def test_more_rows_of_one_instant_than_a_cursor_can_skip_never_end(
    serve: Serve, get: Get, database: Database, many_runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.rapid_pro.query.LARGEST_OFFSET", 250)
    for run in many_runs:
        database.put_run(run)
    server = serve(database)
    parameters = {"after": "2025-05-01T09:30:00Z", "reverse": "true"}
    second = get(server, get(server, "runs", **parameters).json()["next"]).json()
    third = get(server, second["next"]).json()
    assert third["results"] == second["results"]
    assert third["next"] == second["next"]


@pytest.fixture
def many_runs(database: Database) -> list[Run]:
    """600 of one instant."""
    like = database.runs.rows["a1a1a1a1-0000-4000-8000-000000000001"]
    modified_on = like.modified_on.replace(minute=30)
    return [
        replace(like, id=number, uuid=f"a1a1a1a1-0000-4000-8000-{number:012}", modified_on=modified_on)
        for number in range(1000, 1600)
    ]


def test_a_renamed_flow_and_a_new_number_show_in_runs_at_once(serve: Serve, get: Get, database: Database) -> None:
    server = serve(database)
    assert _results(get(server, "runs", id="1"))[0]["flow"]["name"] == "water"
    database.put_flow(replace(database.flows[FLOW], name="biyo"))
    contact: Contact = database.contacts.rows["c047ac70-0000-4000-8000-000000000001"]
    database.put_contact(replace(contact, urns=("facebook:1234567890", *contact.urns)))
    (run,) = _results(get(server, "runs", id="1"))
    assert run["flow"]["name"] == "biyo"
    assert (run["contact"]["urn"], run["contact"]["urn_display"]) == ("facebook:1234567890", "1234567890")


def test_a_run_that_goes_on_shows_what_is_new(serve: Serve, get: Get, database: Database) -> None:
    server = serve(database)
    (before,) = _results(get(server, "runs", id="2"))
    run = database.runs.rows["a1a1a1a1-0000-4000-8000-000000000002"]
    database.put_run(replace(run, exit_type="expired", exited_on=run.modified_on))
    (after,) = _results(get(server, "runs", id="2"))
    assert (before["exit_type"], after["exit_type"]) == (None, "expired")
    assert get(server, "flows", uuid=FLOW).json()["results"][0]["runs"] == NO_RUNS | {"completed": 2, "expired": 1}


def test_a_message_that_comes_is_listed_and_may_be_deleted(serve: Serve, get: Get, database: Database) -> None:
    server = serve(database)
    message = database.messages.rows["3e55a9e0-0000-4000-8000-000000000001"]
    database.put_message(replace(message, id=9, uuid="3e55a9e0-0000-4000-8000-000000000009"))
    assert [item["id"] for item in _results(get(server, "messages", folder="flows"))] == [9, 1]
    database.put_message(replace(message, visibility="deleted"))
    assert [item["id"] for item in _results(get(server, "messages", folder="flows"))] == [9]


def test_many_clients_read_at_once(serve: Serve, database: Database, many_runs: list[Run]) -> None:
    for run in many_runs:
        database.put_run(run)
    server = serve(database)

    def read(_: int) -> list[int]:
        seen, link = [], f"{server.url}/api/v2/runs.json?reverse=true"
        with requests.Session() as session:
            session.headers["Authorization"] = f"Token {server.token}"
            while link:
                page = session.get(link, timeout=600).json()
                seen += [run["id"] for run in page["results"]]
                link = page["next"]
        return seen

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, range(8))) == [[1, 2, 3, *range(1000, 1600)]] * 8
    assert server.request_counts() == {"runs": 24}


def test_an_empty_workspace_has_empty_listings(serve: Serve, get: Get) -> None:
    server = serve(Database(Workspace("3075ace0-0000-4000-8000-000000000002", "empty")))
    for endpoint in ("contacts", "flows", "messages", "runs"):
        assert get(server, endpoint).json() == {"next": None, "previous": None, "results": []}
    assert get(server, "archives").json() == {"count": 0, "next": None, "previous": None, "results": []}
