import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import md5
from typing import Any

import pytest
import requests

from sandbox.rapid_pro.archives import ArchiveKey
from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.faults import Fault
from sandbox.rapid_pro.generations import NYARUKA, UNICEF, Generation
from sandbox.rapid_pro.model import Run, Step
from sandbox.rapid_pro.server import RapidProServer

Serve = Callable[..., RapidProServer]
Get = Callable[..., requests.Response]
NO_RUNS = dict.fromkeys(["active", "waiting", "completed", "expired", "interrupted", "failed"], 0)
GENERATIONS = [pytest.param(UNICEF, id="unicef"), pytest.param(NYARUKA, id="nyaruka")]
FLOW = "f10f10f1-0000-4000-8000-000000000001"


def _put_runs(database: Database, *modified_on: str) -> list[Run]:
    """Runs 10, 11, … that were modified at these times."""
    like = database.runs.rows["a1a1a1a1-0000-4000-8000-000000000001"]
    runs = [
        replace(
            like,
            id=number,
            uuid=f"a1a1a1a1-0000-4000-8000-{number:012}",
            modified_on=datetime.fromisoformat(text),
            contact=f"c047ac70-0000-4000-8000-00000000000{1 + number % 2}",
        )
        for number, text in enumerate(modified_on, start=10)
    ]
    for run in runs:
        database.put_run(run)
    return runs


def _listed(get: Get, server: RapidProServer, **parameters: str) -> list[dict[str, Any]]:
    given: list[dict[str, Any]] = get(server, "archives", **parameters).json()["results"]
    return given


def _records(get: Get, server: RapidProServer, item: dict[str, Any]) -> list[dict[str, Any]]:
    """What a listed archive holds, after holding it against the listing."""
    response = get(server, item["download_url"], token=None)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/octet"
    assert "Content-Encoding" not in response.headers
    assert len(response.content) == item["size"]
    assert md5(response.content, usedforsecurity=False).hexdigest() == item["hash"]
    text = gzip.decompress(response.content).decode()
    assert text.count("\n") == item["record_count"]
    return [json.loads(line) for line in text.splitlines()]


def _ids(records: list[dict[str, Any]]) -> list[int]:
    return [record["id"] for record in records]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_an_archived_run_has_its_input_and_neither_start_nor_address(
    serve: Serve, get: Get, database: Database, generation: Generation
) -> None:
    run = database.runs.rows["a1a1a1a1-0000-4000-8000-000000000001"]
    database.put_run(replace(run, start="57a57a57-0000-4000-8000-000000000001", path=run.path * 501))
    server = serve(database, generation)
    assert get(server, "runs", id="1").json()["results"][0]["start"] == {"uuid": "57a57a57-0000-4000-8000-000000000001"}
    database.archive(date(2025, 5, 2), purge=True)
    (item,) = (item for item in _listed(get, server) if item["archive_type"] == "run")
    archived = _records(get, server, item)[0]
    assert len(archived.pop("path")) == 500
    assert archived == {
        "id": 1,
        "uuid": "a1a1a1a1-0000-4000-8000-000000000001",
        "flow": {"uuid": FLOW, "name": "water"},
        "contact": {"uuid": "c047ac70-0000-4000-8000-000000000001", "name": "Person 1"},
        "responded": True,
        "values": {
            "water": {
                "name": "Water",
                "value": "biyo",
                "category": "All Responses",
                "node": "0de0de00-0000-4000-8000-000000000001",
                "time": "2025-05-01T09:01:00+00:00",
                "input": "biyo la'aan",
            }
        },
        "created_on": "2025-05-01T08:59:50+00:00",
        "modified_on": "2025-05-01T09:01:00+00:00",
        "exited_on": "2025-05-01T09:01:00+00:00",
        "exit_type": "completed",
    }


