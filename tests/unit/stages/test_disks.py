"""Disks that are full or read-only, for every command that writes: a sentence, and what was published before stays."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.run_context import Run

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_drawings")]  # which are written where the tables are


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mounts something at a new folder; skips where this user may not, but not in CI."""
    with ExitStack() as mounted:

        def at(name: str, *arguments: str | Path) -> Path:
            folder = tmp_path / name
            folder.mkdir()
            command = ["mount", *map(str, arguments), str(folder)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0 and os.environ.get("CI") != "true":
                pytest.skip(f"this user may not mount here: {done.stderr.strip()}")
            assert done.returncode == 0, done.stderr
            mounted.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=True)
            return folder

        yield at


@contextmanager
def full(disk: Path, free_kib: int) -> Iterator[None]:
    """A disk with so much room left."""
    filler = disk / "filler"
    free = shutil.disk_usage(disk).free - free_kib * 1024
    with filler.open("wb") as opened:
        os.posix_fallocate(opened.fileno(), 0, max(free, 1))
    try:
        yield
    finally:
        filler.unlink()


@pytest.fixture
def fetched(run_of: Callable[..., Run], demo: Path, run_to_outputs_once: Callable[[Run], str]) -> Path:
    """The folder of a run."""
    run_to_outputs_once(run_of("today", datetime(2025, 9, 16, 23, tzinfo=UTC)))
    project = demo.parents[2] / ".demo" / "data" / "demo"
    assert main(["archive", "--config", str(demo), "--run", "today", "--to", str(project / "today.tar.gz")]) == 0
    return project / "runs" / "today"


def commands(disk: Path, fetched: Path, demo: Path) -> dict[str, list[str]]:
    """Every command that makes a folder, making it on a disk."""
    config: list[str | Path] = ["--config", demo]
    inputs: list[str | Path] = ["--raw-data", fetched / "Raw Data", "--coded", fetched / "Coded Coda Files"]
    told: dict[str, list[str | Path]] = {
        "process": [*config, *inputs, "--outputs", disk / "outputs"],
        "fetch": [*config, "--raw-data", disk / "Raw Data"],
        "coda-pull": [*config, "--coded", disk / "Coded Coda Files"],
        "analyse": [*config, "--outputs", fetched / "Outputs", "--analysis", disk / "analysis"],
        "archive": [*config, "--run", "today", "--to", disk / "today.tar.gz"],
        "restore": [fetched.parents[1] / "today.tar.gz", disk / "restored"],
        "create-uuid-table": [disk / "uuids.sqlite", "--table", "PHONES"],
    }
    return {name: [name, *map(str, arguments)] for name, arguments in told.items()}


