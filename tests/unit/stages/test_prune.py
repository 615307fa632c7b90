"""Which runs go, and which stay whatever is asked."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.errors import ConfigError
from pipeline_lib.stages.newest_run import note_processed
from pipeline_lib.stages.prune import judge, prune
from pipeline_lib.stages.run_context import Run
from pipeline_lib.storage.manifest import TaskManifest, record

NOW = datetime(2026, 1, 31, tzinfo=UTC)
Make = Callable[..., Run]


@pytest.fixture
def make(run_of: Callable[..., Run]) -> Make:
    """Makes a run whose tasks began so many days ago, one an hour."""

    def of(key: str, days: float, *tasks: str, reads: str | None = None) -> Run:
        run = run_of(key)
        began = NOW - timedelta(days=days)
        for hour, task in enumerate(tasks or ("process",)):
            inputs = {run.storage.uri_of(f"runs/{reads}/Raw Data/a.jsonl"): "1"} if reads else {}
            at = began + timedelta(hours=hour)
            part = TaskManifest(task=task, started_at=at, duration_seconds=1, peak_memory_bytes=1, inputs=inputs)
            record(run.storage, key, part)
        with run.storage.publish_folder(f"runs/{key}/Outputs") as folder:
            (folder / "messages.csv").write_text(key)
        return run

    return of


def verdicts(run: Run, **options: object) -> dict[str, str]:
    return {verdict.key: verdict.kept for verdict in judge(run.project, run.storage, NOW, **options)}  # type: ignore[arg-type]


def runs(run: Run) -> set[str]:
    return {name.split("/")[1] for name in run.storage.names("runs")}


def test_so_many_runs_stay_as_are_asked_for(make: Make, change: Callable[..., None]) -> None:
    change(KeepRuns=2)
    for days in (5, 4, 3, 2):
        make(f"day {days}", days)
    assert verdicts(make("day 1", 1)) == {
        "day 1": "it is the newest with outputs, or newer",
        "day 2": "it is among the newest 2",
        "day 3": "",
        "day 4": "",
        "day 5": "",
    }


def test_runs_stay_for_so_many_days_and_what_either_setting_keeps_stays(
    make: Make, change: Callable[..., None]
) -> None:
    change(KeepRunsDays=3)
    for days in (9, 8, 2):
        make(f"day {days}", days)
    last = {"day 1": "it is the newest with outputs, or newer", "day 2": "it is younger than 3 days"}
    assert verdicts(make("day 1", 1)) == {**last, "day 8": "", "day 9": ""}
    change(KeepRuns=3)
    last["day 2"] = "it is among the newest 3"
    assert verdicts(make("day 1", 1)) == {**last, "day 8": "it is among the newest 3", "day 9": ""}


def test_a_run_that_something_still_needs_stays(make: Make, change: Callable[..., None]) -> None:
    change(KeepRuns=1)
    note_processed(make("2026-01-02T000000Z", 9))
    make("read__2026-01-03T00:00:00+00:00", 8)
    make("waits", 7)
    make("old", 6)
    make("newest with outputs", 5, reads="read__2026-01-03T00:00:00+00:00")
    (waits,) = [make("failed since", 4, "coda_pull")]
    waits.storage.create("archives/data-2026-01-24T000000Z-waits-0123456789ab.tar.gz", b"")
    waits.storage.create("runs/of nobody/config.json", b"{}")
    assert verdicts(waits, staying={"old"}) == {
        "failed since": "it is the newest with outputs, or newer",
        "newest with outputs": "it is the newest with outputs, or newer",
        "old": "it is under way",
        "waits": "its archive waits for its upload",
        "read__2026-01-03T00:00:00+00:00": "newest with outputs was made from it",
        "2026-01-02T000000Z": "it is the newest that publishes",
        "of nobody": "its manifest cannot be read, so nothing says how old it is",
    }


def test_runs_that_a_dag_has_under_way_at_the_same_time_stay(make: Make, change: Callable[..., None]) -> None:
    change(KeepRuns=1)
    runs_of_dag = [
        make("given up", 4),
        make("gathers", 0.9, "coda_pull", "fetch-0"),
        make("publishes", 0.8),
        make("ended", 0.7, "process", "prune"),
        make("cleared since", 0.6, "prune", "process"),
    ]
    for run in runs_of_dag:
        run.storage.create(f"runs/{run.key}/config.json", b"{}")
    make("of a shell", 0.5)
    assert verdicts(make("new", 0.1), staying={"new"}) == {
        "new": "it is under way",
        "of a shell": "",
        "cleared since": "it may be under way",
        "ended": "",
        "publishes": "it may be under way",
        "gathers": "it may be under way",
        "given up": "",
    }
    change(TaskTimeoutHours=168.0)
    assert verdicts(make("newest", 0.1))["given up"] == "it may be under way"


def test_no_run_goes_while_none_has_outputs(make: Make, change: Callable[..., None]) -> None:
    change(KeepRuns=1)
    for days in (3, 2):
        make(f"day {days}", days, "coda_pull", "fetch-0")
    assert all(verdicts(make("day 1", 1, "coda_pull")).values())


@pytest.mark.parametrize(
    ("tasks", "goes"),
    [
        (("process", "archive", "upload_logs"), True),
        (("process", "archive"), False),
        (("process",), False),
        (("archive", "upload_logs", "process"), False),
        (("archive", "process", "upload_logs"), False),
        (("coda_pull", "upload_logs"), True),
    ],
)
def test_outputs_stay_until_an_archive_of_them_is_uploaded(
    make: Make, change: Callable[..., None], tasks: tuple[str, ...], goes: bool
) -> None:
    change(KeepRuns=1, DataArchiveUploadBucket="gs://archives")
    make("old", 9, *tasks)
    kept = verdicts(make("new", 1))["old"]
    assert kept == ("" if goes else "no uploaded archive holds its outputs")


@pytest.mark.parametrize(
    ("days", "packed", "uploaded", "goes"),
    [
        pytest.param((3, 2, 1), "1", "a", True, id="in order"),
        pytest.param((1, 2, 3), "1", "a", True, id="with a clock that went back twice"),
        pytest.param((3, 2, 1), "0", "a", False, id="of other outputs"),
        pytest.param((9, 2, 1), "0", "a", False, id="of outputs that were made anew when the clock had gone back"),
        pytest.param((3, 2, 1), "1", "b", False, id="another archive"),
        pytest.param((3, 2, 1), "1", None, False, id="not uploaded"),
    ],
)
def test_what_was_archived_and_uploaded_is_told_by_content_whatever_the_clock_says(
    make: Make, change: Callable[..., None], days: tuple[float, ...], packed: str, uploaded: str | None, goes: bool
) -> None:
    change(KeepRuns=1, DataArchiveUploadBucket="gs://archives")
    run, outputs = make("old", 9), "file:///runs/old/Outputs"
    told: dict[str, dict[str, dict[str, str]]] = {
        "process": {"artifacts": {outputs: "1"}},
        "archive": {"inputs": {outputs: packed}, "artifacts": {"file:///archives/data.tar.gz": "a"}},
    }
    for task, at in zip((*told, "upload_logs"), days, strict=True):
        began = {"started_at": NOW - timedelta(days=at), "duration_seconds": 1, "peak_memory_bytes": 1}
        if task in told:
            record(run.storage, "old", TaskManifest.model_validate({"task": task, **began, **told[task]}))
        elif uploaded is not None:
            # By a later run: what could not be uploaded waits for the next.
            artifacts = {"gs://archives/data.tar.gz": uploaded}
            part = {"task": task, "artifacts": artifacts, **began}
            record(run.storage, "later", TaskManifest.model_validate(part))
    kept = verdicts(make("new", 0))["old"]
    assert kept == ("" if goes else "no uploaded archive holds its outputs")


def test_a_clock_that_went_back_makes_no_run_look_old(make: Make, change: Callable[..., None]) -> None:
    change(KeepRunsDays=3)
    for days in (-400, -398):
        make(f"day {days}", days)
    assert verdicts(make("day 0", 0)) == {
        "day -400": "it is the newest with outputs, or newer",
        "day -398": "it is younger than 3 days",
        "day 0": "it is younger than 3 days",
    }


def test_a_clock_that_jumps_takes_no_more_than_the_number_lets_it(make: Make, change: Callable[..., None]) -> None:
    change(KeepRuns=2, KeepRunsDays=3)
    make("a", 3_000)
    make("b", 2_900)
    assert list(verdicts(make("c", 2_800)).values()) == [
        "it is the newest with outputs, or newer",
        "it is among the newest 2",
        "",
    ]


def test_what_goes_goes_whole_and_the_state_stays(
    make: Make, change: Callable[..., None], demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(KeepRuns=1)
    make("old", 9)
    make("older", 10)
    newest = make("new", 1)
    newest.storage.create("state/raw/x/y/manifest.json", b"{}")
    command = ["prune", "--config", str(demo)]
    assert main([*command, "--dry-run"]) == 0
    told = ["stays  new: it is the newest with outputs, or newer", "goes   old", "goes   older"]
    assert capsys.readouterr().out.splitlines() == told
    assert runs(newest) == {"new", "old", "older"}
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines() == told
    assert runs(newest) == {"new"}
    assert newest.storage.read("runs/new/Outputs/messages.csv") == b"new"
    assert newest.storage.exists("state/raw/x/y/manifest.json")
    root = Path(newest.storage.uri.removeprefix("file://")) / "runs"
    assert sorted(path.name for path in root.iterdir() if path.name != ".versions") == ["new"]
    assert list((root / ".versions").iterdir()) == []


def test_a_task_takes_others_away_and_not_its_own_run(make: Make, change: Callable[..., None]) -> None:
    change(KeepRuns=1)
    own = make("backfilled", 20)
    make("old", 9)
    make("new", 1)
    assert prune(own) == ["old"]
    assert runs(own) == {"backfilled", "new"}


def test_nothing_goes_unless_it_is_asked_for(make: Make) -> None:
    with pytest.raises(ConfigError, match="does not say which runs to keep, so all are kept; add KeepRuns or"):
        verdicts(make("old", 9))