def test_a_run_is_archived_under_the_utc_day_on_which_it_was_modified(
    serve: Serve, get: Get, database: Database
) -> None:
    _put_runs(database, "2025-05-02T23:59:59.999999+00:00", "2025-05-03T00:00:00+00:00", "2025-05-03T02:00:00+03:00")
    database.archive(date(2025, 5, 4), purge=True)
    server = serve(database)
    listed = {item["start_date"]: item for item in _listed(get, server, archive_type="run")}
    assert list(listed) == ["2025-05-03", "2025-05-02", "2025-05-01"]
    assert _ids(_records(get, server, listed["2025-05-02"])) == [12, 10]
    assert _ids(_records(get, server, listed["2025-05-03"])) == [11]
    assert get(server, "runs").json()["results"] == []


def test_what_was_archived_stays_live_until_it_is_purged_unless_it_changed(
    serve: Serve, get: Get, database: Database
) -> None:
    server = serve(database)
    database.archive(date(2025, 5, 2), purge=False)
    assert _ids(get(server, "runs").json()["results"]) == [3, 2, 1]
    ended = datetime(2025, 5, 9, tzinfo=UTC)
    going_on = database.runs.rows["a1a1a1a1-0000-4000-8000-000000000002"]
    database.put_run(replace(going_on, modified_on=ended, exited_on=ended, exit_type="expired"))
    database.purge()
    assert _ids(get(server, "runs").json()["results"]) == [2]
    assert _ids(get(server, "runs", flow=FLOW).json()["results"]) == [2]
    counts = get(server, "flows", uuid=FLOW).json()["results"][0]["runs"]
    assert counts == NO_RUNS | {"completed": 2, "expired": 1}  # archived ones count on


def test_a_run_that_goes_on_is_archived_as_it_is(serve: Serve, get: Get, database: Database) -> None:
    database.archive(date(2025, 5, 2), purge=True)
    server = serve(database)
    records = _records(get, server, _listed(get, server, archive_type="run")[0])
    assert [record["exit_type"] for record in records] == ["completed", None, "completed"]


def test_days_are_archived_once(serve: Serve, get: Get, database: Database) -> None:
    (run,) = _put_runs(database, "2025-05-03T10:00:00+00:00")
    database.archive(date(2025, 5, 3), purge=True)
    database.put_run(
        replace(run, id=20, uuid="a1a1a1a1-0000-4000-8000-000000000020", modified_on=run.modified_on - timedelta(1))
    )
    database.archive(date(2025, 5, 3), purge=True)
    database.archive(date(2025, 5, 2), purge=True)
    database.archive(date(2025, 5, 5), purge=True)
    server = serve(database)
    counts = {item["start_date"]: item["record_count"] for item in _listed(get, server, archive_type="run")}
    assert counts == {"2025-05-04": 0, "2025-05-03": 1, "2025-05-02": 0, "2025-05-01": 3}
    assert _ids(get(server, "runs").json()["results"]) == [20]  # too late for its day: it stays


@pytest.mark.parametrize(("generation", "has_file"), [(UNICEF, True), (NYARUKA, False)])
def test_an_empty_archive_has_a_file_in_the_older_generation_only(
    serve: Serve, get: Get, database: Database, generation: Generation, has_file: bool
) -> None:
    database.archive(date(2025, 5, 3), purge=True)
    server = serve(database, generation)
    empty = _listed(get, server, archive_type="run")[0]
    assert (empty["start_date"], empty["record_count"]) == ("2025-05-02", 0)
    if has_file:
        assert _records(get, server, empty) == []
    else:
        assert (empty["hash"], empty["download_url"], empty["size"]) == (None, None, 0)


def test_complete_months_become_monthly_archives_at_once(serve: Serve, get: Get, database: Database) -> None:
    _put_runs(database, "2025-04-10T10:00:00+00:00", "2025-06-02T10:00:00+00:00")
    database.archive(date(2025, 6, 4), purge=True)
    listed = _listed(get, serve(database), archive_type="run")
    assert [(item["start_date"], item["period"], item["record_count"]) for item in listed] == [
        ("2025-06-03", "daily", 0),
        ("2025-06-02", "daily", 1),
        ("2025-06-01", "daily", 0),
        ("2025-05-01", "monthly", 3),
        ("2025-04-01", "monthly", 1),
    ]


