"""What operators do, with a real scheduler: clear tasks, run by hand, work on days of the past, be told of failures."""

import os
import subprocess
import sys
from typing import Any

import pytest

from pipeline_lib.orchestration.calls import CALLS
from sandbox.world import AS_OF
from tests.journeys.shared_airflow import Operated, bytes_below

pytestmark = pytest.mark.airflow

CSV = "2 RecoveryCSV: recovered"
ENDS = [f"2025-09-{day:02}T230000Z" for day in range(4, 14)]
"""The folders of ten days' runs; the project begins on the sixth, at midnight three hours east."""
TEN_DAYS = {"from_date": "2025-09-04T00:00:00+03:00", "to_date": "2025-09-14T00:00:00+03:00"}


@pytest.fixture(scope="module")
def full_run(operated: Operated) -> dict[str, bytes]:
    """What a run with every task has made, and what others see of it; a person has approved it."""
    operated.api.trigger("full", "whole", {"as_of": AS_OF.isoformat(), "publish": "yes"})
    # Airflow 3.3.2 takes an answer for a lost task if it comes before the scheduler has heard of the question.
    heard = "TaskInstance Finished: dag_id=full, task_id=approve, run_id=whole,"
    operated.api.wait_for("the question", lambda: heard in operated.server.log.read_text(encoding="utf-8"))
    operated.api.answer("full", "whole", "approve", "Approve")
    assert operated.api.wait_until_ended("full", "whole") == "success"
    assert operated.states("full", "whole") == dict.fromkeys(CALLS, "success") | {"outcome": "skipped"}
    return made_and_seen(operated)


def made_and_seen(operated: Operated) -> dict[str, bytes]:
    return operated.made("full", "whole") | bytes_below(operated.root / "full/coda")


@pytest.mark.parametrize("task_id", CALLS)
def test_any_one_task_of_a_good_run_done_again_changes_no_byte(
    operated: Operated, full_run: dict[str, bytes], task_id: str
) -> None:
    api = operated.api
    before = {task.name: task.try_number for task in api.tasks("full", "whole") if task.task_id == task_id}
    api.clear("full", "whole", task_id)
    assert api.wait_until_ended("full", "whole") == "success"
    after = {task.name: task.try_number for task in api.tasks("full", "whole") if task.task_id == task_id}
    assert after == {name: tries + (task_id != "outcome") for name, tries in before.items()}
    assert operated.states("full", "whole") == dict.fromkeys(CALLS, "success") | {"outcome": "skipped"}
    now = made_and_seen(operated)
    assert sorted(now) == sorted(full_run)
    assert [name for name in full_run if now[name] != full_run[name]] == []


def backfilled(operated: Operated) -> dict[str, dict[str, bytes]]:
    """What the runs of the past days have made, by the run's folder, once all have succeeded."""
    operated.api.wait_for("the backfill to end", lambda: operated.api.backfills_are_done("days"))
    runs = [run for run in operated.api.runs("days") if run["run_type"] == "backfill"]
    assert [run["state"] for run in runs] == ["success"] * 10
    return {key: operated.made("days", key) for key in ENDS}


def asked_since(operated: Operated, from_request: int) -> dict[str, set[str | None]]:
    """The times since when runs were asked of RapidPro, by flow: the watermarks, less what a fetch goes back by."""
    asked: dict[str, set[str | None]] = {}
    for request in operated.rapid_pro.requests[from_request:]:
        if request.endpoint == "runs":
            asked.setdefault(request.parameters["flow"], set()).add(request.parameters.get("after"))
    return asked


