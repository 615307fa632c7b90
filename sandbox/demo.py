"""`make demo`: the DAGs of the demo's projects, run by an Airflow of their own from fetch to archive."""

import csv
import json
import os
import shlex
import shutil
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.parse import unquote, urlsplit

import polars as pl

from pipeline_lib.model.step_counts import total
from pipeline_lib.sources.facebook.client import STAND_IN_SETTING as FACEBOOK_SETTING
from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING as RAPID_PRO_SETTING
from pipeline_lib.stages.drive_clients import EMULATOR_SETTING
from pipeline_lib.storage import located, storage_at
from pipeline_lib.storage.manifest import RunManifest, TaskManifest, read_manifest
from sandbox.airflow_api import AirflowApi, TaskState
from sandbox.airflow_server import REPOSITORY, AirflowServer, SandboxError
from sandbox.background import HOST, RunningServer, running_server, start_module
from sandbox.demo_world import GENERATION, write_demo_world
from sandbox.emulator import free_address
from sandbox.world import AS_OF

DAG_ID = "demo"
FACEBOOK_DAG_ID = "demo_facebook"
"""The same show's project of what came in on Facebook."""
RUN_ID = "demo"
"""Each demo's run takes the place of the one before, and so do its outputs."""
_STAND_INS = ("rapid_pro", "drive", "facebook")
"""The servers beside Airflow: modules of the sandbox."""
_DRIVE_KEY = ".demo/world/drive_key.json"
_BUCKETS = ".demo/buckets"
"""The folder of those that stand in for the buckets of archives and logs."""
_START_SECONDS = 600
_NAME_WIDTH = 50
_SHOWN_STATES = frozenset({"running", "success", "failed", "skipped", "up_for_retry", "upstream_failed"})


def server_of(root: Path, settings: Mapping[str, str] | None = None) -> AirflowServer:
    """The demo's Airflow below a folder that has its projects in `configs`; the settings are for its processes."""
    folder = root / ".demo"
    return AirflowServer(folder / "airflow", root / "configs", folder / "data", settings=settings or {})


def stop_servers(root: Path) -> bool:
    """End what a demo has left up; whether there was anything."""
    stand_ins = [running_server(_pid_file(root, name), f"sandbox.{name}") for name in _STAND_INS]
    left_up = [server_of(root).running(), *stand_ins]
    for server in left_up:
        if server:
            server.stop()
    return any(left_up)


def demo(root: Path, *, port: int | None = None, keep: bool = False) -> str:
    """Make the world, start Airflow, run the DAGs, show what came out; stop Airflow unless it is to be kept.

    Returns:
        The URI of the folder of the first one's outputs.

    Raises:
        SandboxError: Something did not work; says what and where to look.
    """
    server = server_of(root)
    if running := server.running():
        raise SandboxError(f"Airflow is still up at {running.url}: stop it with make demo-stop, then try again")
    stop_servers(root)
    started = time.monotonic()
    stays_up = False
    try:
        _say("Starting Airflow, and stand-ins of RapidPro, Facebook and Google Drive with an invented audience …")
        write_demo_world(root / ".demo/world", replace_labels=True)
        # The labels are those of the beginning again: what is known of when they came tells of others.
        for project in (DAG_ID, FACEBOOK_DAG_ID):
            shutil.rmtree(root / f".demo/data/{project}/state/coda", ignore_errors=True)
        shutil.rmtree(root / _BUCKETS, ignore_errors=True)  # nothing is overwritten there: it would grow with each demo
        rapid_pro = _start(root, "rapid_pro", "--generation", GENERATION.name)
        drive = _start(root, "drive", "--key-file", str(root / _DRIVE_KEY))
        facebook = _start(root, "facebook")
        settings = {
            RAPID_PRO_SETTING: f"{HOST}:{rapid_pro.port}",
            EMULATOR_SETTING: f"{HOST}:{drive.port}",
            FACEBOOK_SETTING: f"{HOST}:{facebook.port}",
        }
        server = server_of(root, settings)
        api = _ready(root, server, server.start(port))
        stays_up = keep
        outputs = run_dag(api)
        _say("Outputs:")
        shown = _shown(path_of(outputs), root) if outputs.startswith("file:") else outputs
        for name, row_count in rows_by_file(outputs):
            _say(f"  {row_count:>7,} {'row ' if row_count == 1 else 'rows'}  {shown}/{name}")
        _say(f"The analysis, to open in a browser: {_report(api, root, DAG_ID)}")
        manifest = read_manifest(storage_at(outputs.removesuffix(f"/runs/{RUN_ID}/Outputs")), RUN_ID)
        _say(f"On the stand-in of Google Drive: {_on_drive(manifest)}")
        for line in _in_buckets(manifest, root):
            _say(f"In a folder that stands in for a bucket: {line}")
        _say(f"Running the DAG {FACEBOOK_DAG_ID}, of what listeners commented on the show's page:")
        run_dag(api, dag_id=FACEBOOK_DAG_ID)
        _say(f"The comments' analysis, to open in a browser: {_report(api, root, FACEBOOK_DAG_ID)}")
        _say(f"Done in {time.monotonic() - started:.0f} s.")
    except KeyboardInterrupt:
        stays_up = False
        raise
    finally:
        if stays_up:
            _say(f"The UI stays up: {api.url}/dags/{DAG_ID} (no password). To stop it: make demo-stop")
            _say("A project of your own is paused there until you switch it on: Airflow does so with every new DAG.")
            _say(f"For its commands: AIRFLOW_HOME={shlex.quote(str(server.home))} .venv/bin/airflow …")
        else:
            stop_servers(root)
    return outputs


