"""A day of the demo on its way to Drive and to the buckets, killed at twenty random moments, and done again."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

import pipeline_lib
from pipeline_lib.config import load_project
from pipeline_lib.delivery.restore import restore_archive
from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.analysis import analyse
from pipeline_lib.stages.run_context import open_run
from pipeline_lib.storage import Storage, storage_at
from sandbox.demo_world import served_demo_world
from sandbox.drive.model import Item
from sandbox.drive.server import DriveServer
from sandbox.drive.world import SERVICE_ACCOUNT, SHARED_DRIVE, write_key
from sandbox.fake_gcs import create_bucket
from sandbox.world import AS_OF
from tests.cloud_storage_line import Line, When, running_line
from tests.small_drawings import stand_in_for_graphs

REPOSITORY = Path(pipeline_lib.__file__).parents[1]
RUNS = {"yesterday": AS_OF - timedelta(days=1), "today": AS_OF}
STAGES = ("upload", "archive", "upload_logs")
WHENS: tuple[When, ...] = ("arriving", "before", "after")
DATA, LOGS = "2025/GEEDKA-HOOSTIISA/data-{}-0123456789ab.tar.gz", "2025/GEEDKA-HOOSTIISA/logs-{}-0123456789ab.tar.gz"
TODAYS = "2025-09-16T230000Z-today"
PROGRAM = """
import os, sys
from functools import cache
from pathlib import Path
from cryptography.hazmat.primitives import serialization
from pipeline_lib.config import check, load_project, whole_config
from pipeline_lib.stages.archive import archive
from pipeline_lib.stages.drive_clients import drive_client
from pipeline_lib.stages.run_context import open_run
from pipeline_lib.stages.upload import upload
from pipeline_lib.stages.upload_logs import upload_logs
from pipeline_lib.storage import gcs

gcs._CHUNK_BYTES, gcs._ONE_REQUEST_BYTES = 256 * 1024, 512 * 1024  # so that the demo's archive goes in pieces

# What comes before the first request is done once, rather than in each child.
config = Path(sys.argv[1])
project, whole = load_project(config), whole_config(check(config).reading)
serialization.load_pem_private_key = cache(serialization.load_pem_private_key)
drive_client(project.config.drive_upload, project.folder, "")

def work(key, stage):
    run = open_run(project, key, None, "tester")
    folder = run.storage.uri_of(run.folder)
    if stage == "upload":
        upload(run, f"{folder}/Outputs", f"{folder}/Automated%20Analysis")
    elif stage == "archive":
        archive(run, whole)
    else:
        upload_logs(run)

print("ready", flush=True)
while asked := sys.stdin.readline().split():
    child = os.fork()
    if child == 0:
        work(*asked)
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Moment(NamedTuple):
    """When a process is killed."""

    place: str
    """Where it has sent a request to: `drive` or `bucket`."""
    number: int
    """Which of its requests to that place, from 1, stages before included."""
    when: When


@dataclass
class Stages:
    """Runs the stages that leave the pipeline, each in a process of its own as Airflow does."""

    process: "subprocess.Popen[str]"
    drive: DriveServer
    line: Line
    numbers: Counter[str] = field(default_factory=Counter)
    """Of the last request to each place."""
    kill_at: Moment | None = None
    pid: int = 0
    is_known: threading.Event = field(default_factory=threading.Event)
    started: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.begin()
        self.drive.watch = self._watching("drive")
        self.line.watch = self._watching("bucket")

    def begin(self, kill_at: Moment | None = None) -> None:
        """Count requests from here, and kill at one of them."""
        self.numbers.clear()
        self.started = {"drive": self.drive.next_number(), "bucket": self.line.next_number()}
        self.kill_at = kill_at

    def run(self, key: str, stage: str) -> int:
        """A stage's exit code."""
        self.is_known.clear()
        assert self.process.stdin is not None
        self.process.stdin.write(f"{key} {stage}\n")
        self.process.stdin.flush()
        self.pid = int(self.said())
        self.is_known.set()
        return int(self.said())

    def run_all(self, key: str, stages: Sequence[str] = STAGES) -> list[int]:
        """Every stage's exit codes; one that is killed is tried again, as Airflow does."""
        codes = []
        for stage in stages:
            codes.append(self.run(key, stage))
            if codes[-1] == -signal.SIGKILL:
                self.kill_at = None
                codes.append(self.run(key, stage))
        return codes

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def _watching(self, place: str) -> Callable[[int, When], None]:
        def watch(number: int, when: When) -> None:
            number -= self.started[place]
            self.numbers[place] = max(self.numbers[place], number)
            if (place, number, when) == self.kill_at and self.is_known.wait(600):
                with suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)

        return watch


class Left(NamedTuple):
    """What the uploads of a day leave outside; of what is no longer the same at each try, that it is there."""

    drive: dict[str, bytes]
    archives: dict[str, dict[str, bytes]]
    """By name in the buckets: the files in it but for the run's manifest, which tells when the upload was and how."""