def test_ten_days_of_the_past_from_the_command_line_and_again_from_the_api_give_the_same_bytes_and_publish_nothing(
    operated: Operated,
) -> None:
    assert operated.run("days", "today") == "success"
    labels, request_count = bytes_below(operated.root / "days/coda"), len(operated.rapid_pro.requests)
    dates = ("--from-date", TEN_DAYS["from_date"], "--to-date", TEN_DAYS["to_date"])
    command = ("-m", "airflow", "backfill", "create", "--dag-id", "days", "--max-active-runs", "2", *dates)
    environment = os.environ | {"AIRFLOW_HOME": str(operated.server.home)}
    created = subprocess.run([sys.executable, *command], env=environment, check=False, capture_output=True)
    assert created.returncode == 0, created.stderr.decode()[-2000:]
    first = backfilled(operated)

    row_counts = [made["Outputs/messages.csv"].count(b"\n") - 1 for made in first.values()]
    assert row_counts == sorted(row_counts)
    assert row_counts[0] == 0 < row_counts[2] < row_counts[-1]
    (day_before_the_project, *_) = [run for run in operated.api.runs("days") if run["run_type"] == "backfill"]
    before = "No message counts yet: the run's as-of time is not after ProjectStartDate (2025-09-06T00:00+03:00)"
    assert before in operated.logged("days", day_before_the_project["dag_run_id"], "process")

    asked = {"dag_id": "days", "max_active_runs": 2, "reprocess_behavior": "completed", **TEN_DAYS}
    assert operated.api.answer_to("POST", "backfills", asked)[0] == 200
    again = backfilled(operated)
    assert [key for key in first if again[key] != first[key]] == []
    assert bytes_below(operated.root / "days/coda") == labels
    since = asked_since(operated, request_count)
    assert {flow: len(times) for flow, times in since.items()} == dict.fromkeys(since, 1)  # no watermark moved
    assert len(since) == 1
    assert None not in {time for times in since.values() for time in times}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            {"from_date": "2999-01-01T00:00:00Z", "to_date": "2999-01-09T00:00:00Z"},
            "cannot be executed for future dates",
        ),
        ({"from_date": "2025-09-09T00:00:00Z", "to_date": "2025-09-08T00:00:00Z"}, "must not be after to_date"),
        ({"from_date": "2025-09-09T00:00:00Z", "to_date": "2025-09-09T01:00:00Z"}, "No runs to create for Dag days"),
        (TEN_DAYS | {"dag_run_conf": {"mode": "al"}}, "'al' is not one of"),
    ],
)
def test_a_backfill_of_nothing_is_refused_and_says_why(operated: Operated, asked: dict[str, Any], told: str) -> None:
    status, answer = operated.api.answer_to("POST", "backfills", {"dag_id": "days", **asked})
    assert (status, told in answer) == (422, True), answer


def test_a_run_by_hand_does_what_each_of_its_parameters_says(operated: Operated) -> None:
    by = {"user": "Asli", "mode": "auto-code-only", "as_of": "2025-09-09T00:00+03:00", "publish": "no"}
    assert operated.run("hand", "narrow", **by, profile_memory=True, profile_cpu=True) == "success"
    of_tasks = operated.manifest("hand", "narrow")
    assert {(task["user"], task["as_of"]) for task in of_tasks.values()} == {("Asli", "2025-09-08T21:00:00Z")}
    assert of_tasks.keys() == {"coda_pull", "fetch-0", "fetch-1", "process"}
    states = operated.states("hand", "narrow")
    assert (states["analyse"], states["coda_push"]) == ("skipped", "skipped")
    assert "the run's mode is auto-code-only" in operated.logged("hand", "narrow", "analyse")
    assert "not published: the run's parameter publish says no" in operated.logged("hand", "narrow", "coda_push")
    made = operated.made("hand", "narrow")
    assert "Outputs/production.csv" in made
    assert "Outputs/messages.csv" not in made
    profiles = {file.name for file in (operated.root / "data/hand/runs/narrow/Profiles").iterdir()}
    assert profiles >= {f"{task}.{kind}" for task in of_tasks for kind in ("mprof", "html")}


