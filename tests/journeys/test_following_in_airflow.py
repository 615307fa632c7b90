"""Who follows a project from outside, with a real scheduler: DAGs by its assets, a dashboard by its events."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client

from pipeline_lib.stages.drive_clients import EMULATOR_SETTING as DRIVE_SETTING
from pipeline_lib.stages.events import SETTING
from pipeline_lib.stages.firestore_clients import EMULATOR_SETTING
from sandbox.airflow_api import AirflowApi
from sandbox.airflow_server import REPOSITORY, AirflowServer
from sandbox.drive.server import DriveServer
from sandbox.drive.world import SERVICE_ACCOUNT, SHARED_DRIVE, service_account_key
from tests.toy import change_config, write_toy

pytestmark = pytest.mark.airflow

PUBLISHED = ("production", "messages", "individuals", "analysis")
FOLLOWERS = f'''
"""Somebody else's DAGs: each follows an artifact of the project toy."""
from airflow.sdk import DAG, Asset, task

def follow(triggering_asset_events):
    return [event.extra for events in triggering_asset_events.values() for event in events]

for artifact in {PUBLISHED}:
    with DAG(f"follows_{{artifact}}", schedule=[Asset(f"x-pipeline://toy/{{artifact}}")]) as dag:
        task(follow)()
    globals()[dag.dag_id] = dag
