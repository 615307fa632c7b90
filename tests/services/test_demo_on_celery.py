"""The demo as docker-compose.yaml deploys it, on two Celery workers; in a second run each stage is killed once."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING
from pipeline_lib.stages.drive_clients import EMULATOR_SETTING
from sandbox.airflow_api import AirflowApi
from sandbox.airflow_server import REPOSITORY
from sandbox.demo_world import GENERATION, write_demo_world
from sandbox.drive.server import DriveServer
from sandbox.drive.world import SERVICE_ACCOUNT, SHARED_DRIVE, write_key
from sandbox.rapid_pro.server import RapidProServer
from sandbox.world import AS_OF

pytestmark = pytest.mark.services

WORKERS = ("worker-1", "worker-2")
KILLS = {
    "fetch": (r"/state/raw/RapidPro/.*\.jsonl$", "task"),
    "process": (r"/runs/.*/messages\.csv$", "worker"),
    "analyse": (r"/runs/.*/maps/districts$", "task"),
    "coda_push": (r"/world/coda/.*gender\.json$", "task"),
}
"""By the stage: the path whose writing it does not survive, and what dies: the task's process or its whole worker."""
FOLDERS = ("Outputs", "Automated Analysis", "Raw Data", "Coded Coda Files")
MESSAGE_COUNT = 400


@dataclass
class Demo:
    """The demo's DAG on all services, and what its runs have left."""

    deployment: Any
    api: AirflowApi
    bytes_of: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """By the run: everything that it gave, and what the label store held after it."""

    def run(self, run_id: str) -> None:
        """Run it in a world where nothing has been fetched and no message pushed."""
        world, data = self.deployment.root / "world", self.deployment.data / "demo"
        shutil.rmtree(data, ignore_errors=True)
        write_demo_world(world, message_count=MESSAGE_COUNT, replace_labels=True)
        self.api.trigger("demo", run_id, {"as_of": AS_OF.isoformat(), "publish": True})
        self.api.wait_for(f"the run {run_id}", lambda: self._has_ended(run_id))
        folders = [*(data / "runs" / run_id / name for name in FOLDERS), world / "coda"]
        self.bytes_of[run_id] = {
            f"{folder.name}/{file.relative_to(folder)}": file.read_bytes()
            for folder in folders
            for file in folder.rglob("*")
            if file.is_file() and ".versions" not in file.parts  # where what a killed task began may lie
        }

    def failures_of(self, run_id: str) -> dict[str, list[str]]:
        """By the task that has not succeeded: the end of its log; the outcome is skipped unless one has failed."""
        wanted = {("outcome", "skipped")}
        tasks = [task for task in self.api.tasks("demo", run_id) if task.state != "success"]
        tasks = [task for task in tasks if (task.task_id, task.state) not in wanted]
        return {task.name: self.api.log_tail("demo", run_id, task) for task in tasks}

    def tries_of(self, run_id: str) -> dict[str, int]:
        """How often each task was tried; of a mapped one, the most."""
        tries: dict[str, int] = {}
        for task in self.api.tasks("demo", run_id):
            tries[task.task_id] = max(tries.get(task.task_id, 0), task.try_number)
        return tries

    def _has_ended(self, run_id: str) -> bool:
        """Whether the run has; a worker that has died is started again meanwhile, as a container's engine does."""
        for name in WORKERS:
            if not self.deployment.running[name].is_alive:
                start_worker(self.deployment, name)
        return self.api.state("demo", run_id) in {"success", "failed"}


def start_worker(deployment: Any, name: str) -> None:
    deployment.start("worker", name, "--celery-hostname", f"{name}@localhost")