def test_a_run_by_hand_asks_the_sources_that_it_names_and_fetches_in_full_and_publishes_if_told_to(
    operated: Operated,
) -> None:
    as_of = AS_OF.isoformat()
    assert operated.run("hand", "first", as_of=as_of) == "success"
    labels = bytes_below(operated.root / "hand/coda")
    asked_before = len(operated.rapid_pro.requests)
    assert operated.run("hand", "csv_only", as_of=as_of, sources=[CSV]) == "success"
    assert operated.rapid_pro.requests[asked_before:] == []
    assert operated.made("hand", "csv_only") == operated.made("hand", "first")
    assert bytes_below(operated.root / "hand/coda") == labels

    recovered = operated.root / "hand/recovered.csv"
    rows = recovered.read_bytes().splitlines(keepends=True)
    recovered.write_bytes(b"".join(rows[:2]))
    everything = {"full_fetch": True, "publish": "yes", "accept_shrink": ["recovered"]}
    try:
        assert operated.run("hand", "shrunken", full_fetch=True, publish="yes") == "failed"
        assert operated.run("hand", "everything", **everything) == "success"
    finally:
        recovered.write_bytes(b"".join(rows))
    since = asked_since(operated, asked_before)
    assert [flow for flow, times in since.items() if None not in times] == []
    assert len(since) == 1
    assert bytes_below(operated.root / "hand/coda") != labels


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user", ""),
        ("user", 5),
        ("mode", "al"),
        ("as_of", "2026-11-20"),
        ("publish", "maybe"),
        ("sources", ["3 Facebook: show"]),
        ("sources", "2 RecoveryCSV: recovered"),
        ("full_fetch", "yes"),
        ("accept_shrink", {"recovered": True}),
        ("profile_memory", 1),
        ("profile_cpu", "yes"),
    ],
)
def test_a_wrong_value_is_refused_by_the_api(operated: Operated, name: str, value: Any) -> None:
    asked = {"dag_run_id": "refused", "logical_date": None, "conf": {name: value}}
    status, answer = operated.api.answer_to("POST", "dags/hand/dagRuns", asked)
    assert (status, f"Invalid input for param {name}" in answer) == (400, True), answer


def test_a_run_as_of_the_future_fails_with_a_sentence(operated: Operated) -> None:
    assert operated.run("hand", "future", as_of="2999-01-01T00:00Z") == "failed"
    assert "parameter as_of: is later than the run's own start" in operated.logged("hand", "future", "coda_pull")


def test_a_run_that_fails_is_told_to_everybody_who_can_be_reached(operated: Operated) -> None:
    csv = operated.root / "configs/toy/sources/toy_recovered.csv"
    rows = csv.read_bytes()
    csv.unlink()
    try:
        assert operated.run("toy", "without_a_file") == "failed"
    finally:
        csv.write_bytes(rows)

    def failures() -> list[dict[str, Any]]:
        return [got for got in operated.told_of("toy") if got["kind"] == "failure"]

    def mails() -> list[Any]:
        return [mail for mail in operated.mails.mails if mail["Subject"] == "toy: fetch 1 failed"]

    operated.api.wait_for("the notice", lambda: bool(mails()) and bool(failures()))
    (got,) = failures()
    assert got["summary"] == "fetch 1 failed"
    assert "toy_recovered.csv" in got["problems"][0]
    assert got["link"].endswith("/dags/toy/runs/without_a_file")
    (mail,) = mails()
    assert mail["To"] == "data@example.org"


def test_the_watch_tells_of_projects_that_are_paused_and_of_nights_that_did_not_happen(operated: Operated) -> None:
    operated.api.trigger("pipeline_watch", "by_hand", {})
    assert operated.api.wait_until_ended("pipeline_watch", "by_hand") == "success"
    assert [got["kind"] for got in operated.told_of("paused")] == ["paused"]
    assert "missed" in [got["kind"] for got in operated.told_of("toy")]
