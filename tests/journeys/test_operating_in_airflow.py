"""What operators do, with a real scheduler: clear tasks, run by hand, work on days of the past, meet broken configs."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.orchestration.calls import CALLS
from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING
from pipeline_lib.stages.drive_clients import EMULATOR_SETTING
from sandbox.airflow_api import AirflowApi
from sandbox.airflow_server import REPOSITORY, AirflowServer
from sandbox.demo_world import GENERATION, write_demo_world
from sandbox.drive.server import DriveServer
from sandbox.drive.world import SERVICE_ACCOUNT, SHARED_DRIVE, write_key
from sandbox.rapid_pro.server import RapidProServer
from sandbox.world import AS_OF
from tests.receivers import MailServer, WebServer, serving
from tests.toy import change_config, write_toy

pytestmark = pytest.mark.airflow

NOTICES = [
    {"Channel": "smtp", "To": ["data@example.org"]},
    {"Channel": "webhook", "Connection": "office"},
    {"Channel": "slack", "Connection": "nowhere"},
]
FOLDERS = ("Outputs", "Automated Analysis", "Raw Data", "Coded Coda Files")
MESSAGE_COUNT = 60
KEYS_OF_SMALL_SHOW = r"avf_phone_id|message|run_id|received_on|S01E01.*"
PUBLISHES = ("DriveUpload", "DataArchiveUploadBucket", "MemoryProfileUploadBucket", "BucketDirPath")
CSV = "2 RecoveryCSV: recovered"
ENDS = [f"2025-09-{day:02}T230000Z" for day in range(4, 14)]
"""The folders of ten days' runs; the project begins on the sixth, at midnight three hours east."""
TEN_DAYS = {"from_date": "2025-09-04T00:00:00+03:00", "to_date": "2025-09-14T00:00:00+03:00"}


@dataclass(frozen=True)
class Operated:
    root: Path
    server: AirflowServer
    api: AirflowApi
    rapid_pro: RapidProServer
    mails: MailServer
    office: WebServer

    def run(self, dag_id: str, run_id: str, **params: Any) -> str:
        """How a run by hand ends."""
        self.api.trigger(dag_id, run_id, params)
        return self.api.wait_until_ended(dag_id, run_id)

    def states(self, dag_id: str, run_id: str) -> dict[str, str]:
        """How each task ended; of a mapped one, one of its instances."""
        return {task.task_id: task.state for task in self.api.tasks(dag_id, run_id)}

    def logged(self, dag_id: str, run_id: str, task_id: str) -> str:
        """What the last try of a task logged."""
        (task,) = [task for task in self.api.tasks(dag_id, run_id) if task.task_id == task_id and task.map_index <= 0]
        return "\n".join(self.api.log_tail(dag_id, run_id, task, lines=1000))

    def made(self, dag_id: str, key: str) -> dict[str, bytes]:
        """The bytes of all files of a run."""
        return bytes_below(*(self.root / "data" / dag_id / "runs" / key / name for name in FOLDERS))

    def manifest(self, dag_id: str, key: str) -> dict[str, dict[str, Any]]:
        """What a run's tasks say of themselves."""
        content = json.loads((self.root / "data" / dag_id / "runs" / key / "manifest.json").read_bytes())
        return {task["task"]: task for task in content["tasks"]}

    def told_of(self, project: str) -> list[dict[str, Any]]:
        """What the address on the web was told of a project."""
        return [got for _, _, got in self.office.requests if got["project"] == project]


def bytes_below(*folders: Path) -> dict[str, bytes]:
    files = ((folder, file) for folder in folders for file in folder.rglob("*") if file.is_file())
    return {f"{folder.name}/{file.relative_to(folder)}": file.read_bytes() for folder, file in files}


def write_show(root: Path, name: str, **keys: Any) -> Path:
    """The config of the demo's project in a world of its own: graphs are drawn, maps, which take long, are not."""
    write_demo_world(root / name, message_count=MESSAGE_COUNT)
    write_key(root / name / "drive_key.json")
    folder = root / "configs" / name
    shutil.copytree(REPOSITORY / "configs/demo", folder)
    config = folder / "pipeline.json"
    written = config.read_text(encoding="utf-8").replace("../../.demo/world", str(root / name))
    config.write_text(written.replace("../../.demo", str(root)), encoding="utf-8")
    plans = {key: plan for key, plan in json.loads(written)["CodingPlans"].items() if key != "BreakdownMaps"}
    fits_few_people = {"QuarantineShareLimit": 0.05, "AutomatedAnalysis": None, "DataRoot": None}
    change_config(config, PipelineName=name, CodingPlans=plans, **fits_few_people, **keys)
    return config


