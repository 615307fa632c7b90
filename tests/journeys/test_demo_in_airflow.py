"""The demo's projects through a real scheduler: started once, a minute or more, for all tests here."""

import io
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.cli import main
from sandbox.airflow_api import AirflowApi
from sandbox.airflow_server import REPOSITORY, SandboxError
from sandbox.demo import demo, path_of, run_dag, server_of, stop_servers
from sandbox.demo_world import write_demo_world
from sandbox.world import AS_OF

pytestmark = pytest.mark.airflow

CSVS = {"individuals.csv", "messages.csv", "production.csv"}


@dataclass(frozen=True)
class Demo:
    root: Path
    api: AirflowApi
    printed: str
    outputs: dict[str, bytes]

    def run_by_hand(self, run_id: str) -> dict[str, bytes]:
        """The bytes of the outputs of a run like the demo's, in a world whose labels are as they were."""
        write_demo_world(self.root / ".demo/world", replace_labels=True)
        return bytes_below(path_of(run_dag(self.api, run_id)))

    def manifest(self, run_id: str) -> dict[str, Any]:
        """What the run's tasks say of themselves."""
        read: dict[str, Any] = json.loads((self.root / f".demo/data/demo/runs/{run_id}/manifest.json").read_bytes())
        return read


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def demo_airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """What `make demo KEEP=1` leaves, in a folder of its own."""
    root = tmp_path_factory.mktemp("checkout")
    for project in ("demo", "demo_facebook"):
        shutil.copytree(REPOSITORY / "configs" / project, root / "configs" / project)
    server = server_of(root)
    try:
        with redirect_stdout(io.StringIO()) as printed:
            outputs = demo(root, keep=True)
        running = server.running()
        assert running is not None
        api = AirflowApi(running)
        api.wait_until_healthy()
        yield Demo(root, api, printed.getvalue(), bytes_below(path_of(outputs)))
    finally:
        stop_servers(root)
    assert server.running() is None
    assert not stop_servers(root)


def test_the_demo_shows_each_task_and_each_output_with_its_rows(demo_airflow: Demo) -> None:
    lines = [line.split() for line in demo_airflow.printed.splitlines()]
    assert {tuple(line[:2]) for line in lines} >= {
        ("success", "coda_pull"),
        ("success", "fetch"),
        ("success", "process"),
        ("success", "coda_push"),
        ("success", "upload"),
        ("success", "archive"),
        ("success", "upload_logs"),
    }
    listed = {line[2]: int(line[0].replace(",", "")) for line in lines if line[1:2] == ["rows"] and len(line) == 3}
    outputs = ".demo/data/demo/runs/demo/Outputs"
    messages = demo_airflow.outputs["messages.csv"].decode()
    assert listed[f"{outputs}/messages.csv"] > 500
    assert messages.count("\n") - 1 >= listed[f"{outputs}/messages.csv"]
    assert {f"{outputs}/{name}" for name in CSVS} <= listed.keys()
    assert "The UI stays up: http://127.0.0.1:" in demo_airflow.printed
    assert re.search(r"On the stand-in of Google Drive: \d+ files created\n", demo_airflow.printed)
    assert [path.partition("/GEEDKA-HOOSTIISA/")[2][:5] for path in in_buckets(demo_airflow)] == ["data-", "logs-"]
    _, report = demo_airflow.printed.split("The analysis, to open in a browser: ")
    assert (demo_airflow.root / report.splitlines()[0]).read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_demo_runs_the_project_of_facebooks_comments_and_its_report_shows_their_engagement(
    demo_airflow: Demo,
) -> None:
    _, shown = demo_airflow.printed.split("The comments' analysis, to open in a browser: ")
    report = shown.splitlines()[0]
    assert report == ".demo/data/demo_facebook/runs/demo/Automated Analysis/index.html"
    assert ">Engagement on Facebook</h2>" in (demo_airflow.root / report).read_text(encoding="utf-8")


def in_buckets(demo_airflow: Demo) -> list[str]:
    """The paths of what the demo says it has put in place of buckets."""
    said = r"In a folder that stands in for a bucket: (.*) \(\d+ files?\)\n"
    return [str(found) for found in re.findall(said, demo_airflow.printed)]