'''


@dataclass(frozen=True)
class Following:
    config: Path
    api: AirflowApi
    firestore: Client
    log: Path
    """What Airflow's processes print."""
    lineage: Path
    """What OpenLineage is told: an event a line."""

    def run(self, run_id: str, **params: Any) -> str:
        """How a run of the project ends."""
        self.api.trigger("toy", run_id, params)
        return self.api.wait_until_ended("toy", run_id)

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """What a run has told the dashboard, in the order of time."""
        found = [each.to_dict() or {} for each in self.firestore.collection("metrics/pipelines/pipeline_logs").stream()]
        return sorted((each for each in found if each["run_id"] == run_id), key=lambda each: str(each["timestamp"]))

    def wait_for_end(self, run_id: str) -> list[dict[str, Any]]:
        """The same, once its end is among it: the DAG processor has it later than the scheduler."""

        def has_ended() -> bool:
            return any(event["event"] == "PipelineRunEnd" for event in self.events(run_id))

        self.api.wait_for("the end of the run to be told", has_ended)
        return self.events(run_id)

    def traced(self, task_id: str, run_id: str) -> dict[str, tuple[list[str], list[str]]]:
        """What OpenLineage was told that a task reads and makes, by what it was then about to do or had done."""
        lines = self.lineage.read_text(encoding="utf-8").splitlines() if self.lineage.exists() else []
        of_run: dict[str, tuple[list[str], list[str]]] = {}
        for event in map(json.loads, lines):
            of_task = event["job"]["name"] == f"toy.{task_id}"
            if of_task and event["run"]["facets"]["airflow"]["dagRun"]["run_id"] == run_id:
                read, made = ([each["name"] for each in event[side]] for side in ("inputs", "outputs"))
                of_run[event["eventType"]] = read, made
        return of_run

    def followed(self, artifact: str) -> list[dict[str, Any]]:
        """What those runs were told that followed an artifact and have ended."""
        dag_id = f"follows_{artifact}"
        ended = [run["dag_run_id"] for run in self.api.runs(dag_id) if run["state"] == "success"]
        return [told for run_id in ended for told in self.api.returned(dag_id, run_id, "follow")]


@pytest.fixture(scope="module")
def drive() -> Iterator[DriveServer]:
    """A Drive with a shared drive to which the service account contributes."""
    with DriveServer() as server:
        server.store.add_account(SERVICE_ACCOUNT, is_service_account=True)
        server.store.add_drive(SHARED_DRIVE, {SERVICE_ACCOUNT: "writer"})
        yield server


def _write_held(configs: Path) -> None:
    """A project that uploads, and asks before it does so first."""
    config = write_toy(configs, "held")
    (config.parent / "key.json").write_text(json.dumps(service_account_key()))
    upload = {"DriveCredentialsFileURL": "key.json", "MessagesUploadPath": f"{SHARED_DRIVE}/held/messages.csv"}
    change_config(config, PipelineName="held", DriveUpload=upload, ApproveFirstPublication=True, Schedule=None)


@pytest.fixture(scope="module")
def following(tmp_path_factory: pytest.TempPathFactory, firestore_host: str, drive: DriveServer) -> Iterator[Following]:
    """An Airflow with the toy project, which tells a dashboard, and with DAGs that follow it."""
    root = tmp_path_factory.mktemp("following")
    firebase_project = f"test-{uuid4().hex}"
    config = write_toy(root / "configs")
    key = {"type": "service_account", "project_id": firebase_project}
    (config.parent / "dashboard.json").write_text(json.dumps(key))
    change_config(config, OperationsDashboard={"FirebaseCredentialsFileURL": "dashboard.json"}, Schedule=None)
    shutil.copytree(REPOSITORY / "dags", root / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "dags/followers.py").write_text(FOLLOWERS)
    # The dashboard is waited for as long as a busy machine takes.
    settings = {EMULATOR_SETTING: firestore_host, SETTING: "600", DRIVE_SETTING: drive.host}
    lineage = root / "lineage.jsonl"
    settings |= {
        "AIRFLOW__OPENLINEAGE__EXTRACTORS": "pipeline_lib.orchestration.lineage.ArtifactExtractor",
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps({"type": "file", "log_file_path": str(lineage), "append": True}),
    }
    _write_held(root / "configs")
    server = AirflowServer(
        root / "airflow", root / "configs", root / "data", root / "dags", settings=settings, starts_runs=True
    )
    began = datetime.now(UTC)
    with pytest.MonkeyPatch.context() as patch, server.started() as running:
        patch.setenv(EMULATOR_SETTING, firestore_host)
        api = AirflowApi(running)
        api.wait_until_healthy()
        for dag_id in ("toy", "held", *(f"follows_{artifact}" for artifact in PUBLISHED)):
            api.wait_until_parsed(dag_id, began)
            api.unpause(dag_id)
        with closing(Client(project=firebase_project, credentials=AnonymousCredentials())) as firestore:
            yield Following(config, api, firestore, server.log, lineage)


def test_a_run_triggers_those_who_follow_what_it_makes_and_tells_them_where_it_is(following: Following) -> None:
    api = following.api
    assert following.run("in_part", mode="auto-code-only") == "success"
    assert following.run("whole") == "success"

    def all_have_followed() -> bool:
        return all("whole" in {told["run"] for told in following.followed(artifact)} for artifact in PUBLISHED)

    api.wait_for("the followers to have followed", all_have_followed)
    ours = {
        artifact: [told for told in following.followed(artifact) if told["run"] in {"in_part", "whole"}]
        for artifact in PUBLISHED
    }
    assert {artifact: sorted(told["run"] for told in found) for artifact, found in ours.items()} == {
        "production": ["in_part", "whole"],
        "messages": ["whole"],
        "individuals": ["whole"],
        "analysis": ["whole"],
    }
    assert ours["analysis"][0]["folder"] == api.returned("toy", "whole", "analyse")


def test_openlineage_is_told_all_that_tasks_read_and_make_also_what_nobody_may_follow(following: Following) -> None:
    assert following.run("traced", mode="auto-code-only") == "success"
    following.api.wait_for("its lineage", lambda: "COMPLETE" in following.traced("process", "traced"))
    read = ["raw_data", "coded_messages"]
    assert following.traced("process", "traced") == {
        "START": (read, ["production", "coda_files", "messages", "individuals"]),
        "COMPLETE": (read, ["production", "coda_files"]),
    }


def test_a_dashboard_sees_each_stage_of_a_run_and_its_end(following: Following) -> None:
    assert following.run("watched", publish=False) == "success"
    told = [(each["event"], each.get("source"), each["state"]) for each in following.wait_for_end("watched")]
    assert told[0] == ("PipelineRunStart", None, "start")
    assert told[-1] == ("PipelineRunEnd", None, "success")
    assert sorted(told[1:-1], key=str) == sorted(
        [
            *[("FetchingRawData", index, state) for index in range(2) for state in ("start", "success")],
            *[
                (event, None, state)
                for event in ("CodaGet", "GeneratingOutputs", "GeneratingAutomatedAnalysisFiles")
                for state in ("start", "success")
            ],
            ("CodaAdd", None, "start"),
            ("CodaAdd", None, "skip"),
        ],
        key=str,
    )


def test_a_dashboard_sees_that_a_run_has_failed(following: Following) -> None:
    assert following.run("mistyped", **{"as-of": "2026-01-01T00:00Z"}) == "failed"
    told = [(each["event"], each["state"], each.get("error")) for each in following.wait_for_end("mistyped")]
    assert told.count(("CodaGet", "failure", "ParameterError")) == 1
    assert told.count(("FetchingRawData", "failure", "ParameterError")) == 2
    assert told.count(("PipelineRunStart", "start", None)) == 1
    assert told[-1] == ("PipelineRunEnd", "failure", None)


def test_a_run_that_is_started_again_tells_a_start_and_an_end_of_its_own(following: Following) -> None:
    assert following.run("again", publish=False) == "success"
    following.wait_for_end("again")
    following.api.clear("toy", "again", "coda_push")
    assert following.api.wait_until_ended("toy", "again") == "success"

    def has_ended_twice() -> bool:
        return [each["event"] for each in following.events("again")].count("PipelineRunEnd") == 2

    following.api.wait_for("the second end to be told", has_ended_twice)
    assert [each["event"] for each in following.events("again")].count("PipelineRunStart") == 2


def states(api: AirflowApi, run_id: str) -> dict[str, str]:
    return {task.task_id: task.state for task in api.tasks("held", run_id)}


def wait_for_question(following: Following, run_id: str) -> str:
    """Starts a run that publishes, and gives what it asks, as Markdown, once an answer would be taken.

    Airflow 3.3.2 takes an answer for a lost task if it comes before the scheduler has heard that the process which
    asked has ended. No person is that fast, but a test is.
    """
    following.api.trigger("held", run_id, {"publish": True})
    heard = f"TaskInstance Finished: dag_id=held, task_id=approve, run_id={run_id},"
    following.api.wait_for("the question", lambda: heard in following.log.read_text(encoding="utf-8"))
    assert states(following.api, run_id)["approve"] == "awaiting_input"
    return str(following.api.question("held", run_id, "approve")["body"])


def logged(api: AirflowApi, run_id: str, task_id: str) -> str:
    (task,) = [task for task in api.tasks("held", run_id) if task.task_id == task_id]
    return "\n".join(api.log_tail("held", run_id, task))


def test_nothing_is_uploaded_until_somebody_approves_and_then_nobody_is_asked_again(
    following: Following, drive: DriveServer
) -> None:
    api = following.api
    asked = wait_for_question(following, "refused")
    assert "| messages | 1 |" in asked
    assert f"`{api.returned('held', 'refused', 'analyse')}/index.html`" in asked
    assert f"- messages: `{SHARED_DRIVE}/held/messages.csv`" in asked
    assert states(api, "refused")["upload"] == "waiting"
    api.answer("held", "refused", "approve", "Reject")
    assert api.wait_until_ended("held", "refused") == "success"
    told = states(api, "refused")
    assert (told["approve"], told["upload"], told["coda_push"]) == ("skipped", "skipped", "success")
    assert "Skipping task. not approved: nothing is published, and the next run asks again" in logged(
        api, "refused", "approve"
    )
    assert drive.requests == []

    assert wait_for_question(following, "approved") == asked.replace("`refused`", "`approved`").replace(
        "/refused/", "/approved/"
    )
    assert drive.requests == []
    api.answer("held", "approved", "approve", "Approve")
    assert api.wait_until_ended("held", "approved") == "success"
    assert set(states(api, "approved").values()) == {"success"}
    assert drive.store.paths() == ["held", "held/messages.csv"]

    api.trigger("held", "afterwards", {"publish": True})
    assert api.wait_until_ended("held", "afterwards") == "success"
    assert set(states(api, "afterwards").values()) == {"success"}
    assert api.question("held", "afterwards", "approve") == {}