@pytest.fixture(scope="module")
def _world(deployment: Any) -> Iterator[None]:
    """The demo project, and its RapidPro and its Google Drive, which are up."""
    world = deployment.root / "world"
    workspace = write_demo_world(world, message_count=MESSAGE_COUNT)
    project = deployment.configs / "demo"
    shutil.copytree(REPOSITORY / "configs/demo", project)
    written = (project / "pipeline.json").read_text(encoding="utf-8").replace("../../.demo", str(deployment.root))
    config = json.loads(written)
    del config["Schedule"], config["DataRoot"]  # runs are asked for; docker-compose.yaml says where data lie
    (project / "pipeline.json").write_text(json.dumps(config), encoding="utf-8")
    write_key(world / "drive_key.json")
    with RapidProServer(workspace.database, GENERATION) as server, DriveServer() as drive:
        drive.store.add_account(SERVICE_ACCOUNT, is_service_account=True)
        drive.store.add_drive(SHARED_DRIVE, {SERVICE_ACCOUNT: "writer"})
        deployment.settings |= {STAND_IN_SETTING: server.host, EMULATOR_SETTING: drive.host}
        yield


@pytest.fixture(scope="module")
def demo(deployment: Any, _world: None) -> Demo:
    """All services up, and two runs: one that nothing disturbs, then one in which each stage is killed."""
    kills = deployment.root / "kills"
    deployment.local_settings = Path(__file__).with_name("airflow_local_settings.py")
    deployment.settings |= {
        "TEST_KILLS": json.dumps(KILLS),
        "TEST_KILLS_FOLDER": str(kills),
        # A worker that is gone is noticed after five minutes otherwise.
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    }
    begun_at = datetime.now(UTC)
    initialised = deployment.run("init")
    assert initialised.returncode == 0, initialised.stderr[-4000:]
    for service in ("api-server", "scheduler", "dag-processor"):
        deployment.start(service)
    for name in WORKERS:
        start_worker(deployment, name)
    demo = Demo(deployment, deployment.api)
    demo.api.wait_until_healthy()
    demo.api.wait_until_parsed("demo", begun_at)
    for name in WORKERS:
        demo.api.wait_for(f"{name} to be well", partial(deployment.is_healthy, "worker", f"{name}@localhost"))
    demo.run("undisturbed")
    kills.mkdir()
    demo.run("disturbed")
    return demo


def test_every_stage_succeeds_under_celery_at_the_first_try(demo: Demo) -> None:
    assert demo.failures_of("undisturbed") == {}
    assert demo.tries_of("undisturbed") == {
        "coda_pull": 1,
        "fetch": 1,
        "process": 1,
        "analyse": 1,
        "coda_push": 1,
        "upload": 1,
        "archive": 1,
        "upload_logs": 1,
        "outcome": 0,
    }


def test_a_run_whose_workers_die_in_the_middle_of_stages_succeeds_at_their_next_tries(demo: Demo) -> None:
    assert sorted(file.name for file in (demo.deployment.root / "kills").iterdir()) == sorted(KILLS)
    assert demo.failures_of("disturbed") == {}
    tries = demo.tries_of("disturbed")
    assert {stage: tries[stage] >= 2 for stage in KILLS} == dict.fromkeys(KILLS, True)


def test_after_kills_in_every_stage_the_bytes_are_those_of_an_undisturbed_run(demo: Demo) -> None:
    expected, found = demo.bytes_of["undisturbed"], demo.bytes_of["disturbed"]
    assert expected.keys() >= {"Outputs/messages.csv", "Automated Analysis/index.html", "coda/gender.json"}
    assert sorted(found) == sorted(expected)
    assert [name for name in expected if found[name] != expected[name]] == []


def test_each_worker_has_had_tasks(demo: Demo) -> None:
    for name in WORKERS:
        assert "succeeded" in demo.deployment.log_of(name), name


def test_no_process_is_left_of_what_a_killed_task_had_started(demo: Demo) -> None:
    left = [
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if "pipeline_lib.worker_processes" in (process.info["cmdline"] or ())
        and (process.info["environ"] or {}).get("HOME", "").startswith(str(demo.deployment.root))
    ]
    assert left == []


def test_each_services_own_check_says_whether_it_is_well(demo: Demo) -> None:
    is_healthy = demo.deployment.is_healthy
    checked = {service: is_healthy(service) for service in ("api-server", "scheduler", "dag-processor")}
    checked |= {name: is_healthy("worker", f"{name}@localhost") for name in WORKERS}
    assert checked == dict.fromkeys(checked, True)
    assert not is_healthy("triggerer")  # which nobody has started
    assert not is_healthy("worker", "worker-3@localhost")