def test_the_pages_tell_of_the_demos_projects_and_of_its_run(demo_airflow: Demo) -> None:
    board = demo_airflow.api.page("/pipeline/")
    assert 'href="/pipeline/demo"' in board
    assert 'href="/pipeline/demo_facebook"' in board
    report = demo_airflow.api.page("/pipeline/demo/runs/demo")
    assert '<span class="state success">success</span>' in report
    assert "/files/Automated%20Analysis/index.html" in report
    rows = demo_airflow.api.page("/pipeline/demo/runs/demo/table/Outputs/messages.csv?page=2")
    assert '<th scope="row">51</th>' in rows


def test_the_demos_archive_gives_the_same_outputs_again(demo_airflow: Demo, tmp_path: Path) -> None:
    archive, logs = (demo_airflow.root / path for path in in_buckets(demo_airflow))
    restored = tmp_path / "restored"
    assert main(["restore", str(archive), str(restored)]) == 0
    run, outputs = restored / "runs/demo", tmp_path / "outputs"
    folders = ["--raw-data", str(run / "Raw Data"), "--coded", str(run / "Coded Coda Files"), "--outputs", str(outputs)]
    instant = ["--as-of", AS_OF.isoformat(), "--user", demo_airflow.manifest("demo")["tasks"][0]["user"]]
    assert main(["process", "--config", str(restored / "config"), *folders, *instant]) == 0
    assert bytes_below(outputs) == demo_airflow.outputs
    assert main(["restore", str(logs), str(tmp_path / "logs")]) == 0
    assert bytes_below(tmp_path / "logs").keys() >= {"runs/demo/manifest.json"}


def test_a_second_run_gives_the_same_bytes(demo_airflow: Demo) -> None:
    again = demo_airflow.run_by_hand("again")
    assert again.keys() >= CSVS
    assert again == demo_airflow.outputs
    uploads = [task for task in demo_airflow.manifest("again")["tasks"] if task["task"] == "upload"]
    assert {file["action"] for file in uploads[0]["published"]} == {"equal"}


def test_the_manifest_counts_what_the_files_hold(demo_airflow: Demo) -> None:
    manifest = demo_airflow.manifest("demo")
    tasks = [task["task"] for task in manifest["tasks"]]
    of_sources, leaving = {"fetch-0", "fetch-1", "fetch-2"}, {"coda_push", "upload", "archive", "upload_logs"}
    assert set(tasks) == {"coda_pull", "process", "analyse"} | of_sources | leaving
    started = [datetime.fromisoformat(task["started_at"]) for task in manifest["tasks"]]
    assert all(instant.tzinfo for instant in started)


def test_a_task_that_no_retry_would_help_fails_at_once_and_the_demo_shows_where_to_look(demo_airflow: Demo) -> None:
    world = demo_airflow.root / ".demo/world"
    truncated = world / "bucket/geedka_pilot_demog.jsonl"
    lines = truncated.read_bytes().splitlines(keepends=True)
    truncated.write_bytes(b"".join([*lines[:6], lines[6][:40]]))
    try:
        with pytest.raises(SandboxError) as failure:
            run_dag(demo_airflow.api, "truncated")
    finally:
        write_demo_world(world, replace_labels=True)
    assert re.search(r"fetch \[2 GCloudBucket: .*\] failed; the end of its log:", str(failure.value))
    assert re.search(r"DataError: .*geedka_pilot_demog\.jsonl.*7", str(failure.value))
    states = {task.name: (task.state, task.try_number) for task in demo_airflow.api.tasks("demo", "truncated")}
    assert ("failed", 1) in states.values()
    assert states["process"] == ("upstream_failed", 0)


def test_a_mistyped_parameter_stops_a_run_before_it_does_anything(demo_airflow: Demo) -> None:
    demo_airflow.api.trigger("demo", "mistyped", {"as-of": AS_OF.isoformat()})
    assert demo_airflow.api.wait_until_ended("demo", "mistyped", seconds=600) == "failed"
    failed = next(task for task in demo_airflow.api.tasks("demo", "mistyped") if task.task_id == "coda_pull")
    log = "\n".join(demo_airflow.api.log_tail("demo", "mistyped", failed))
    assert 'parameter as-of: is not known; did you mean "as_of"?' in log
    assert not (demo_airflow.root / ".demo/data/demo/runs/mistyped").exists()