class Kept(NamedTuple):
    """What there was at some time: in the project's folder, on Drive, and which names in the buckets."""

    project: Path
    items: dict[str, Item]
    names: dict[str, list[str]]


@dataclass
class Demo:
    root: Path
    drive: DriveServer
    line: Line
    stages: Stages
    buckets: dict[str, Storage]
    known_archives: dict[bytes, dict[str, bytes]] = field(default_factory=dict)
    """What archives hold that have been looked at, by their digest: those of yesterday are there after each day."""

    @property
    def project(self) -> Path:
        return self.root / ".demo/data/demo"

    def keep(self, name: str) -> Kept:
        """What there is now, to begin with it."""
        project = shutil.copytree(self.project, self.root / name, symlinks=True)
        names = {kind: bucket.names("") for kind, bucket in self.buckets.items()}
        return Kept(project, deepcopy(self.drive.store.items), names)

    def begin(self, kept: Kept) -> None:
        """There is again what there was, and nothing else."""
        shutil.rmtree(self.project)
        shutil.copytree(kept.project, self.project, symlinks=True)
        self.drive.store.items = deepcopy(kept.items)
        for kind, bucket in self.buckets.items():
            for name in set(bucket.names("")) - set(kept.names[kind]):
                bucket.remove(name)
        self.drive.requests.clear()
        self.line.seen.clear()
        self.line.sessions.clear()
        self.stages.begin()

    def left(self) -> Left:
        """What is outside now; no path is twice on Drive, and every archive proves itself."""
        items = [item for item in self.drive.store.items.values() if item.parent_id is not None]
        paths = [self.drive.store.path(item) for item in items]
        assert len(paths) == len(set(paths))
        drive = {path: item.content for path, item in zip(paths, items, strict=True) if item.content is not None}
        archives = {}
        for kind, bucket in self.buckets.items():
            for name in bucket.names(""):
                with bucket.local_file(name) as file:
                    archives[f"{kind}/{name}"] = self._unpacked(file)
        return Left(drive, archives)

    def _unpacked(self, archive: Path) -> dict[str, bytes]:
        digest = hashlib.sha256(archive.read_bytes()).digest()
        if digest not in self.known_archives:
            unpacked = self.root / "unpacked"
            restore_archive(archive, unpacked)
            self.known_archives[digest] = {
                path.relative_to(unpacked).as_posix(): path.read_bytes()
                for path in unpacked.rglob("*")
                if path.is_file() and path.name != "manifest.json"
            }
            shutil.rmtree(unpacked)
        return self.known_archives[digest]

    def ids(self) -> dict[str, str]:
        """Of everything on Drive, by path."""
        items = [item for item in self.drive.store.items.values() if item.parent_id is not None]
        return {self.drive.store.path(item): item.item_id for item in items}

    def sent_to_drive(self) -> Counter[str]:
        """The requests that have changed something there, by kind."""
        done = [each.method for each in self.drive.requests if each.status == 200]
        return Counter(method for method in done if method in {"files.create", "files.update", "upload"})

    def sent_to_buckets(self) -> Counter[str]:
        """The requests that have sent something there, by kind."""
        kinds = {"multipart": "in one request", "resumable": "begun"}
        return Counter(
            "piece" if each.method == "PUT" else kinds[each.query["uploadType"]]
            for each in self.line.seen
            if each.path.startswith("/upload/") and not each.headers.get("Content-Range", "").startswith("bytes */")
        )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, gcs_url: str) -> Iterator[Demo]:
    """The demo's runs of two days, without drawings, which are files as all others; the first has been uploaded."""
    root = tmp_path_factory.mktemp("checkout")
    world = root / ".demo/world"
    config = root / "configs/demo/pipeline.json"
    shutil.copytree(REPOSITORY / "configs/demo", config.parent)
    kinds = {"archives": "data", "logs": "logs"}
    with running_line(gcs_url) as line, DriveServer() as drive, pytest.MonkeyPatch.context() as settings:
        buckets = {name: f"gs://killed-{name}-{root.name.strip('_')}-{os.getpid()}" for name in kinds}
        for bucket in buckets.values():
            create_bucket(gcs_url, bucket.removeprefix("gs://"))
        written = json.loads(config.read_text(encoding="utf-8"))
        written |= {"DataArchiveUploadBucket": buckets["archives"], "MemoryProfileUploadBucket": buckets["logs"]}
        written["AutomatedAnalysis"]["GenerateRegionThemeDistributionMaps"] = False
        written["CodingPlans"]["BreakdownMaps"] = []
        config.write_text(json.dumps(written), encoding="utf-8")
        write_key(world / "drive_key.json")
        drive.store.add_account(SERVICE_ACCOUNT, is_service_account=True)
        drive.store.add_drive(SHARED_DRIVE, {SERVICE_ACCOUNT: "writer"})
        settings.setenv("PIPELINE_GIT_COMMIT", "0123456789abcdef0123456789abcdef01234567")
        settings.setenv("STORAGE_EMULATOR_HOST", gcs_url)  # of the test's own looks, which are not counted
        settings.setenv("DRIVE_EMULATOR_HOST", drive.host)
        stand_in_for_graphs(settings)
        with served_demo_world(world, message_count=300) as rapid_pro:
            settings.setenv(STAND_IN_SETTING, rapid_pro.host)
            for key, as_of in RUNS.items():
                run = open_run(load_project(config), key, as_of, "tester")
                analyse(run, run_to_outputs(run))
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(config)],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "STORAGE_EMULATOR_HOST": line.url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            stages = Stages(process, drive, line)
            assert stages.said() == "ready"
            demo = Demo(root, drive, line, stages, {name: storage_at(uri) for name, uri in buckets.items()})
            assert stages.run_all("yesterday") == [0, 0, 0]
            yield demo