def content(folder: Path) -> dict[str, bytes]:
    """What is published, and what is not removed; the uuid table's empty file is for the next try to complete."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_on_a_full_disk_every_command_says_so_and_what_was_there_stays(
    mount: Callable[..., Path], fetched: Path, demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = mount("disk", "-t", "tmpfs", "-o", "size=64m", "tmpfs")
    told = commands(disk, fetched, demo)
    for name in ("process", "analyse", "coda-pull", "archive"):
        assert main(told[name]) == 0
    before = content(disk)
    for name, free_kib in [
        *[("process", free) for free in (0, 4, 64, 200)],
        *[(name, free) for name in ("fetch", "coda-pull", "analyse", "create-uuid-table") for free in (0, 8)],
        *[(name, free) for name in ("archive", "restore") for free in (0, 8, 64, 128)],
    ]:
        capsys.readouterr()
        with full(disk, free_kib):
            assert main(told[name]) == 2, (name, free_kib)
        (line,) = capsys.readouterr().err.splitlines()[-1:]
        assert line.split(": ", 1)[1].startswith("its disk is full; make room there, then run again"), (name, free_kib)
        assert str(disk) in line
        assert content(disk) == before
    assert main(told["process"]) == 0


def test_a_disk_that_fills_while_a_run_is_archived_loses_nothing(
    mount: Callable[..., Path],
    run_of: Callable[..., Run],
    change: Callable[..., None],
    demo: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIPELINE_GIT_COMMIT", "0123456789ab")
    disk = mount("disk", "-t", "tmpfs", "-o", "size=64m", "tmpfs")
    change(DataRoot=str(disk / "data"), DataArchiveUploadBucket=str(disk / "bucket"))
    run_to_outputs(run_of("today", datetime(2025, 9, 16, 23, tzinfo=UTC)))
    project, config = disk / "data" / "demo", ["--config", str(demo)]
    name = "data-2025-09-16T230000Z-today-0123456789ab.tar.gz"
    assert main(["archive", *config, "--run", "today"]) == 0
    archive = project / "archives" / name
    before, size_kib = content(disk), archive.stat().st_size // 1024

    for command, free_kib in [
        *[(["archive", *config, "--run", "today"], free) for free in (0, 4, size_kib // 2, size_kib - 8)],
        *[(["upload-logs", *config], free) for free in (0, 4, size_kib // 2, size_kib - 8)],
    ]:
        capsys.readouterr()
        with full(disk, free_kib):
            assert main(command) == 2, (command, free_kib)
        (line,) = capsys.readouterr().err.splitlines()[-1:]
        assert str(disk) in line, line
        assert line.endswith(
            ": its disk is full; make room there, then run again: what was published before is still there"
        )
        assert content(disk) == before
        assert [path for path in disk.rglob("*") if ".new" in path.name or path.name.startswith("tmp")] == []

    assert main(["upload-logs", *config]) == 0
    assert (disk / "bucket" / name).read_bytes() == before[f"data/demo/archives/{name}"]
    assert not archive.exists()


def test_on_a_read_only_disk_every_command_says_so(
    mount: Callable[..., Path], fetched: Path, demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "writable").mkdir()
    disk = mount("disk", "--bind", "-o", "ro", tmp_path / "writable")
    if os.access(disk, os.W_OK):
        pytest.skip("a bind mount cannot be read-only here")
    for name, command in commands(disk, fetched, demo).items():
        capsys.readouterr()
        assert main(command) == 2, name
        (line,) = capsys.readouterr().err.splitlines()[-1:]
        assert str(disk) in line
        assert "mounted read-only" in line or "Read-only file system" in line, name


def test_a_run_says_what_to_do_about_its_data_root_and_does_without_its_cache(
    mount: Callable[..., Path],
    change: Callable[..., None],
    demo: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    disk, cache = (mount(name, "-t", "tmpfs", "-o", "size=64m", "tmpfs") for name in ("disk", "cache"))
    change(DataRoot=str(disk / "data"))
    run = ["run", "--config", str(demo)]

    with full(disk, 0):
        assert main(run) == 2
    (line,) = capsys.readouterr().err.splitlines()[-1:]
    assert str(disk) in line
    assert ": its disk is full; make room there, then run again" in line

    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    assert main(run) == 2
    (line,) = capsys.readouterr().err.splitlines()[-1:]
    assert str(disk) in line
    assert line.endswith(
        ": its disk is mounted read-only; mount it so that it can be written to, or name another place"
    )

    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    monkeypatch.setenv("PIPELINE_CACHE_DIR", str(cache))
    with full(cache, 0):
        assert main(run) == 0


def test_what_is_on_a_read_only_disk_is_read(
    mount: Callable[..., Path], fetched: Path, demo: Path, tmp_path: Path
) -> None:
    disk = mount("disk", "--bind", "-o", "ro", fetched)
    inputs = ["--raw-data", disk / "Raw Data", "--coded", disk / "Coded Coda Files", "--outputs", tmp_path / "outputs"]
    assert main(["process", "--config", str(demo), *map(str, inputs)]) == 0
    analysis = ["--outputs", disk / "Outputs", "--analysis", tmp_path / "analysis"]
    assert main(["analyse", "--config", str(demo), *map(str, analysis)]) == 0


def test_a_full_temporary_folder_is_told_as_such(
    mount: Callable[..., Path],
    demo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    disk = mount("disk", "-t", "tmpfs", "-o", "size=1m", "tmpfs")
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    for free_kib in (0, 8):
        capsys.readouterr()
        with full(disk, free_kib):
            assert main(["fetch", "--config", str(demo), "--raw-data", str(tmp_path / "Raw Data")]) == 2
        said = capsys.readouterr().err.splitlines()[-1]
        assert str(disk) in said
        assert "its disk is full" in said
    assert not (tmp_path / "Raw Data").exists()


def test_a_disk_that_is_full_while_messages_are_pushed_leaves_the_label_store_as_it_was(
    mount: Callable[..., Path],
    run_of: Callable[..., Run],
    change: Callable[..., None],
    demo: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    disk = mount("disk", "-t", "tmpfs", "-o", "size=64m", "tmpfs")
    change(DataRoot=str(disk / "data"), LabelStore={"StoreType": "Directory", "DirectoryURL": str(disk / "coda")})
    outputs = run_to_outputs(run_of("today", datetime(2025, 9, 16, 23, tzinfo=UTC)))
    push = ["coda-push", "--config", str(demo), "--outputs", outputs.removeprefix("file://")]
    for free_kib in (0, 4, 8, 16):
        capsys.readouterr()
        with full(disk, free_kib):
            assert main(push) == 2, free_kib
        (line,) = capsys.readouterr().err.splitlines()[-1:]
        assert str(disk) in line
        assert ": its disk is full; make room there, then run again" in line
        for path in (disk / "coda").glob("*.json"):
            assert json.loads(path.read_bytes())  # whole, or not there yet
    assert main(push) == 0
    pushed = content(disk / "coda")
    shutil.rmtree(disk / "coda")
    assert main(push) == 0
    assert content(disk / "coda") == pushed != {}
