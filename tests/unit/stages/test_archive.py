"""The archive of a run: what is in it, what is not, and that everything comes of it again."""

import json
import os
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config import check, whole_config
from pipeline_lib.delivery.restore import restore_archive
from pipeline_lib.errors import DataError, RetriableSourceError
from pipeline_lib.stages import archive as stage
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.analysis import analyse
from pipeline_lib.stages.archive import archive
from pipeline_lib.stages.run_context import Run
from pipeline_lib.stages.withdrawn import remember_withdrawn
from pipeline_lib.storage import Storage, storage_at
from pipeline_lib.storage.manifest import read_manifest

pytestmark = pytest.mark.slow

AS_OF = datetime(2025, 9, 16, 23, tzinfo=UTC)
NAME = "data-2025-09-16T230000Z-today-0123456789ab"


_OTHERS = (
    "state/coda/x/look.json",
    "state/drive/ids.json",
    "state/raw/RapidPro/contacts 1/manifest.json",
    "state/anything.json",
    "state/disclosure.key",
    "runs/today/logs/anything.json",
    "secrets/token.txt",
    "uuids.sqlite",
)


@pytest.fixture(autouse=True)
def commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPELINE_GIT_COMMIT", "0123456789abcdef0123456789abcdef01234567")


@pytest.fixture
def done(run_of: Callable[..., Run], run_to_outputs_once: Callable[[Run], str]) -> Run:
    """A run that has been processed."""
    run = run_of("today", AS_OF)
    run_to_outputs_once(run)
    return run


def archived(run: Run) -> Path:
    uri = archive(run, whole_config(check(run.project.path).reading))
    return Path(uri.removeprefix("file://"))