@pytest.fixture(scope="module")
def uploaded_yesterday(demo: Demo) -> Kept:
    """Yesterday's run was uploaded, today's is made, and nothing of it is outside."""
    return demo.keep("yesterday")


@dataclass(frozen=True)
class Undisturbed:
    before: dict[str, Kept]
    """What there is before the stages that send requests to a place, by the place."""
    left: Left
    requests: dict[str, int]
    """How many, by place."""
    begins: int
    """Which request to the buckets begins the upload in pieces."""
    pieces: int


@pytest.fixture(scope="module")
def undisturbed(demo: Demo, uploaded_yesterday: Kept) -> Undisturbed:
    """What a day leaves that nothing disturbs, and how many requests that takes."""
    demo.begin(uploaded_yesterday)
    assert demo.stages.run_all("today", STAGES[:2]) == [0, 0]
    assert demo.line.seen == []
    before = {"drive": uploaded_yesterday, "bucket": demo.keep("archived")}
    assert demo.stages.run_all("today", STAGES[2:]) == [0]
    begun = [each.method == "POST" and "uploadType=resumable" in each.path for each in demo.line.seen]
    pieces = demo.sent_to_buckets()["piece"]
    assert pieces > 5
    return Undisturbed(before, demo.left(), dict(demo.stages.numbers), begun.index(True) + 1, pieces)


def test_a_second_day_sends_what_has_changed_and_the_same_day_again_nothing(
    demo: Demo, uploaded_yesterday: Kept
) -> None:
    demo.begin(uploaded_yesterday)
    before = demo.left()
    ids = demo.ids()
    assert demo.stages.run_all("today") == [0, 0, 0]
    after = demo.left()
    changed = {path for path, content in after.drive.items() if before.drive.get(path) != content}
    assert 0 < len(changed) < len(after.drive)
    assert demo.sent_to_drive() == {"files.update": len(changed)}
    assert demo.ids() == ids
    assert set(after.archives) - set(before.archives) == {
        f"archives/{DATA.format(TODAYS)}",
        f"logs/{LOGS.format(TODAYS)}",
    }
    size = len(demo.buckets["archives"].read(DATA.format(TODAYS)))
    assert demo.sent_to_buckets() == {"begun": 1, "piece": -(-size // 2**18), "in one request": 1}

    demo.drive.requests.clear()
    demo.line.seen.clear()
    assert [demo.stages.run("today", stage) for stage in ("upload_logs", "upload")] == [0, 0]
    assert demo.sent_to_drive() == {}
    assert demo.sent_to_buckets() == {}
    assert demo.left() == after


@pytest.mark.parametrize(
    ("place", "stages", "count", "seed"), [("drive", STAGES, 8, 20261129), ("bucket", STAGES[2:], 12, 20261130)]
)
def test_a_day_that_is_killed_anywhere_leaves_what_an_undisturbed_one_leaves(
    demo: Demo, undisturbed: Undisturbed, place: str, stages: Sequence[str], count: int, seed: int
) -> None:
    every = [Moment(place, n + 1, when) for n in range(undisturbed.requests[place]) for when in WHENS]
    for moment in random.Random(seed).sample(every, count):  # noqa: S311 - no secret
        demo.begin(undisturbed.before[place])
        ids = demo.ids()
        demo.stages.begin(moment)
        codes = demo.stages.run_all("today", stages)
        assert sorted(codes) == [-signal.SIGKILL, *(0 for _ in stages)], moment
        assert demo.left() == undisturbed.left, moment
        assert demo.ids() == ids, moment
        sent = demo.sent_to_buckets()
        assert sent["begun"] == 1 or moment[:2] == ("bucket", undisturbed.begins), moment
        assert sent["piece"] <= undisturbed.pieces + 1, moment  # the one that was on its way
        assert list(demo.project.glob("archives/*.tar.gz")) == [], moment
        assert list(demo.project.glob("state/uploads/*.json")) == [], moment
