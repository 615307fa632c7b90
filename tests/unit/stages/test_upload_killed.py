"""Uploads killed at twenty random moments: the next one sends what is missing, and every file is there once, whole."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import pipeline_lib
from sandbox.drive.api import Answer, Call
from sandbox.drive.server import DriveServer, When
from sandbox.drive.world import SERVICE_ACCOUNT, SHARED_DRIVE, write_key

pytestmark = pytest.mark.slow

REPOSITORY = Path(pipeline_lib.__file__).parents[1]
BIG = bytes(range(256)) * 33_000
"""More than 8 MiB: it goes in two pieces."""
ANALYSIS = {
    "index.html": b"<h1>report</h1>",
    "themes.csv": b"theme\r\n",
    "big.csv": BIG,
    "graphs/season.png": b"png",
    "maps/regions/wells.png": b"map",
}
CSVS = {"production.csv": b"p", "messages.csv": b"m", "individuals.csv": b"i"}
WRITES = {"files.create", "files.update", "upload"}
CHANGES = {"big.csv": BIG + b"!", "graphs/season.png": b"PNG", "graphs/new.png": b"new", "index.html": b"<h1>new</h1>"}
PROGRAM = """
import io, os, sys
from contextlib import redirect_stdout
from functools import cache
from cryptography.hazmat.primitives import serialization
from pipeline_lib.cli import delivery, main

# What comes before the first request is done once, by a dry run, rather than in each child.
delivery.project_at = cache(delivery.project_at)
serialization.load_pem_private_key = cache(serialization.load_pem_private_key)
with redirect_stdout(io.StringIO()):
    assert main([*sys.argv[1:], "--dry-run"]) == 0
sys.stdin.reconfigure(line_buffering=True)
print("ready", flush=True)
for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), 1)
            os._exit(main(sys.argv[1:]))
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Uploads:
    """Runs `python -m pipeline_lib upload` again and again, in processes of their own."""

    def __init__(self, server: DriveServer, root: Path) -> None:
        self._server = server
        config = root / "configs/demo/pipeline.json"
        command = ["upload", "--config", str(config), "--outputs", str(root / "Outputs")]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "DRIVE_EMULATOR_HOST": server.host}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *command],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._said() == "ready"

    def run(self, kill_at: tuple[int, When] | None = None) -> int:
        """An upload's exit code; it is killed at a request, by its number from now on, if that comes."""
        started, pid, is_known = self._server.next_number(), 0, threading.Event()

        def watch(number: int, when: When) -> None:
            if (number - started, when) == kill_at and is_known.wait(60):
                os.kill(pid, signal.SIGKILL)

        self._server.watch = watch
        assert self.process.stdin is not None
        self.process.stdin.write("again\n")
        self.process.stdin.flush()
        pid = int(self._said())
        is_known.set()
        code = int(self._said())
        assert self._server.wait_until_alone()  # it goes on with what the killed one had sent
        return code

    def _said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


def write(root: Path, files: dict[str, bytes]) -> None:
    """Local files: those of the analysis by their path there."""
    for name, content in files.items():
        path = root / ("Outputs" if name in CSVS else "Automated Analysis") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class Place(NamedTuple):
    server: DriveServer
    uploads: Uploads
    root: Path

    def on_drive(self) -> dict[str, bytes]:
        """Every file on Drive by its path; there are no two of one path."""
        items = [item for item in self.server.store.items.values() if item.parent_id is not None]
        counts = Counter(self.server.store.path(item) for item in items)
        assert set(counts.values()) <= {1}
        return {self.server.store.path(item): item.content for item in items if item.content is not None}

    def begin(self) -> None:
        """An empty Drive, and a project that has never uploaded."""
        for item in [item for item in self.server.store.items.values() if item.parent_id is not None]:
            del self.server.store.items[item.item_id]
        for state in self.root.rglob("ids.json"):
            state.unlink()
        write(self.root, CSVS | ANALYSIS)
        (self.root / "Automated Analysis/graphs/new.png").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = tmp_path_factory.mktemp("killed")
    folder, demo = root / "configs/demo", REPOSITORY / "configs/demo"
    folder.mkdir(parents=True)
    for name in ("coding_plans.json", "code_schemes"):
        (folder / name).symlink_to(demo / name)
    start = f"{SHARED_DRIVE}/outputs"
    upload = {
        "DriveCredentialsFileURL": "key.json",
        **{
            f"{name.capitalize()}UploadPath": f"{start}/{name}.csv"
            for name in ("production", "messages", "individuals")
        },
        "AutomatedAnalysisDir": f"{start}/analysis",
    }
    written = json.loads((demo / "pipeline.json").read_text()) | {"DriveUpload": upload, "DataRoot": str(root / "data")}
    (folder / "pipeline.json").write_text(json.dumps(written))
    write_key(folder / "key.json")
    with DriveServer() as server:
        server.store.add_account(SERVICE_ACCOUNT, is_service_account=True)
        server.store.add_drive(SHARED_DRIVE, {SERVICE_ACCOUNT: "writer"})
        write(root, CSVS | ANALYSIS)
        uploads = Uploads(server, root)
        yield Place(server, uploads, root)
        assert uploads.process.stdin is not None
        assert uploads.process.stdout is not None
        uploads.process.stdin.close()
        uploads.process.wait(60)
        uploads.process.stdout.close()