def payload(path: Path) -> set[str]:
    with tarfile.open(path) as tar:
        names = [name.split("/", 2) for name in tar.getnames()]
    return {name[2] for name in names if name[1] == "data"}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_restored_archive_gives_the_same_outputs_without_those_who_had_withdrawn(
    done: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    production = done.storage.read("runs/today/Outputs/production.csv")
    lines = done.storage.read("runs/today/Raw Data/geedka_s01e01_activation.jsonl").decode()
    remember_withdrawn(done.storage, set(re.findall(r"avf-\w+-uuid-[0-9a-f-]{32,36}", lines)))
    again = run_to_outputs(done)
    assert done.storage.read("runs/today/Outputs/production.csv") != production
    restored = tmp_path / "restored"
    restore_archive(archived(done), restored)
    monkeypatch.setenv("PIPELINE_DATA_ROOT", str(tmp_path / "of nobody"))
    run = restored / "runs" / "today"
    folders = ["--raw-data", run / "Raw Data", "--coded", run / "Coded Coda Files", "--outputs", tmp_path / "outputs"]
    instant = ["--as-of", "2025-09-16T23:00Z", "--user", "tester"]
    assert main(list(map(str, ["process", "--config", restored / "config", *folders, *instant]))) == 0
    assert contents(tmp_path / "outputs") == contents(Path(again.removeprefix("file://")))
    assert contents(tmp_path / "outputs") == contents(run / "Outputs")


@pytest.mark.usefixtures("no_drawings")
def test_an_archive_has_the_run_its_config_and_the_raw_store_and_nothing_else(done: Run, tmp_path: Path) -> None:
    analyse(done, done.storage.uri_of("runs/today/Outputs"))
    for name in _OTHERS:
        if not done.storage.exists(name):
            done.storage.create(name, b"{}")
    done.storage.create("state/forget/RapidPro 1.json", b"{}")
    remember_withdrawn(done.storage, ["avf-participant-uuid-1"])
    path = archived(done)
    assert path.name == f"{NAME}.tar.gz"
    names = payload(path)
    parts = {part.task: part for part in read_manifest(done.storage, "today").tasks}
    assert parts["archive"].inputs == parts["process"].artifacts
    assert list(parts["archive"].inputs) == [done.storage.uri_of("runs/today/Outputs")]
    assert {"/".join(name.split("/")[:3]) for name in names if name.startswith("runs/")} == {
        *(f"runs/today/{name}" for name in ("Raw Data", "Coded Coda Files", "Outputs", "Automated Analysis")),
        *(["runs/today/Quarantine"] if done.storage.exists("runs/today/Quarantine") else []),
        "runs/today/manifest.json",
    }
    state = {name for name in names if name.startswith("state/")}
    assert {name for name in state if not name.startswith("state/raw/")} == {
        *(name for name in done.storage.names("state/forget")),
        "state/withdrawn.jsonl",
    }
    kept = {name for name in done.storage.names("state/raw") if "contacts " not in name}
    assert {name for name in state if name.startswith("state/raw/")} == kept
    assert len(kept) < len(done.storage.names("state/raw"))
    assert {name.split("/")[0] for name in names} == {"config", "runs", "state"}
    config = {name for name in names if name.startswith("config/")}
    assert config == {"config/pipeline.json"} | {name for name in config if name.startswith("config/code_schemes/")}
    restore_archive(path, tmp_path / "restored")
    assert "DataRoot" not in json.loads((tmp_path / "restored/config/pipeline.json").read_text())


def test_an_archive_that_is_made_again_has_the_same_bytes(done: Run) -> None:
    path = archived(done)
    first = path.read_bytes()
    assert archived(done) == path
    assert path.read_bytes() == first


def test_zstd_is_a_setting_and_a_key_that_says_no_more_than_the_time_stands_once(
    run_of: Callable[..., Run], change: Callable[..., None]
) -> None:
    change(ArchiveCompression="zstd")
    run = run_of("2025-09-16T230000Z", AS_OF)
    run_to_outputs(run)
    assert archived(run).name == "data-2025-09-16T230000Z-0123456789ab.tar.zst"


@pytest.mark.parametrize("spoil", ["gone", "new"])
def test_a_run_that_is_written_to_meanwhile_is_not_archived(
    done: Run, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    packing = stage.write_run_archive

    def spoiled(*arguments: object) -> object:
        if spoil == "gone":
            shutil.rmtree(Path(done.storage.uri.removeprefix("file://"), "runs/today/Raw Data"))
        else:
            part = json.loads(done.storage.read("runs/today/logs/manifest/process.json")) | {"user": "another"}
            before = done.storage.read_versioned("runs/today/logs/manifest/process.json")
            done.storage.replace("runs/today/logs/manifest/process.json", json.dumps(part).encode(), expected=before)
        return packing(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(stage, "write_run_archive", spoiled)
    with pytest.raises(RetriableSourceError, match="was written to while it was archived; try again"):
        archived(done)
    assert done.storage.names("archives") == []


def test_an_archive_that_cannot_be_finished_leaves_the_one_of_before(
    done: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archived(done)
    first = path.read_bytes()

    def stopping(run: Run, members: object, to: Path, kind: str) -> None:
        to.write_bytes(b"a part")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stage, "write_run_archive", stopping)
    with pytest.raises(OSError, match="No space left"):
        archived(done)
    assert path.read_bytes() == first
    assert [entry.name for entry in path.parent.iterdir() if entry.name != ".versions"] == [path.name]
    assert list((path.parent / ".versions").iterdir()) == []


def test_a_run_that_is_not_there_is_an_error_that_names_those_that_are(done: Run, run_of: Callable[..., Run]) -> None:
    with pytest.raises(DataError, match=r"runs/tomorrow/Outputs: is not there.*name a run that has been processed"):
        archived(run_of("tomorrow", AS_OF))


@contextmanager
def _in_memory(run: Run) -> Iterator[Storage]:
    """The project's storage where nothing is a local file."""
    memory = storage_at(f"memory://{os.urandom(8).hex()}/demo")
    for name in run.storage.names(""):
        with run.storage.local_file(name) as path, memory.publish_file(name) as to:
            shutil.copyfile(path, to)
    yield memory


def test_a_storage_without_local_files_gives_the_same_archive(done: Run) -> None:
    on_disk = archived(done)
    whole = whole_config(check(done.project.path).reading)
    with _in_memory(done) as memory:
        uri = archive(Run(done.project, memory, "today", AS_OF, "tester"), whole)
        assert uri == memory.uri_of(f"archives/{NAME}.tar.gz")
        assert memory.read(f"archives/{NAME}.tar.gz") == on_disk.read_bytes()


def test_the_commands_pack_and_unpack(done: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = ["archive", "--config", str(done.project.path), "--run", "today"]
    assert main([*named, "--dry-run"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert (told[0], "  runs/today/manifest.json" in told) == (f"{NAME}.tar.gz", True)
    assert done.storage.names("archives") == []
    assert main([*named, "--to", str(tmp_path / "a.tar.gz")]) == 0
    assert main(named) == 0
    assert (tmp_path / "a.tar.gz").read_bytes() == done.storage.read(f"archives/{NAME}.tar.gz")
    assert {f"  {name}" for name in payload(tmp_path / "a.tar.gz")} == set(told[1:])
    assert main(["restore", str(tmp_path / "a.tar.gz"), str(tmp_path / "restored")]) == 0
    (tmp_path / "a.tar.gz").write_bytes((tmp_path / "a.tar.gz").read_bytes()[:-1_000])
    capsys.readouterr()
    assert main(["restore", str(tmp_path / "a.tar.gz"), str(tmp_path / "other")]) == 2
    assert "fetch the archive again" in capsys.readouterr().err
    assert main(["archive", "--config", str(done.project.path), "--run", "yesterday"]) == 2
    assert (
        "runs/yesterday: there is no such run, or none of its tasks has ended; there is today"
        in capsys.readouterr().err
    )