def _start(root: Path, name: str, *arguments: str) -> RunningServer:
    """One of the servers that stand in for what the demo talks to.

    Raises:
        SandboxError: It does not answer.
    """
    log, port = root / f".demo/{name}.log", int(free_address().rpartition(":")[2])
    command = (f"sandbox.{name}", "--port", str(port), *arguments)
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    server = start_module(command, environment, port=port, pid_file=_pid_file(root, name), log=log)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.is_alive:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return server
        time.sleep(0.1)
    raise SandboxError(f"the server {name} does not answer; its log: {_shown(log, root)}")


def _pid_file(root: Path, name: str) -> Path:
    return root / f".demo/{name}.pid"


def _ready(root: Path, server: AirflowServer, running: RunningServer) -> AirflowApi:
    started_at = datetime.now(UTC)
    api = AirflowApi(running)
    try:
        api.wait_until_healthy()
    except SandboxError as error:
        raise SandboxError(f"{error}; its log: {_shown(server.log, root)}") from None
    try:
        for dag_id in (DAG_ID, FACEBOOK_DAG_ID):
            api.wait_until_parsed(dag_id, started_at)
    except SandboxError as error:
        raise SandboxError("\n".join([str(error), *api.import_errors()])) from None
    _say(f"Airflow is up at {running.url}; running the DAG {DAG_ID}, as of {AS_OF:%Y-%m-%d %H:%M} UTC:")
    return api


def run_dag(api: AirflowApi, run_id: str = RUN_ID, dag_id: str = DAG_ID) -> str:
    """Run one of the demo's DAGs as of a time when all has been received and labelled, telling each task's progress.

    Returns:
        The URI of the outputs' folder.

    Raises:
        SandboxError: A task failed; with the end of its log.
    """
    api.trigger(dag_id, run_id, {"as_of": AS_OF.isoformat(), "publish": True})
    for task in api.follow(dag_id, run_id):
        if task.state in _SHOWN_STATES:
            _say(_line_of(task))
    if api.state(dag_id, run_id) != "success":
        raise SandboxError("\n".join(_failures(api, run_id, dag_id)))
    outputs: str = api.returned(dag_id, run_id, "process")
    return outputs


def _line_of(task: TaskState) -> str:
    took = f"{task.duration_seconds:6.1f} s" if task.duration_seconds is not None and task.state != "running" else ""
    name = task.name if len(task.name) <= _NAME_WIDTH else f"{task.name[: _NAME_WIDTH - 1]}…"
    return f"  {task.state:<16}{name:<{_NAME_WIDTH}} {took}".rstrip()


def _failures(api: AirflowApi, run_id: str, dag_id: str) -> Iterator[str]:
    for task in api.tasks(dag_id, run_id):
        if task.state == "failed":
            yield f"{task.name} failed; the end of its log:"
            yield from (f"    {line}" for line in api.log_tail(dag_id, run_id, task))
    yield "Correct that and run make demo again; make demo KEEP=1 leaves the UI up to look around."


def rows_by_file(uri: str) -> Iterator[tuple[str, int]]:
    """Every file below a folder, by its name there, and how many rows, messages or lines it has."""
    storage, name = located(uri)
    with storage.local_folder(name) as folder:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            yield file.relative_to(folder).as_posix(), _row_count(file)


def _row_count(file: Path) -> int:
    if file.suffix == ".parquet":
        return int(pl.scan_parquet(file).select(pl.len()).collect().item())
    with file.open(encoding="utf-8", newline="") as opened:
        if file.suffix == ".csv":
            return max(sum(1 for _ in csv.reader(opened)) - 1, 0)
        if file.suffix == ".json":
            return len(json.load(opened))
        return sum(1 for _ in opened)


def path_of(uri: str) -> Path:
    """The local path of a `file://` URI."""
    return Path(unquote(urlsplit(uri).path))


def _report(api: AirflowApi, root: Path, dag_id: str) -> str:
    report = f"{api.returned(dag_id, RUN_ID, 'analyse')}/index.html"
    return _shown(path_of(report), root) if report.startswith("file:") else report


def _on_drive(manifest: RunManifest) -> str:
    """What has become of how many files, in words."""
    counts = Counter(file.action for file in _part(manifest, "upload").published)
    return ", ".join(f"{count} files {action}" for action, count in sorted(counts.items()))


def _in_buckets(manifest: RunManifest, root: Path) -> Iterator[str]:
    """Where the archives are of the run and of its logs, and how many files are in each."""
    file_counts = {"data": total(_part(manifest, "archive").counts, measure="files")}
    uploaded = _part(manifest, "upload_logs")
    file_counts["logs"] = total(uploaded.counts, measure="files_of_logs")
    for uri in sorted(uploaded.artifacts):
        count = file_counts[uri.rpartition("/")[2].partition("-")[0]]
        shown = _shown(path_of(uri), root) if uri.startswith("file:") else uri
        yield f"{shown} ({count} {'file' if count == 1 else 'files'})"


def _part(manifest: RunManifest, task: str) -> TaskManifest:
    (part,) = (part for part in manifest.tasks if part.task == task)
    return part


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _end_in_order(_signal_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def main(*arguments: str) -> int:
    """The shell's command: `demo`, or `demo stop`. KEEP and PORT come from the environment."""
    signal.signal(signal.SIGTERM, _end_in_order)
    root = REPOSITORY
    try:
        if arguments == ("stop",):
            _say("Stopped." if stop_servers(root) else "No demo is up.")
        else:
            demo(root, port=int(os.environ.get("PORT") or 0) or None, keep=os.environ.get("KEEP", "") not in {"", "0"})
    except SandboxError as error:
        sys.stderr.write(f"demo: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("demo: interrupted; everything it started is stopped\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
