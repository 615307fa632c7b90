"""Late tasks on a disk that fails once, wherever they write: a sentence, and the next try gives what it would have."""

import errno
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.delivery.drive_calls import RetryPolicy
from pipeline_lib.errors import PipelineError, Problem
from pipeline_lib.machine_errors import told_in_sentences
from pipeline_lib.orchestration.kept_config import begun_or_written
from pipeline_lib.stages import upload as upload_stage
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.archive import archive
from pipeline_lib.stages.coda_push import coda_push
from pipeline_lib.stages.prune import prune
from pipeline_lib.stages.run_context import ANALYSIS, Run, open_run
from pipeline_lib.stages.upload import upload
from pipeline_lib.stages.upload_logs import upload_logs
from sandbox.drive.server import DriveServer
from sandbox.drive.world import SERVICE_ACCOUNT, SHARED_DRIVE, service_account_key
from tests.toy import change_config, write_messages, write_toy

pytestmark = pytest.mark.slow

FAILURES = {
    errno.ENOSPC: "its disk is full; make room there, then run again",
    errno.ENOENT: "its folder, or its disk, was taken away while it was written; see that they are there",
    errno.EROFS: "its disk is mounted read-only; mount it",
    errno.EIO: "its disk could not be read or written; look at the machine's own log",
    errno.EACCES: "this user lacks the permission for it; give the permission",
}
BEFORE_ANYTHING = "there is no such file or folder; correct the name, or make it first"
"""Said where a folder is gone before there is anything in it."""
WRITES = ("os.mkdir", "os.rename", "os.link", "os.symlink", "os.remove", "os.rmdir", "os.utime")
NEW = re.compile(r"-[0-9a-f]{32}(?=\.new$)")
"""What tells the versions of a file apart, and is another each time."""
DIFFER = re.compile(r"/manifest|run_history|arrivals\.json$|drive/ids\.json$")
"""What holds times, durations, memory or ids that are given anew."""


@dataclass
class FailingDisk:
    """Everything below a folder, where one of the calls that write may fail."""

    below: str = ""
    seen: list[str] = field(default_factory=list)
    """Each call: what it does, and where about; those of many files alike count as one."""
    fails: str = ""
    error: int = 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Looks at what Python is about to ask of the system: a hook of `sys.addaudithook`."""
        writes = event in WRITES or (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        if not self.below or not writes or not isinstance(arguments[0], str | os.PathLike):
            return
        path = Path(arguments[0])
        if not path.is_relative_to(self.below):
            return
        parts = path.relative_to(self.below).parts
        named = [NEW.sub("", part) for part in parts[:3]]
        call = " ".join([event, *named, *(part for part in parts if part == ".versions")])
        self.seen.append(call)
        if call == self.fails:
            self.fails = ""
            raise OSError(self.error, os.strerror(self.error), str(path))

    @contextmanager
    def at(self, folder: Path, fails: str = "", error: int = 0) -> Iterator[None]:
        """Watches what is written below a folder, and lets the first such call fail."""
        self.below, self.seen, self.fails, self.error = str(folder), [], fails, error
        try:
            yield
        finally:
            self.below = ""


DISK = FailingDisk()
sys.addaudithook(DISK)  # which cannot be taken away again, and does nothing outside `at`


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Iterator[DriveServer]:
    """A Drive with a shared drive to which the service account contributes."""
    with DriveServer() as server:
        monkeypatch.setenv("DRIVE_EMULATOR_HOST", server.host)
        monkeypatch.setattr(upload_stage, "RETRY_POLICY", RetryPolicy(sleep=lambda _: None))
        server.store.add_account(SERVICE_ACCOUNT, is_service_account=True)
        server.store.add_drive(SHARED_DRIVE, {SERVICE_ACCOUNT: "writer"})
        yield server


@pytest.fixture
def finished(tmp_path: Path) -> tuple[Run, str]:
    """A small project's run with outputs, on a disk of its own with what it writes to."""
    disk = tmp_path / "disk"
    config = write_toy(tmp_path / "configs")
    write_messages(config, 20)
    (config.parent / "key.json").write_text(json.dumps(service_account_key()))
    shutil.move(config.parent / "coda", disk / "coda")
    change_config(
        config,
        DataRoot=str(disk / "data"),
        LabelStore={"StoreType": "Directory", "DirectoryURL": str(disk / "coda")},
        DriveUpload={"DriveCredentialsFileURL": "key.json", "MessagesUploadPath": f"{SHARED_DRIVE}/outputs/m.csv"},
        DataArchiveUploadBucket=str(disk / "bucket"),
        MemoryProfileUploadBucket=str(disk / "bucket"),
        KeepRuns=1,
    )
    run = open_run(load_project(config), "2026-01-16T230000Z", datetime(2026, 1, 16, 23, tzinfo=UTC), "tester")
    return run, run_to_outputs(run)