def test_the_rest_of_a_month_that_began_with_days_is_archived_by_days(
    serve: Serve, get: Get, database: Database
) -> None:
    database.archive(date(2025, 5, 30), purge=True)
    database.archive(date(2025, 7, 2), purge=True)
    listed = _listed(get, serve(database), archive_type="run")
    assert [(item["start_date"], item["period"]) for item in listed[:4]] == [
        ("2025-07-01", "daily"),
        ("2025-06-01", "monthly"),
        ("2025-05-31", "daily"),
        ("2025-05-30", "daily"),
    ]


def test_a_months_days_are_rolled_up(serve: Serve, get: Get, database: Database) -> None:
    _put_runs(database, "2025-05-03T10:00:00+00:00", "2025-06-01T10:00:00+00:00")
    database.archive(date(2025, 6, 2), purge=True, whole_months=False)
    server = serve(database)
    daily = next(item for item in _listed(get, server, archive_type="run") if item["start_date"] == "2025-05-01")
    assert len(_listed(get, server, archive_type="run", period="daily")) == 32
    database.roll_up("run", date(2025, 5, 17))
    listed = _listed(get, server, archive_type="run")
    assert [(item["start_date"], item["period"]) for item in listed] == [
        ("2025-06-01", "daily"),
        ("2025-05-01", "monthly"),
    ]
    assert _ids(_records(get, server, listed[1])) == [1, 2, 3, 10]
    assert get(server, daily["download_url"], token=None).status_code == 404


def test_a_rewritten_archive_has_another_hash_and_lacks_the_contact(serve: Serve, get: Get, database: Database) -> None:
    _put_runs(database, "2025-05-01T10:00:00+00:00", "2025-05-01T11:00:00+00:00")
    database.archive(date(2025, 5, 2), purge=True)
    server = serve(database)
    (before,) = _listed(get, server, archive_type="run")
    database.rewrite_archive(
        ArchiveKey("run", "daily", date(2025, 5, 1)), without="c047ac70-0000-4000-8000-000000000001"
    )
    (after,) = _listed(get, server, archive_type="run")
    assert [_ids(_records(get, server, after)), after["record_count"]] == [[11], 1]
    assert after["hash"] != before["hash"]
    gone = get(server, before["download_url"], token=None)
    assert (gone.status_code, gone.text) == (404, "<Error><Code>NoSuchKey</Code></Error>")


def test_a_deleted_contacts_runs_and_messages_go_but_archives_keep_theirs(
    serve: Serve, get: Get, database: Database
) -> None:
    database.archive(date(2025, 5, 2), purge=False)
    database.delete_contact("c047ac70-0000-4000-8000-000000000001", datetime(2025, 5, 8, tzinfo=UTC))
    server = serve(database)
    assert get(server, "runs").json()["results"] == []
    assert get(server, "messages").json()["results"] == []
    assert get(server, "flows", uuid=FLOW).json()["results"][0]["runs"] == NO_RUNS
    assert [item["uuid"][-1] for item in get(server, "contacts", deleted="1").json()["results"]] == ["1", "3"]
    assert len(_records(get, server, _listed(get, server, archive_type="run")[0])) == 3
    database.purge()  # nothing is left to purge


@pytest.mark.parametrize(
    ("generation", "counts"), [(UNICEF, {"waiting": 1}), (NYARUKA, {"completed": 2})], ids=["unicef", "nyaruka"]
)
def test_a_deleted_contacts_ended_runs_count_on_where_purged_waiting_ones_do_not(
    serve: Serve, get: Get, database: Database, generation: Generation, counts: dict[str, int]
) -> None:
    """Two runs have ended and one waits; it is purged before their contact is deleted."""
    waiting = database.runs.rows["a1a1a1a1-0000-4000-8000-000000000002"]
    database.put_run(replace(waiting, modified_on=datetime(2025, 4, 1, tzinfo=UTC)))
    database.archive(date(2025, 4, 2), purge=True)
    database.delete_contact(waiting.contact, datetime(2025, 5, 8, tzinfo=UTC))
    server = serve(database, generation)
    assert get(server, "flows", uuid=FLOW).json()["results"][0]["runs"] == NO_RUNS | counts


