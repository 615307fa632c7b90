"""Pages of projects and runs of which something is not there, or not yet: each says what happened."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from pipeline_lib.storage import Storage, storage_at
from pipeline_lib.storage.manifest import record
from pipeline_lib.storage.run_history import HISTORY, note_run
from pipeline_lib.web.airflow_gateway import DagStatus, KnownProject, KnownRun
from tests.unit.web.small_world import RESEARCHER, RUN, STARTED_AT, FakeAirflow, fetched, write_file, write_run

RUN_ID = "manual__x"
BASE = f"/water/runs/{RUN_ID}"


def never_run(storage: Storage) -> None:
    """Leaves the project as it is before its first run."""


def first_task_under_way(storage: Storage) -> None:
    write_file(storage, f"runs/{RUN}/config.json", "{}")


def manifest_without_tasks(storage: Storage) -> None:
    write_file(storage, f"runs/{RUN}/manifest.json", "{}")


def fetched_only(storage: Storage) -> None:
    write_file(storage, f"runs/{RUN}/Raw Data/water_activation.jsonl", "{}\n")
    note_run(storage, RUN, record(storage, RUN, fetched(storage)))


def outputs_deleted(storage: Storage) -> None:
    write_run(storage)
    storage.remove(f"runs/{RUN}/Outputs")


def analysis_deleted(storage: Storage) -> None:
    write_run(storage)
    storage.remove(f"runs/{RUN}/Automated Analysis")


def everything_deleted(storage: Storage) -> None:
    write_run(storage)
    storage.remove(f"runs/{RUN}")


def history_broken(storage: Storage) -> None:
    manifest_without_tasks(storage)
    write_file(storage, HISTORY, '{"runs": [{}]}')


@pytest.fixture
def project(place: str, airflow: FakeAirflow) -> Storage:
    """The project `water`, of which Airflow has one run that failed, and whose data are as a test leaves them."""
    run = KnownRun(RUN_ID, RUN, "failed", "manual", STARTED_AT, ("process",))
    airflow.known["water"] = KnownProject("water", "Biyo 2026", places=(place,))
    airflow.runs["water", RUN_ID] = run
    airflow.told["water"] = DagStatus(run)
    return storage_at(place)


NOTHING_COUNTED = "<b>process</b> has not succeeded, so nothing has been counted."
NO_ANALYSIS = "This run has no analysis"
NO_TASK = "none of its tasks has finished, or its folder was removed"
NO_SOURCE = "No source has been read in this run."
NO_FILES = "There are no files."
GONE = "was made by this run, and is gone"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (never_run, [NO_TASK, NOTHING_COUNTED, NO_ANALYSIS, NO_SOURCE, NO_FILES]),
        (first_task_under_way, [NO_TASK, NOTHING_COUNTED, "The config that the run began with."]),
        (manifest_without_tasks, [NOTHING_COUNTED, "No task has finished."]),
        (fetched_only, [NOTHING_COUNTED, NO_ANALYSIS, "water_activation.jsonl"]),
        (outputs_deleted, [GONE, "clear process in Airflow to have it made again"]),
        (analysis_deleted, [NO_ANALYSIS]),
        (everything_deleted, [NO_TASK, NOTHING_COUNTED, NO_FILES]),
        (history_broken, [NOTHING_COUNTED]),
    ],
)
def test_every_page_answers_and_the_report_says_what_is_missing(
    damage: Callable[[Storage], None], told: list[str], project: Storage, site: TestClient
) -> None:
    damage(project)
    assert statuses(site) == [200, 200, 200, 200]
    report = " ".join(site.get(BASE, headers=RESEARCHER).text.split())
    assert [
        sentence for sentence in (*told, "failed: <b>process</b>, whose log says why") if sentence not in report
    ] == []


def change_by_hand(storage: Storage, name: str, at: tuple[str | int, ...], value: object) -> None:
    document: Any = json.loads(storage.read(name))
    inner = document
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    storage.replace(name, json.dumps(document).encode(), expected=storage.read_versioned(name))


def statuses(site: TestClient) -> list[int]:
    return [site.get(path, headers=RESEARCHER).status_code for path in ("/", "/water", BASE, f"{BASE}/trace")]


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (("duration_seconds",), float("nan")),
        (("duration_seconds",), 1e300),
        (("started_at",), "last night"),
        (("quality", 0), {}),
        (("quality", 0, "newest_message"), "last night"),
        (("coding_progress", 0, "oldest_unreviewed"), ""),
    ],
)
def test_a_manifest_that_was_changed_by_hand_is_named_in_the_report(
    at: tuple[str | int, ...], value: object, project: Storage, site: TestClient
) -> None:
    write_run(project)
    change_by_hand(project, f"runs/{RUN}/logs/manifest/process.json", at, value)
    assert statuses(site) == [200, 200, 200, 200]
    report = site.get(BASE, headers=RESEARCHER).text
    assert "logs/manifest/process.json" in report
    assert f"cannot be read as a manifest ({'.'.join(map(str, at[:2]))}" in report


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
@pytest.mark.parametrize("field", ["as_of", "worked_on_at", "newest_message", "oldest_unreviewed"])
def test_the_first_and_the_last_day_that_a_date_can_have_are_shown(
    field: str, time: str, project: Storage, site: TestClient
) -> None:
    write_run(project)
    change_by_hand(project, HISTORY, ("runs", 0, field), time)
    assert statuses(site) == [200, 200, 200, 200]


@pytest.mark.slow
@pytest.mark.parametrize("state", ["running", "queued"])
@pytest.mark.parametrize("damage", [never_run, first_task_under_way])
def test_that_nothing_is_there_yet_is_no_problem_of_a_run_that_is_under_way(
    damage: Callable[[Storage], None], state: str, project: Storage, site: TestClient, airflow: FakeAirflow
) -> None:
    damage(project)
    airflow.runs["water", RUN_ID] = KnownRun(RUN_ID, RUN, state)
    page = site.get(BASE, headers=RESEARCHER).text
    assert "This run is under way, and none of its tasks has finished yet." in page
    assert '<ul class="problems">' not in page


@pytest.mark.parametrize("damage", [never_run, fetched_only, outputs_deleted])
@pytest.mark.parametrize("path", ["files/Outputs/messages.csv", "table/Outputs/messages.csv"])
def test_a_file_that_is_not_there_says_where_to_look(
    damage: Callable[[Storage], None], path: str, project: Storage, site: TestClient
) -> None:
    damage(project)
    answer = site.get(f"{BASE}/{path}", headers=RESEARCHER)
    assert answer.status_code == 404
    assert "There is no " in answer.text


@pytest.mark.parametrize("asked", ["cell=messages.csv:1:uid", "message=m1", "participant=p1"])
@pytest.mark.parametrize("damage", [never_run, fetched_only, outputs_deleted])
def test_nothing_can_be_traced_where_nothing_is(
    damage: Callable[[Storage], None], asked: str, project: Storage, site: TestClient
) -> None:
    damage(project)
    answer = site.get(f"{BASE}/trace?{asked}", headers=RESEARCHER)
    assert answer.status_code == 200
    assert '<ul class="problems">' in answer.text


def test_a_project_that_never_ran_says_how_it_begins(project: Storage, site: TestClient) -> None:
    page = site.get("/water", headers=RESEARCHER).text
    assert "No task of any run has finished yet. Unpause the project in Airflow, or trigger it." in page
    assert "Where it stands" not in page


def test_what_nobody_foresaw_is_a_page_that_leads_to_the_log(
    site: TestClient, airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(_: object) -> None:
        raise RuntimeError("a text of somebody")

    monkeypatch.setattr(airflow, "read_dag_statuses", break_down)
    quiet = TestClient(site.app, raise_server_exceptions=False)
    answer = quiet.get("/", headers=RESEARCHER)
    assert answer.status_code == 500
    assert "the log of Airflow&#39;s api-server says what" in answer.text
    assert "a text of somebody" not in answer.text


@pytest.mark.parametrize("path", ["table/Outputs/messages.csv?page=%3Cb%3Eone", "files/manifest.json?download=perhaps"])
def test_an_address_that_a_page_cannot_have_is_a_page_that_says_so(
    path: str, project: Storage, site: TestClient
) -> None:
    write_run(project)
    answer = site.get(f"{BASE}/{path}", headers=RESEARCHER)
    assert answer.status_code == 422
    assert "Go back to the run&#39;s report and follow its links." in answer.text
    assert not any(given in answer.text for given in ("perhaps", "&lt;b&gt;", "<b>one"))


def test_nothing_is_changed_by_the_pages(project: Storage, site: TestClient) -> None:
    write_run(project)
    for method in ("POST", "PUT", "DELETE"):
        answer = site.request(method, BASE, headers=RESEARCHER)
        assert answer.status_code == 405
        assert "These pages only show things." in answer.text
        assert answer.headers["allow"] == "GET"