def moments(place: Place, seed: int, count: int) -> list[tuple[int, When]]:
    """Random ones, of an upload that is made now and nothing stops."""
    before = len(place.server.requests)
    assert place.uploads.run() == 0
    whens: tuple[When, ...] = ("arriving", "before", "after")
    all_of_them = [(n + 1, when) for n in range(len(place.server.requests) - before) for when in whens]
    return random.Random(seed).sample(all_of_them, count)  # noqa: S311 - no secret


def wanted(changes: dict[str, bytes]) -> dict[str, bytes]:
    analysis = {f"outputs/analysis/{name}": content for name, content in (ANALYSIS | changes).items()}
    return {f"outputs/{name}": content for name, content in CSVS.items()} | analysis


def check_goes_on(place: Place, expected: dict[str, bytes], missing: Callable[[], set[str]]) -> None:
    """That another upload brings what is missing, and another one nothing."""
    half = place.on_drive()
    assert all(content in {expected[path], wanted({}).get(path)} for path, content in half.items())
    to_send = missing()
    place.server.requests.clear()
    assert place.uploads.run() == 0
    assert place.on_drive() == expected
    counts = place.server.request_counts()
    sent = [r for r in place.server.requests if r.method in {"files.create", "files.update"} and r.status == 200]
    assert len(sent) == len(to_send)
    place.server.requests.clear()
    assert place.uploads.run() == 0
    assert place.server.request_counts().keys() == {"token", "files.list", "files.get", "drives.list"}
    assert counts["files.delete"] == 0
    assert place.server.store.deleted_ids == []


def test_a_first_upload_that_is_killed_anywhere_goes_on(place: Place) -> None:
    place.begin()
    for moment in moments(place, seed=20261129, count=12):
        place.begin()
        assert place.uploads.run(kill_at=moment) == -signal.SIGKILL, moment
        folders = {"outputs", "outputs/analysis", "outputs/analysis/graphs", "outputs/analysis/maps"}
        folders |= {"outputs/analysis/maps/regions"}
        check_goes_on(place, wanted({}), lambda: (folders | set(wanted({}))) - set(place.server.store.paths()))  # noqa: B023


def test_an_upload_of_changes_that_is_killed_anywhere_goes_on(place: Place) -> None:
    def uploaded_before() -> None:
        place.begin()
        assert place.uploads.run() == 0
        write(place.root, CHANGES)

    def missing() -> set[str]:
        return {path for path, content in wanted(CHANGES).items() if place.on_drive().get(path) != content}

    uploaded_before()
    for moment in moments(place, seed=20261130, count=8):
        uploaded_before()
        ids = {path: place.server.store.at(path).item_id for path in place.on_drive()}
        assert place.uploads.run(kill_at=moment) == -signal.SIGKILL, moment
        check_goes_on(place, wanted(CHANGES), missing)
        assert all(place.server.store.at(path).item_id == item_id for path, item_id in ids.items())


def test_what_arrives_only_after_the_next_upload_has_looked_is_there_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = place.server.api.answer
    held: list[Call] = []
    left = 0

    def answer_late(call: Call, *, cut: bool = False) -> Answer:
        """The request that comes when none is left waits on its way, until somebody writes again."""
        nonlocal left
        left -= 1
        if left == 0:
            held.append(call)
            return Answer(503)  # nobody hears it: whoever asked was killed
        if held and left < 0 and call.method in WRITES:
            answer(held.pop())
        return answer(call, cut=cut)

    monkeypatch.setattr(place.server.api, "answer", answer_late)
    place.begin()
    place.server.requests.clear()
    assert place.uploads.run() == 0
    writes = [n for n, request in enumerate(place.server.requests, 1) if request.method in WRITES]
    assert len(writes) == len(CSVS) + len(ANALYSIS) + 5 + 2  # the folders, and both pieces of the big one
    for number in writes[::2]:
        place.begin()
        left = number
        assert place.uploads.run(kill_at=(number, "before")) == -signal.SIGKILL, number
        assert len(held) == 1
        assert place.uploads.run() == 0, number
        assert held == []
        assert place.on_drive() == wanted({}), number