@pytest.mark.parametrize(
    ("microseconds", "nanoseconds", "listed", "archived"),
    [
        (0, 0, "09:01:00Z", "09:01:00+00:00"),
        (120_000, 499, "09:01:00.120000Z", "09:01:00.12+00:00"),
        (120_000, 501, "09:01:00.120000Z", "09:01:00.120001+00:00"),
        (999_999, 999, "09:01:00.999999Z", "09:01:01+00:00"),
    ],
)
def test_listings_cut_off_what_archives_round(
    serve: Serve, get: Get, database: Database, microseconds: int, nanoseconds: int, listed: str, archived: str
) -> None:
    run = database.runs.rows["a1a1a1a1-0000-4000-8000-000000000001"]
    time = run.values["water"].time + timedelta(microseconds=microseconds)
    value = replace(run.values["water"], time=time, nanoseconds=nanoseconds)
    database.put_run(replace(run, values={"water": value}))
    server = serve(database)
    assert get(server, "runs", id="1").json()["results"][0]["values"]["water"]["time"] == f"2025-05-01T{listed}"
    database.archive(date(2025, 5, 2), purge=False)
    first, *_ = _records(get, server, _listed(get, server, archive_type="run")[0])
    assert first["values"]["water"]["time"] == f"2025-05-01T{archived}"


def test_an_archive_of_the_old_format_has_results_in_a_list_and_runs_without_uuid(
    serve: Serve, get: Get, database: Database
) -> None:
    database.archive(date(2025, 5, 2), purge=False, old_format=True)
    server = serve(database)
    first, *_ = _records(get, server, _listed(get, server, archive_type="run")[0])
    assert "uuid" not in first
    assert first["id"] == 1
    assert [list(each) for each in first["values"]] == [["water"]]


def test_archived_messages_leave_out_the_deleted(serve: Serve, get: Get, database: Database) -> None:
    database.archive(date(2025, 5, 2), purge=True)
    server = serve(database, NYARUKA)
    (item,) = _listed(get, server, type="message")
    records = _records(get, server, item)
    assert _ids(records) == [1, 2, 4, 5, 6, 7, 8]
    assert records[0] == {
        "id": 1,
        "uuid": "3e55a9e0-0000-4000-8000-000000000001",
        "broadcast": None,
        "contact": {"uuid": "c047ac70-0000-4000-8000-000000000001", "name": "Person 1"},
        "urn": "tel:+252610000001",
        "channel": None,
        "flow": {"uuid": FLOW, "name": "water"},
        "direction": "in",
        "type": "text",
        "status": "handled",
        "visibility": "visible",
        "text": "qoraal 1",
        "attachments": [],
        "labels": [],
        "created_on": "2025-05-01T09:01:00+00:00",
        "sent_on": None,
        "modified_on": "2025-05-01T09:50:00+00:00",
    }


@pytest.mark.parametrize(
    ("generation", "parameters", "found"),
    [
        (UNICEF, {}, ["2025-05-02 run", "2025-05-02 message", "2025-05-01 run", "2025-05-01 message"]),
        (UNICEF, {"archive_type": "run"}, ["2025-05-02 run", "2025-05-01 run"]),
        (UNICEF, {"type": "run", "period": "monthly"}, []),
        (UNICEF, {"type": "run", "after": "2025-05-02"}, ["2025-05-02 run", "2025-05-02 message"]),  # no matter
        (NYARUKA, {"type": "run"}, ["2025-05-02 run", "2025-05-01 run"]),
        (NYARUKA, {"archive_type": "message", "before": "2025-05-01"}, ["2025-05-01 message"]),
        (NYARUKA, {"type": "run", "archive_type": "message"}, ["2025-05-02 run", "2025-05-01 run"]),
        (NYARUKA, {"type": "run", "period": "weekly"}, ["2025-05-02 run", "2025-05-01 run"]),
        (NYARUKA, {"type": "invalid"}, []),
        (NYARUKA, {"after": "yesterday"}, []),
    ],
)
def test_archives_are_found_by(
    serve: Serve,
    get: Get,
    database: Database,
    generation: Generation,
    parameters: dict[str, str],
    found: list[str],
) -> None:
    database.archive(date(2025, 5, 3), purge=True)
    listed = _listed(get, serve(database, generation), **parameters)
    assert [f"{item['start_date']} {item['archive_type']}" for item in listed] == found
    assert all(("type" in item) == (generation is NYARUKA) for item in listed)


