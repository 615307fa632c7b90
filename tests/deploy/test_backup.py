"""Backup and restore on a PostgreSQL of this machine; a container's is reached in the same way, by another command."""

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.deploy.postgres import query

DEPLOY = Path(__file__).parents[2] / "deploy"


def run(script: str, place: Path, database: str, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        "IN_POSTGRES": "env PGHOST=127.0.0.1",
        "PATH": os.environ["PATH"],
        "POSTGRES_DB": database,
        "POSTGRES_USER": "postgres",
    }
    command = [str(DEPLOY / script), *words]
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A deployment with a project and its data."""
    (tmp_path / ".env").write_text("PIPELINE_CONFIGS=./projects\nPIPELINE_DATA=./kept data\n")
    for file in ("projects/water/pipeline.json", "kept data/water/state/run_history.json", "kept data/.cache/table"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text(file)
    return tmp_path


def files_of(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_what_was_saved_comes_back_in_place_of_what_is_there(place: Path, database: str) -> None:
    query(database, "CREATE TABLE dag_run (run_id text PRIMARY KEY)", "INSERT INTO dag_run VALUES ('of before')")
    saved = run("backup.sh", place, database, "saved")
    assert (saved.returncode, saved.stdout, saved.stderr) == (0, "saved\n", "")
    assert (place / "saved").stat().st_mode & 0o077 == 0  # participants' data are for nobody else
    query(
        database,
        "DELETE FROM dag_run",
        "INSERT INTO dag_run VALUES ('of after')",
        "CREATE TABLE of_a_later_version (run_id text REFERENCES dag_run)",
    )
    for folder in ("projects", "kept data"):
        shutil.rmtree(place / folder)
    restored = run("restore.sh", place, database, "saved")
    assert (restored.returncode, restored.stdout, restored.stderr) == (0, "restored saved\n", "")
    assert query(database, "SELECT run_id FROM dag_run") == [("of before",)]
    assert query(database, "SELECT to_regclass('of_a_later_version')") == [(None,)]
    assert files_of(place / "projects") == {"water/pipeline.json": "projects/water/pipeline.json"}
    # What is only kept for speed is not saved.
    assert files_of(place / "kept data") == {"water/state/run_history.json": "kept data/water/state/run_history.json"}


@pytest.mark.parametrize(
    "lines",
    [
        "PIPELINE_CONFIGS='./projects'\nPIPELINE_DATA=\"./kept data\" # on the large disk\n",
        "PIPELINE_CONFIGS=./projects\r\nPIPELINE_DATA=./kept data\r\n",
        "export PIPELINE_CONFIGS=./projects # ours\nPIPELINE_DATA = ./kept data  \n",
        "PIPELINE_CONFIGS=~/projects\nPIPELINE_DATA='~/kept data'\n",
        "PIPELINE_DATA=./data\nPIPELINE_CONFIGS=./projects\nPIPELINE_DATA=./kept data\n#PIPELINE_DATA=./data\n",
    ],
    ids=["in quotes", "from Windows", "exported", "at home", "said twice"],
)
def test_the_folders_are_those_that_compose_understands(place: Path, lines: str) -> None:
    (place / ".env").write_bytes(lines.encode())
    for usual in ("configs", "data"):
        (place / usual).mkdir()
    environment = {"HOME": str(place), "IN_POSTGRES": "echo", "PATH": os.environ["PATH"]}
    subprocess.run([DEPLOY / "backup.sh", "saved"], cwd=place, env=environment, check=True, capture_output=True)
    for name, kept in (("configs", "./water/pipeline.json"), ("data", "./water/state/run_history.json")):
        with tarfile.open(place / f"saved/{name}.tar.gz") as saved:
            assert [member.name for member in saved if member.isfile()] == [kept]


@pytest.mark.parametrize("script", ["backup", "restore"])
def test_a_folder_that_only_compose_can_find_is_refused(place: Path, script: str) -> None:
    (place / ".env").write_text("PIPELINE_DATA=${HOME}/kept data\n")
    environment = {"IN_POSTGRES": "echo", "PATH": os.environ["PATH"]}
    command = [str(DEPLOY / f"{script}.sh"), "saved"]
    refused = subprocess.run(command, cwd=place, env=environment, check=False, capture_output=True, text=True)
    told = f"{script}: PIPELINE_DATA in .env has a variable, which only Compose knows; write the path itself\n"
    assert (refused.returncode, refused.stderr) == (1, told)


def test_nothing_is_restored_over_data_that_are_there(place: Path, database: str) -> None:
    run("backup.sh", place, database, "saved")
    refused = run("restore.sh", place, database, "saved")
    assert (refused.returncode, refused.stderr) == (1, "restore: ./projects is not empty; move it away first\n")


def test_a_backup_that_has_changed_since_is_refused(place: Path, database: str) -> None:
    run("backup.sh", place, database, "saved")
    with (place / "saved/data.tar.gz").open("ab") as file:
        file.write(b"x")
    refused = run("restore.sh", place, database, "saved")
    assert refused.returncode == 1
    assert "restore: saved is not as it was saved; take another backup\n" in refused.stderr


def test_a_backup_that_fails_leaves_no_folder_that_looks_like_one(place: Path, database: str) -> None:
    failed = run("backup.sh", place, f"{database}_missing", "saved")
    assert failed.returncode != 0
    assert not [path.name for path in place.iterdir() if path.name.startswith("saved")]
    (place / "interrupt").write_text("#!/bin/sh\necho half of it\nkill $PPID\n")
    (place / "interrupt").chmod(0o755)
    environment = {"IN_POSTGRES": "./interrupt", "PATH": os.environ["PATH"]}
    interrupted = subprocess.run([DEPLOY / "backup.sh", "saved"], cwd=place, env=environment, check=False)
    assert interrupted.returncode != 0
    assert not [path.name for path in place.iterdir() if path.name.startswith("saved")]


def test_no_backup_takes_the_place_of_another(place: Path, database: str) -> None:
    (place / "saved").mkdir()
    refused = run("backup.sh", place, database, "saved")
    assert (refused.returncode, refused.stderr) == (1, "backup: saved is there already; name a new folder\n")
