"""The demo as docker-compose.yaml deploys it, on two Celery workers; in a second run every task is killed once."""

import json
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest

from pipeline_lib.delivery.restore import restore_archive
from pipeline_lib.orchestration.calls import CALLS
from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING
from pipeline_lib.stages.drive_clients import EMULATOR_SETTING
from pipeline_lib.storage import storage_at
from pipeline_lib.storage.manifest import TaskManifest, record
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
    "coda_pull": (r"write .*/runs/.*/gender\.json", "task"),
    "fetch": (r"write .*/state/raw/RapidPro/.*\.jsonl", "task"),
    "process_shard": (r"write .*/runs/.*/Shards/.*", "task"),
    "process": (r"write .*/runs/.*/messages\.csv", "worker"),
    "analyse": (r"make .*/graphs", "task"),
    "coda_push": (r"write .*/world/coda/.*gender\.json", "task"),
    "approve": (r"read .*/logs/manifest/process\.json", "task"),
    "archive": (r"write .*/archives/.*/data-.*", "task"),
    "upload_logs": (r"write .*/buckets/logs/.*", "task"),
    "prune": (r"rename .*/runs/long_ago_1", "task"),
}
"""By the task: the step that it does not survive, and what dies: the task's process or its whole worker."""
KILLED_AT_UPLOAD = 3
"""`upload` dies when Drive has done this request for a file, and has not answered."""
KILLED = {*KILLS, "upload"}
LONG_AGO = ("long_ago_1", "long_ago_2")
FOLDERS = ("Outputs", "Automated Analysis", "Raw Data", "Coded Coda Files")
MESSAGE_COUNT = 100


@dataclass
class Demo:
    """The demo's DAG on all services, and what its runs have left."""

    deployment: Any
    api: AirflowApi
    drive: DriveServer
    made: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """By the run: everything that it gave, and what the label store, Drive and the buckets held after it."""
    runs_left: dict[str, list[str]] = field(default_factory=dict)
    """By the run: the folders of runs after it."""

    def run(self, run_id: str) -> None:
        """Run it in a world where nothing has been fetched and nothing published."""
        root, data = self.deployment.root, self.deployment.data / "demo"
        for folder in (data, root / "buckets"):
            shutil.rmtree(folder, ignore_errors=True)
        write_demo_world(root / "world", message_count=MESSAGE_COUNT, replace_labels=True)
        for key in LONG_AGO:
            began = datetime(2025, 1, 1, tzinfo=UTC)
            part = TaskManifest(task="coda_pull", started_at=began, duration_seconds=1, peak_memory_bytes=1)
            record(storage_at(data.as_uri()), key, part)
        empty = deepcopy(self.drive.store.items)
        self.api.trigger("demo", run_id, {"as_of": AS_OF.isoformat(), "publish": "yes"})
        self.api.wait_for("the question", lambda: self._has_ended(run_id) or self._is_asked(run_id))
        if not self._has_ended(run_id):
            self.api.answer("demo", run_id, "approve", "Approve")
        self.api.wait_for(f"the run {run_id}", lambda: self._has_ended(run_id))
        self.made[run_id] = {
            **below(root / "world/coda"),
            **{name: content for each in FOLDERS for name, content in below(data / "runs" / run_id / each).items()},
            **self._on_drive(),
            **dict(self._in_buckets(run_id)),
        }
        self.runs_left[run_id] = sorted(path.name for path in (data / "runs").iterdir() if path.name != ".versions")
        self.drive.store.items = empty

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
                self.deployment.running[name].stop()  # returns when the last of its processes is gone
                self._let_heartbeats_run_out()
                start_worker(self.deployment, name)
        return self.api.state("demo", run_id) in {"success", "failed"}

    def _is_asked(self, run_id: str) -> bool:
        """Whether an answer would be taken: Airflow 3.3.2 takes one for a lost task until the scheduler has heard."""
        for task in self.api.tasks("demo", run_id):
            if (task.task_id, task.state) == ("approve", "awaiting_input"):
                heard = rf"TaskInstance Finished: .*task_id=approve, run_id={run_id},.* try_number={task.try_number},"
                return re.search(heard, self.deployment.log_of("scheduler")) is not None
        return False

    def _let_heartbeats_run_out(self) -> None:
        """Has the five minutes pass after which the scheduler takes a task for lost whose worker is gone."""
        address = (self.deployment.root / "run/secrets/database_url").read_text(encoding="utf-8")
        with closing(psycopg2.connect(f"postgresql://{address.partition('://')[2]}")) as connection, connection:
            cursor = connection.cursor()
            cursor.execute("SELECT id, pid FROM task_instance WHERE state = 'running'")
            lost = [row_id for row_id, pid in cursor.fetchall() if pid is not None and not is_at_work(pid)]
            back = "UPDATE task_instance SET last_heartbeat_at = last_heartbeat_at - interval '1 hour' WHERE id = %s"
            for row_id in lost:
                cursor.execute(back, (row_id,))

    def _on_drive(self) -> dict[str, bytes]:
        """The files on Drive, of which no path is twice."""
        items = [item for item in self.drive.store.items.values() if item.parent_id is not None]
        paths = [self.drive.store.path(item) for item in items]
        assert len(paths) == len(set(paths))
        found = zip(paths, items, strict=True)
        return {f"Drive/{path}": item.content for path, item in found if item.content is not None}

    def _in_buckets(self, run_id: str) -> Iterator[tuple[str, bytes]]:
        """The files in each archive, without those that tell how the run began and what was tried, and raw stores."""
        unpacked = self.deployment.root / "unpacked"
        for archive in sorted((self.deployment.root / "buckets").rglob("*.tar.*")):
            restore_archive(archive, unpacked)
            kind = archive.name.partition("-")[0]
            yield f"bucket/{archive.name.replace(run_id, 'RUN')}", b""
            for name, content in below(unpacked).items():
                own = re.fullmatch(rf"unpacked/runs/{run_id}/(manifest|config)\.json|unpacked/state/raw/.*", name)
                if own is None:
                    yield f"{kind}/{name.removeprefix('unpacked/').replace(run_id, 'RUN')}", content
            shutil.rmtree(unpacked)