def test_archives_are_paged_by_number(serve: Serve, get: Get, database: Database) -> None:
    database.archive(date(2026, 2, 1), purge=True, whole_months=False)
    server = serve(database)
    first = get(server, "archives", archive_type="run").json()
    assert (first["count"], len(first["results"]), first["previous"]) == (276, 250, None)
    assert first["next"] == f"{server.url}/api/v2/archives.json?archive_type=run&limit=250&offset=250"
    second = get(server, first["next"]).json()
    assert (second["count"], len(second["results"]), second["next"]) == (276, 26, None)
    assert second["previous"] == f"{server.url}/api/v2/archives.json?archive_type=run&limit=250"
    few = get(server, "archives", limit="2", offset="3").json()
    assert len(few["results"]) == 2
    assert few["previous"].endswith("limit=2&offset=1")
    for wrong in ("0", "-1", "x"):
        assert len(get(server, "archives", limit=wrong).json()["results"]) == 250
        assert get(server, "archives", offset=wrong).json()["previous"] is None


def test_a_link_is_good_for_a_day_and_for_its_file_only(serve: Serve, get: Get, database: Database) -> None:
    now = [datetime(2025, 9, 17, tzinfo=UTC).timestamp()]
    database.archive(date(2025, 5, 3), purge=True)
    server = serve(database, clock=lambda: now[0])
    newer, older = _listed(get, server, archive_type="run")
    url, other = older["download_url"], newer["download_url"]
    assert "X-Amz-Signature=" in url
    path, other_path = url.partition("?")[0], other.partition("?")[0]
    for forged in (
        url[:-1] + ("0" if url[-1] != "0" else "1"),
        url.partition("&X-Amz-Signature")[0],
        url.replace("X-Amz-Expires=86400", "X-Amz-Expires=86401"),
        url.replace(path, other_path),
        path,
    ):
        response = get(server, forged, token=None)
        assert (response.status_code, response.text) == (403, "<Error><Code>SignatureDoesNotMatch</Code></Error>")
    now[0] += 24 * 3600 - 1
    assert get(server, url, token=None).status_code == 200
    now[0] += 1
    assert (get(server, url, token=None).status_code, get(server, url, token=None).text) == (
        403,
        "<Error><Code>AccessDenied</Code></Error>",
    )


def test_the_token_is_not_to_be_sent_where_the_link_lets_in(serve: Serve, get: Get, database: Database) -> None:
    database.archive(date(2025, 5, 2), purge=True)
    server = serve(database)
    response = get(server, _listed(get, server)[0]["download_url"])
    assert (response.status_code, response.text) == (400, "<Error><Code>InvalidArgument</Code></Error>")


def test_downloads_have_faults_and_counts_of_their_own(serve: Serve, get: Get, database: Database) -> None:
    database.archive(date(2025, 5, 2), purge=True)
    server = serve(database, hourly_limit=1, faults=[Fault("corrupt", "download"), Fault("truncate", "download")])
    (item, _) = _listed(get, server)
    corrupt = get(server, item["download_url"], token=None).content
    assert len(corrupt) == item["size"]
    assert md5(corrupt, usedforsecurity=False).hexdigest() != item["hash"]
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(server, item["download_url"], token=None)
    assert get(server, item["download_url"], token=None).status_code == 200
    assert server.request_counts() == {"archives": 1, "download": 3}
    assert all(request.parameters == {} for request in server.requests if request.endpoint == "download")


def test_the_same_records_make_the_same_file(serve: Serve, get: Get, database: Database, flows: Any) -> None:
    again = Database(
        database.workspace, flows=flows, contacts=database.contacts.rows.values(), runs=database.runs.rows.values()
    )
    for each in (database, again):
        each.put_run(
            replace(
                each.runs.rows["a1a1a1a1-0000-4000-8000-000000000001"],
                path=(Step("x", datetime(2025, 5, 1, tzinfo=UTC)),),
            )
        )
        each.archive(date(2025, 5, 2), purge=True)
    key = ArchiveKey("run", "daily", date(2025, 5, 1))
    assert again.archives[key] == database.archives[key]
