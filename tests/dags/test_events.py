"""What Airflow's tasks and callbacks tell of a run."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client

from pipeline_lib.errors import ConfigError
from pipeline_lib.stages import events
from tests.dags.conftest import Nights

AT = datetime(2026, 1, 2, 23, 0, 5, tzinfo=UTC)
Told = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time enough for a busy machine."""
    monkeypatch.setenv(events.SETTING, "300")


@pytest.fixture
def told() -> Iterator[Told]:
    """The events that were logged since. By a handler of its own: Airflow, when it is imported, takes pytest's away."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    events.logger.addHandler(handler)
    level = events.logger.level
    events.logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in lines if line.startswith('{"id"')]
    events.logger.setLevel(level)
    events.logger.removeHandler(handler)


@pytest.fixture
def dashboard(nights: Nights, firestore_project: str) -> Client:
    """Firestore, where the toy project has its dashboard."""
    key = {"type": "service_account", "project_id": firestore_project}
    (nights.config.parent / "dashboard.json").write_text(json.dumps(key))
    nights.write(OperationsDashboard={"FirebaseCredentialsFileURL": "dashboard.json"})
    return Client(project=firestore_project, credentials=AnonymousCredentials())


def documents(client: Client) -> dict[str, Any]:
    found = client.collection("metrics", "pipelines", "pipeline_logs").stream()
    return {document.id: document.to_dict() for document in found}


def instance(attempt: int = 1, index: int = -1) -> SimpleNamespace:
    return SimpleNamespace(try_number=attempt, map_index=index, start_date=AT)


def end(nights: Nights, context: dict[str, Any], *, succeeded: bool) -> None:
    """What Airflow's DAG processor does when a run has ended."""
    from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415 - after conftest's settings

    (dag,) = dags_in(nights.configs, only="toy")
    callbacks = [dag.on_success_callback] if succeeded else dag.on_failure_callback
    for callback in callbacks:
        callback(context)


def short(event: dict[str, Any]) -> tuple[str, str]:
    return event["event"], event["state"]


def test_the_first_task_tells_that_the_run_starts_and_each_tells_of_itself(nights: Nights, told: Told) -> None:
    context = nights.context() | {"ti": instance()}
    nights.task("coda_pull", context)
    nights.task("fetch", context | {"ti": instance(attempt=2, index=0)}, source="1 RecoveryCSV: toy_recovered")
    assert [short(event) for event in told()] == [
        ("PipelineRunStart", "start"),
        ("CodaGet", "start"),
        ("CodaGet", "success"),
        ("FetchingRawData", "start"),
        ("FetchingRawData", "success"),
    ]
    begun, pulled, *_, fetched = told()
    assert begun["timestamp"] == "2026-01-02T23:00:00.000000+00:00"
    assert pulled["timestamp"] == "2026-01-02T23:00:05.000000+00:00"
    assert (fetched["try"], fetched["source"]) == (2, 0)
    assert {event["run_id"] for event in told()} == {"scheduled__2026-01-01T23:00:00+00:00"}


def test_a_run_that_was_started_again_tells_so_whatever_task_it_begins_with(nights: Nights, told: Told) -> None:
    context = nights.context(clear_number=1)
    nights.task("fetch", context, source="1 RecoveryCSV: toy_recovered")
    assert short(told()[0]) == ("PipelineRunStart", "start")


def test_skips_and_failures_are_told(nights: Nights, told: Told) -> None:
    from airflow.sdk.exceptions import AirflowSkipException  # noqa: PLC0415

    with pytest.raises(AirflowSkipException):
        nights.task("coda_push", nights.context(conf={"publish": False}), process="file:///outputs")
    wrong = nights.context(conf={"canary": True})
    with pytest.raises(ConfigError):
        nights.task("coda_pull", wrong | {"ti": instance(attempt=3)})
    end(nights, wrong, succeeded=False)
    assert [(short(event), event.get("error")) for event in told()] == [
        (("CodaAdd", "start"), None),
        (("CodaAdd", "skip"), None),
        (("PipelineRunStart", "start"), None),
        (("CodaGet", "start"), None),
        (("CodaGet", "failure"), "ParameterError"),
        (("PipelineRunStart", "start"), None),
        (("PipelineRunEnd", "failure"), None),
    ]
    assert "canary" not in json.dumps(told())


def test_what_is_told_twice_is_on_the_dashboard_once(nights: Nights, dashboard: Client, told: Told) -> None:
    context = nights.context(end_date=datetime(2026, 1, 3, tzinfo=UTC)) | {"ti": instance()}
    nights.task("coda_pull", context)
    for _ in range(2):
        end(nights, context, succeeded=True)
    stored = documents(dashboard)
    assert stored == {event["id"]: {key: event[key] for key in event if key != "id"} for event in told()}
    assert sorted(map(short, stored.values())) == [
        ("CodaGet", "start"),
        ("CodaGet", "success"),
        ("PipelineRunEnd", "success"),
        ("PipelineRunStart", "start"),
    ]
    (ended,) = [event for event in stored.values() if event["event"] == "PipelineRunEnd"]
    assert ended["duration_seconds"] == 3600


def test_a_run_whose_config_is_broken_by_now_is_told_where_it_was_before(nights: Nights, dashboard: Client) -> None:
    nights.task("coda_pull", nights.context())
    nights.break_config()
    end(nights, nights.context(), succeeded=False)
    assert ("PipelineRunEnd", "failure") in map(short, documents(dashboard).values())


def test_an_end_of_which_airflow_knows_no_more_than_the_run_is_told(nights: Nights, told: Told) -> None:
    end(nights, {"run_id": "manual__x", "reason": "task_failure"}, succeeded=False)
    assert [(short(event), event["run_id"]) for event in told()] == [(("PipelineRunEnd", "failure"), "manual__x")]


def test_the_key_of_a_dashboard_may_be_in_an_airflow_connection(
    nights: Nights, dashboard: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = Path(nights.config.parent, "dashboard.json").read_text()
    monkeypatch.setattr("pipeline_lib.orchestration.events.connection_secret", {"dashboard": key}.get)
    nights.write(OperationsDashboard={"FirebaseCredentialsFileURL": "connection://dashboard"})
    nights.task("coda_pull", nights.context())
    assert len(documents(dashboard)) == 3
