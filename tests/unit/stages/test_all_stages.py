"""All stages in one process: which are done, in which order, and what becomes of the others where one fails."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.cli import main
from pipeline_lib.errors import DataError, FatalSourceError, Problem, RetriableSourceError
from pipeline_lib.model.mode import Mode
from pipeline_lib.stages import all_stages, analysis
from pipeline_lib.stages.all_stages import run_all
from pipeline_lib.stages.run_context import Run
from pipeline_lib.storage import storage_at
from pipeline_lib.storage.manifest import TaskManifest, record
from sandbox.drive.server import DriveServer
from sandbox.drive.world import SERVICE_ACCOUNT, SHARED_DRIVE, write_key

AS_OF = datetime(2025, 9, 16, 23, tzinfo=UTC)
EVERY = ["coda_pull", "fetch", "fetch", "fetch", "process", "analyse", "coda_push", "upload"]
TIDY = ["archive", "upload_logs", "prune"]
FAILURES = {
    "process": DataError(Problem("Raw Data/a.jsonl", "is damaged")),
    "analyse": ValueError("a defect"),
    "coda_push": FatalSourceError(Problem("Coda", "refuses")),
    "upload": RetriableSourceError(Problem("Google Drive", "does not answer")),
    "archive": RetriableSourceError(Problem("archives", "its disk is full")),
    "upload_logs": RetriableSourceError(Problem("gs://water-archives", "does not answer")),
}

Called = Callable[..., list[str]]


@pytest.fixture
def asking(change: Callable[..., None], tmp_path: Path) -> Path:
    """The demo, which asks for every stage; the folder with its buckets."""
    upload = {"DriveCredentialsFileURL": "key.json", "MessagesUploadPath": f"{SHARED_DRIVE}/messages.csv"}
    change(
        DataArchiveUploadBucket=str(tmp_path / "buckets/data"),
        MemoryProfileUploadBucket=str(tmp_path / "buckets/logs"),
        DriveUpload=upload,
        KeepRuns=1,
    )
    return tmp_path / "buckets"


@pytest.fixture
def done() -> list[str]:
    """The stages that were begun."""
    return []


@pytest.fixture
def called(run_of: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, done: list[str]) -> Called:
    """Runs stages that do nothing but fail where they should; gives which were begun, and the outputs."""

    def stage(name: str, failing: tuple[str, ...]) -> Callable[..., Any]:
        def call(*_: object) -> object:
            done.append(name)
            if name in failing:
                raise FAILURES[name]
            return [] if name == "fetch" else f"file:///{name}"

        return call

    def run(*failing: str, publish: bool = True, mode: Mode = Mode.ALL) -> list[str]:
        for name in {*EVERY, *TIDY}:
            monkeypatch.setattr(all_stages, name, stage(name, failing))
        outputs = run_all(run_of(), publish=publish, mode=mode)
        return [*done, outputs]

    return run


@pytest.mark.usefixtures("asking")
def test_all_stages_are_done_in_the_order_of_the_plan(called: Called) -> None:
    assert called() == [*EVERY, *TIDY, "file:///process"]


@pytest.mark.usefixtures("asking")
def test_without_publishing_a_run_is_archived_and_old_ones_go_all_the_same(called: Called) -> None:
    assert called(publish=False) == [*EVERY[:-2], *TIDY, "file:///process"]


@pytest.mark.usefixtures("asking")
def test_without_all_outputs_there_is_no_analysis_to_upload(called: Called) -> None:
    assert called(mode=Mode.AUTO_CODE_ONLY) == [*EVERY[:5], "coda_push", *TIDY, "file:///process"]


def test_what_the_config_does_not_ask_for_is_not_done(called: Called, change: Callable[..., None]) -> None:
    change(DriveUpload=None)
    assert called() == [*EVERY[:-1], "file:///process"]


@pytest.mark.usefixtures("asking")
@pytest.mark.parametrize(
    ("failing", "kind", "told", "begun"),
    [
        (("process",), DataError, "Raw Data/a.jsonl: is damaged", [*EVERY[:5], "upload_logs", "prune"]),
        (("analyse",), ValueError, "a defect", [*EVERY[:-1], *TIDY]),
        (("coda_push",), FatalSourceError, "Coda: refuses", [*EVERY, *TIDY]),
        (
            ("coda_push", "upload", "archive", "upload_logs"),
            FatalSourceError,
            (
                "Coda: refuses\nGoogle Drive: does not answer\narchives: its disk is full\n"
                "gs://water-archives: does not answer"
            ),
            [*EVERY, *TIDY],
        ),
        (("analyse", "archive"), ValueError, "a defect", [*EVERY[:-1], *TIDY]),
        (
            ("process", "upload_logs"),
            DataError,
            "Raw Data/a.jsonl: is damaged\ngs://water-archives: does not answer",
            [*EVERY[:5], "upload_logs", "prune"],
        ),
    ],
)
def test_a_stage_that_fails_keeps_only_those_from_being_done_that_need_it(
    called: Called, done: list[str], failing: tuple[str, ...], kind: type[Exception], told: str, begun: list[str]
) -> None:
    with pytest.raises(kind) as caught:
        called(*failing)
    assert str(caught.value) == told
    assert done == begun


def there(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and ".versions" not in path.parts)


def _report_alone(run: Run, _: str) -> str:
    """An analysis that takes no time."""
    with run.storage.publish_folder(f"{run.folder}/Automated Analysis") as folder:
        (folder / "index.html").write_text("report")
    return run.storage.uri_of(f"{run.folder}/Automated Analysis")


@pytest.fixture
def drive(demo: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DriveServer]:
    """A Drive with a shared drive to which the demo's service account contributes."""
    write_key(demo.parent / "key.json")
    with DriveServer() as server:
        monkeypatch.setenv("DRIVE_EMULATOR_HOST", server.host)
        server.store.add_account(SERVICE_ACCOUNT, is_service_account=True)
        server.store.add_drive(SHARED_DRIVE, {SERVICE_ACCOUNT: "writer"})
        yield server


