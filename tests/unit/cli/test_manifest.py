from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.model.step_counts import Outcome, StepCount
from pipeline_lib.storage import storage_at
from pipeline_lib.storage.manifest import RunManifest, TaskManifest, record

PROCESS = TaskManifest(
    task="process",
    user="asli",
    started_at=datetime(2026, 11, 20, 22, 5, tzinfo=UTC),
    duration_seconds=75.25,
    peak_memory_bytes=300_000_000,
    outputs={"file:///d%20d/runs/r/Outputs/messages.csv": 1000, "file:///d%20d/runs/r/Outputs/ICR/e01.csv": 200},
    counts=(
        StepCount(step="select", measure="messages", count=600, dataset="e01"),
        StepCount(step="select", measure="messages", count=400, dataset="e02"),
        StepCount(step="filter_dates", measure="messages", count=7, outcome=Outcome.DROPPED, reason="outside_dates"),
    ),
)


def test_it_prints_what_each_task_counted_and_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(storage_at(tmp_path.as_uri()), "r", PROCESS)
    record(
        storage_at(tmp_path.as_uri()), "r", PROCESS.model_copy(update={"task": "upload", "counts": (), "outputs": {}})
    )
    assert main(["manifest", str(tmp_path / "runs/r")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "process  2026-11-20 22:05:00 UTC, 75.2 s, 300 MB, for asli",
        "    1,000  messages",
        "        7  messages dropped: outside dates",
        "wrote to /d d/runs/r/Outputs/",
        "    1,000  messages.csv",
        "      200  ICR/e01.csv",
        "",
        "upload  2026-11-20 22:05:00 UTC, 75.2 s, 300 MB, for asli",
    ]


def test_a_manifest_beside_a_folder_is_that_of_one_task(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Outputs.manifest.json").write_text(PROCESS.model_dump_json())
    assert main(["manifest", str(tmp_path / "Outputs.manifest.json")]) == 0
    assert capsys.readouterr().out.startswith("process  2026-11-20")


def test_a_run_s_manifest_is_read_wherever_it_was_copied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "manifest.json").write_text(RunManifest(tasks=(PROCESS,)).model_dump_json())
    assert main(["manifest", str(tmp_path / "manifest.json")]) == 0
    assert capsys.readouterr().out.startswith("process  2026-11-20")


@pytest.mark.parametrize(
    ("names", "folder", "shown"),
    [
        (["a/one.csv"], "a/", ["one.csv"]),
        (["a/two.csv", "a/twos.csv"], "a/", ["two.csv", "twos.csv"]),
        (["ab/one.csv", "ac/two.csv"], "", ["ab/one.csv", "ac/two.csv"]),
    ],
)
def test_files_are_told_below_the_folder_that_all_are_in(
    names: list[str], folder: str, shown: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = PROCESS.model_copy(update={"counts": (), "outputs": {f"gs://bucket/{name}": 1 for name in names}})
    (tmp_path / "a.manifest.json").write_text(part.model_dump_json())
    assert main(["manifest", str(tmp_path / "a.manifest.json")]) == 0
    _, wrote, *files = capsys.readouterr().out.splitlines()
    assert wrote == f"wrote to gs://bucket/{folder}"
    assert [line.split()[-1] for line in files] == shown


def test_what_is_not_there_is_said_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", str(tmp_path / "runs/r")]) == 2
    assert main(["manifest", str(tmp_path)]) == 2
    missing, no_run = capsys.readouterr().err.splitlines()
    assert "runs/r/manifest.json" in missing
    assert "is no run's folder" in no_run