def is_at_work(pid: int) -> bool:
    """Whether there is such a process; one that only waits to be forgotten is none."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def below(folder: Path) -> dict[str, bytes]:
    """The files below a folder, without those in which what a killed task began may lie."""
    return {
        f"{folder.name}/{file.relative_to(folder)}": file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and ".versions" not in file.parts
    }


def killing_whoever_uploads(drive: DriveServer, kills: Path) -> Callable[[int, str], None]:
    """Watches Drive, and kills the process whose request for a file is done once it has done some of them."""
    port = int(drive.host.rpartition(":")[2])

    def watch(_number: int, when: str) -> None:
        done = sum(request.method in {"files.create", "upload"} for request in drive.requests)
        if when != "after" or done < KILLED_AT_UPLOAD or not kills.exists() or (kills / "upload").exists():
            return
        (kills / "upload").touch()
        for connection in psutil.net_connections("tcp"):
            if connection.raddr and connection.raddr.port == port and connection.pid not in {None, os.getpid()}:
                with suppress(ProcessLookupError):
                    os.kill(connection.pid, signal.SIGKILL)

    return watch


def start_worker(deployment: Any, name: str) -> None:
    deployment.start("worker", name, "--celery-hostname", f"{name}@localhost")


@pytest.fixture(scope="module")
def drive(deployment: Any) -> Iterator[DriveServer]:
    """The demo project with every task there is, and its RapidPro and its Google Drive, which are up."""
    world = deployment.root / "world"
    workspace = write_demo_world(world, message_count=MESSAGE_COUNT)
    project = deployment.configs / "demo"
    shutil.copytree(REPOSITORY / "configs/demo", project)
    written = (project / "pipeline.json").read_text(encoding="utf-8").replace("../../.demo", str(deployment.root))
    config = json.loads(written)
    del config["Schedule"], config["DataRoot"]  # runs are asked for; docker-compose.yaml says where data lie
    config |= {"ProcessingShards": 2, "ApproveFirstPublication": True, "KeepRuns": 1, "QuarantineShareLimit": 0.05}
    # Maps take long, and are files as all others.
    config["AutomatedAnalysis"]["GenerateRegionThemeDistributionMaps"] = False
    config["CodingPlans"]["BreakdownMaps"] = []
    (project / "pipeline.json").write_text(json.dumps(config), encoding="utf-8")
    write_key(world / "drive_key.json")
    with RapidProServer(workspace.database, GENERATION) as server, DriveServer() as drive:
        drive.store.add_account(SERVICE_ACCOUNT, is_service_account=True)
        drive.store.add_drive(SHARED_DRIVE, {SERVICE_ACCOUNT: "writer"})
        deployment.settings |= {STAND_IN_SETTING: server.host, EMULATOR_SETTING: drive.host}
        yield drive


@pytest.fixture(scope="module")
def demo(deployment: Any, drive: DriveServer) -> Demo:
    """All services up, and two runs: one that nothing disturbs, then one in which every task is killed."""
    kills = deployment.root / "kills"
    deployment.local_settings = Path(__file__).with_name("airflow_local_settings.py")
    deployment.settings |= {"TEST_KILLS": json.dumps(KILLS), "TEST_KILLS_FOLDER": str(kills)}
    begun_at = datetime.now(UTC)
    initialised = deployment.run("init")
    assert initialised.returncode == 0, initialised.stderr[-4000:]
    for service in ("api-server", "scheduler", "dag-processor"):
        deployment.start(service)
    for name in WORKERS:
        start_worker(deployment, name)
    demo = Demo(deployment, deployment.api, drive)
    demo.api.wait_until_healthy()
    demo.api.wait_until_parsed("demo", begun_at)
    for name in WORKERS:
        demo.api.wait_for(f"{name} to be well", partial(deployment.is_healthy, "worker", f"{name}@localhost"))
    demo.run("undisturbed")
    kills.mkdir()
    drive.requests.clear()
    drive.watch = killing_whoever_uploads(drive, kills)
    demo.run("disturbed")
    return demo


def test_every_task_succeeds_under_celery_at_the_first_try(demo: Demo) -> None:
    assert demo.failures_of("undisturbed") == {}
    assert demo.tries_of("undisturbed") == dict.fromkeys(CALLS, 1) | {"outcome": 0}


def test_a_run_of_which_every_task_dies_in_the_middle_succeeds_at_the_next_tries(demo: Demo) -> None:
    assert {*CALLS} - {"outcome"} == KILLED
    assert {file.name for file in (demo.deployment.root / "kills").iterdir()} == KILLED
    assert demo.failures_of("disturbed") == {}
    tries = demo.tries_of("disturbed")
    assert {task: tries[task] >= 2 for task in KILLED} == dict.fromkeys(KILLED, True)


def test_after_a_kill_in_every_task_all_bytes_are_those_of_an_undisturbed_run(demo: Demo) -> None:
    expected, found = demo.made["undisturbed"], demo.made["disturbed"]
    assert expected.keys() >= {
        "Outputs/messages.csv",
        "Automated Analysis/index.html",
        "coda/gender.json",
        "Drive/messages.csv",
        "data/runs/RUN/Outputs/messages.csv",
    }
    assert sorted(found) == sorted(expected)
    assert [name for name in expected if found[name] != expected[name]] == []
    assert demo.runs_left == {run_id: [run_id] for run_id in ("undisturbed", "disturbed")}


def test_each_worker_has_had_tasks(demo: Demo) -> None:
    for name in WORKERS:
        assert "succeeded" in demo.deployment.log_of(name), name


def test_each_services_own_check_says_whether_it_is_well(demo: Demo) -> None:
    is_healthy = demo.deployment.is_healthy
    checked = {service: is_healthy(service) for service in ("api-server", "scheduler", "dag-processor")}
    checked |= {name: is_healthy("worker", f"{name}@localhost") for name in WORKERS}
    assert checked == dict.fromkeys(checked, True)
    assert not is_healthy("triggerer")  # which nobody has started
    assert not is_healthy("worker", "worker-3@localhost")