def archived(run: Run) -> str:
    return archive(run, begun_or_written(run.storage, run.key, run.project.path))


def with_older_runs(run: Run) -> None:
    """Two older runs, whose archives are in their bucket."""
    archived(run)
    upload_logs(run)
    runs = Path(run.storage.uri_of("runs").removeprefix("file://"))
    for key in ("2026-01-14T230000Z", "2026-01-15T230000Z"):
        shutil.copytree(runs / run.key, runs / key, symlinks=True)


def problem_of(act: Callable[[], object]) -> Problem | None:
    """What a person is told of a failure; None if there was none."""
    try:
        with told_in_sentences():
            act()
    except PipelineError as failure:
        (problem,) = failure.problems
        return problem
    return None


TASKS: dict[str, tuple[Callable[[Run], object], Callable[[Run, str], object]]] = {
    "coda_push": (lambda _: None, coda_push),
    "archive": (lambda _: None, lambda run, _: archived(run)),
    "upload": (lambda _: None, lambda run, outputs: upload(run, outputs, outputs.replace("Outputs", ANALYSIS))),
    "upload_logs": (archived, lambda run, _: upload_logs(run)),
    "prune": (with_older_runs, lambda run, _: prune(run)),
}
"""What is done before each task, and the task."""


@pytest.mark.parametrize("task", TASKS)
def test_a_late_task_says_what_failed_and_its_next_try_gives_what_it_always_gives(
    finished: tuple[Run, str], drive: DriveServer, tmp_path: Path, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_GIT_COMMIT", "0123456789ab")
    run, outputs = finished
    prepare, act = TASKS[task]
    prepare(run)
    disk, before = tmp_path / "disk", tmp_path / "before"
    shutil.copytree(disk, before, symlinks=True)
    nothing_uploaded = dict(drive.store.items)

    def content() -> dict[str, bytes]:
        files = {str(path.relative_to(disk)): path for path in disk.rglob("*") if path.is_file()}
        kept = {name: path for name, path in files.items() if ".versions" not in name and not DIFFER.search(name)}
        on_drive = {f"Drive {path}": drive.store.at(path).content or b"" for path in drive.store.paths()}
        return {name: path.read_bytes() for name, path in kept.items()} | on_drive

    with DISK.at(disk):
        act(run, outputs)
    whole, calls = content(), list(dict.fromkeys(DISK.seen))
    assert whole != {}
    said = set()
    for call, error in zip(calls, cycle(FAILURES), strict=False):
        shutil.rmtree(disk)
        shutil.copytree(before, disk, symlinks=True)
        drive.store.items = dict(nothing_uploaded)
        with DISK.at(disk, call, error):
            problem = problem_of(lambda: act(run, outputs))
        if problem is not None:
            what = str(problem._replace(place="")).removeprefix(": ")
            is_first = error == errno.ENOENT and call.startswith("os.mkdir") and ".new" not in call
            assert what.startswith(BEFORE_ANYTHING if is_first else FAILURES[error]), (call, problem)
            assert str(disk) in problem.place, (call, problem)
            said.add(error)
        act(run, outputs)
        assert content() == whole, (call, error)
    assert len(said) > 1