def write_small_show(root: Path, name: str) -> Path:
    """The same with one question, two sources and no more tasks than every project has."""
    config = write_show(root, name, **dict.fromkeys(PUBLISHES))
    recovered = root / name / "recovered.csv"
    shutil.copy(root / name / "recovered/geedka_recovered_september.csv", recovered)
    written = json.loads(config.read_text(encoding="utf-8"))
    rapid_pro, *_ = written["RawDataSources"]
    del rapid_pro["SurveyFlowNames"], rapid_pro["ActivationFlowNames"][1:]
    sources = [rapid_pro, {"SourceType": "RecoveryCSV", "ActivationFlowURLs": [str(recovered)]}]
    keys = [each for each in written["SourceKeyRemappings"] if re.fullmatch(KEYS_OF_SMALL_SHOW, each["SourceKey"])]
    rules, questions = written["TimestampRemappings"], written["CodingPlans"]["ResearchQuestions"]
    change_config(
        config,
        RawDataSources=sources,
        SourceKeyRemappings=keys,
        TimestampRemappings=rules[:1],
        MoveWSMessages=False,
        CodingPlans={"ResearchQuestions": questions[:1]},
    )
    return config


@pytest.fixture(scope="module")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operated]:
    """An Airflow with projects that stay as they are: `full` has every task, `days` and `hand` only those of all."""
    root = tmp_path_factory.mktemp("operated")
    write_show(root, "full", ProcessingShards=2, KeepRuns=50, ApproveFirstPublication=True)
    for name in ("days", "hand"):
        write_small_show(root, name)
    for name in ("toy", "paused"):
        change_config(write_toy(root / "configs", name), PipelineName=name, Notices=NOTICES)
    workspace = write_demo_world(root / "workspace", message_count=MESSAGE_COUNT)
    mails, office = MailServer(), WebServer()
    with RapidProServer(workspace.database, GENERATION) as rapid_pro, DriveServer() as drive:
        drive.store.add_account(SERVICE_ACCOUNT, is_service_account=True)
        drive.store.add_drive(SHARED_DRIVE, {SERVICE_ACCOUNT: "writer"})
        settings = {
            STAND_IN_SETTING: rapid_pro.host,
            EMULATOR_SETTING: drive.host,
            "AIRFLOW_CONN_SMTP_DEFAULT": mails.connection(),
            "AIRFLOW_CONN_OFFICE": f"{office.url}/hook",
            "PIPELINE_NOTICES": '[{"Channel": "webhook", "Connection": "office"}]',
        }
        server = AirflowServer(root / "airflow", root / "configs", root / "data", settings=settings)
        with serving(mails), serving(office), server.started() as running:
            api = AirflowApi(running)
            api.wait_until_healthy()
            for dag_id in ("full", "days", "hand", "toy", "paused", "pipeline_watch"):
                api.wait_for(f"the DAG {dag_id}", lambda dag_id=dag_id: bool(api.tags(dag_id)))  # type: ignore[misc]
            api.unpause("toy")
            yield Operated(root, server, api, rapid_pro, mails, office)


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
    before = (
        "No message counts yet: the run sees the world as of a time before ProjectStartDate (2025-09-06T00:00+03:00)"
    )
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


def test_each_broken_config_is_told_and_keeps_no_other_project_from_running(operated: Operated) -> None:
    api, configs = operated.api, operated.root / "configs"
    for name in ("typo", "no_scheme", "twin"):
        config = write_toy(configs, name)
        change_config(config, PipelineName="toy" if name == "twin" else name)
    change_config(configs / "typo/pipeline.json", Shedule={})
    (configs / "no_scheme/code_schemes/show.json").unlink()
    for name, content in (("no_json", '{"PipelineName": '), ("empty", "")):
        (configs / name).mkdir()
        (configs / name / "pipeline.json").write_text(content)
    (configs / "no_config/code_schemes").mkdir(parents=True)
    broken = {
        "typo": "typo/pipeline.json: Shedule: is not a known key",
        "no_scheme": "Codings[0].CodeScheme: there is no code scheme",
        "twin": 'twin/pipeline.json: PipelineName: "toy" is already the name of toy/pipeline.json',
        "no_json": "no_json/pipeline.json: line 1, column 18: is not JSON",
        "empty": "empty/pipeline.json: is empty; write a JSON object",
    }
    try:
        api.wait_for("the broken configs to be told", lambda: "twin/" in api.import_error_of("config_health.py"))
        told = api.import_error_of("config_health.py")
        assert [sentence for sentence in broken.values() if sentence not in told] == []
        assert "no_config" not in told
        for name in broken:
            api.wait_for(f"the DAG {name}", lambda name=name: api.tags(name) == {"config-error"})  # type: ignore[misc]
        for name in ("full", "days", "hand", "toy", "paused"):
            assert "config-error" not in api.tags(name)
        assert operated.run("toy", "among_broken_ones") == "success"
        assert operated.run("empty", "red") == "failed"
        assert broken["empty"] in operated.logged("empty", "red", "config_error")
    finally:
        for name in (*broken, "no_config"):
            shutil.rmtree(configs / name)
    api.wait_for("the configs to be well", lambda: not api.import_error_of("config_health.py"))


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