@pytest.fixture
def old(run_of: Callable[..., Run]) -> Run:
    """A run whose outputs are in an archive that was uploaded."""
    run = run_of("old")
    for hour, task in enumerate(("process", "archive", "upload_logs")):
        at = AS_OF + timedelta(hours=hour)
        record(run.storage, "old", TaskManifest(task=task, started_at=at, duration_seconds=1, peak_memory_bytes=1))
    return run


@pytest.mark.slow
def test_a_dry_run_says_what_would_leave_and_go_and_the_run_itself_does_it(
    asking: Path,
    demo: Path,
    drive: DriveServer,
    old: Run,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(analysis, "analyse", _report_alone)
    monkeypatch.setattr(all_stages, "analyse", _report_alone)
    labels = storage_at((demo.parents[2] / ".demo/world/coda").as_uri())
    before = {name: labels.read(name) for name in labels.names("")}
    command = ["run", "--config", str(demo), "--as-of", AS_OF.isoformat(), "--publish"]

    assert main([*command, "--dry-run"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].endswith("/Outputs")
    assert Path(told[1].removeprefix("The report: ")).read_text() == "report"
    assert [line for line in told if line.endswith("age: new messages")]
    assert f"created  {SHARED_DRIVE}/messages.csv" in told
    assert "  config/pipeline.json" in told
    assert told[-1] == "goes   old"
    assert {name: labels.read(name) for name in labels.names("")} == before
    assert drive.store.paths() == []
    assert (there(asking), old.storage.names("archives")) == ([], [])
    assert old.storage.exists("runs/old/manifest.json")

    assert main(command) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-2].endswith("/Outputs")
    assert Path(said[-1].removeprefix("The report: ")).read_text() == "report"
    assert {name: labels.read(name) for name in labels.names("")} != before
    assert drive.store.paths() == ["messages.csv"]
    assert [name[:5] for name in there(asking)] == ["data-", "logs-"]
    assert not old.storage.exists("runs/old/manifest.json")
