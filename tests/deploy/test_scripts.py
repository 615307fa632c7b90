"""The scripts that containers begin with, run as any user; a container engine is not needed."""

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
NAMELESS = 54_321

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody reaches, which pytest's are not, with an `airflow` that says who runs it and how."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        shutil.copytree(REPOSITORY / "deploy", path / "deploy")
        (path / "bin").mkdir()
        write_program(path / "bin/airflow", 'echo "$(id -u):$(id -g) airflow $*"')
        (path / "passwd").write_text("root:x:0:0::/root:/bin/sh\n")
        (path / "passwd").chmod(0o664)
        yield path


def write_program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def run(folder: Path, *command: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        "PATH": f"{folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "AIRFLOW_HOME": "/opt/airflow",
        "PASSWD_FILE": str(folder / "passwd"),
        "SECRETS_FOLDER": str(folder / "no secrets"),
        **settings,
    }
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


def entered(folder: Path, user: int, group: int = 0) -> "subprocess.CompletedProcess[str]":
    as_user = ("setpriv", "--reuid", str(user), "--regid", str(group), "--clear-groups")
    return run(folder, *as_user, f"{folder}/deploy/entrypoint.sh", "version")


def initialised(folder: Path, *folders: Path, user: str = str(NAMELESS), **settings: str) -> tuple[int, str]:
    """The exit code of init, and what it has printed."""
    ended = run(folder, f"{folder}/deploy/init.sh", *map(str, folders), PIPELINE_UID=user, **settings)
    return ended.returncode, ended.stdout + ended.stderr


def test_a_user_id_without_a_name_is_given_one(folder: Path) -> None:
    ended = entered(folder, NAMELESS)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("54321:0 airflow version\n", "", 0)
    lines = (folder / "passwd").read_text().splitlines()
    assert lines == ["root:x:0:0::/root:/bin/sh", "pipeline-54321:x:54321:0::/opt/airflow:/usr/sbin/nologin"]


def test_a_user_with_a_name_is_left_as_it_is(folder: Path) -> None:
    assert entered(folder, 0).stdout == "0:0 airflow version\n"
    assert (folder / "passwd").read_text() == "root:x:0:0::/root:/bin/sh\n"


@pytest.mark.parametrize("program", ["airflow", "bash", "python"])
def test_a_program_may_be_named(folder: Path, program: str) -> None:
    write_program(folder / "bin" / program, f'echo "runs {program} $*"')
    assert (
        run(folder, f"{folder}/deploy/entrypoint.sh", program, "-c", "a word").stdout == f"runs {program} -c a word\n"
    )


def test_a_user_who_can_be_given_no_name_is_told_what_to_do(folder: Path) -> None:
    ended = entered(folder, NAMELESS, group=NAMELESS)
    assert (ended.stdout, ended.returncode) == ("", 1)
    assert ended.stderr.startswith("user id 54321 has no name in ")
    assert ended.stderr.endswith('; run it with group 0, as user "54321:0"\n')


def test_init_gives_an_empty_folder_to_the_user_and_brings_up_the_database_as_that_user(folder: Path) -> None:
    data = folder / "data"
    data.mkdir(mode=0o755)
    assert initialised(folder, data) == (0, "54321:0 airflow db migrate\n")
    assert (data.stat().st_uid, data.stat().st_gid) == (NAMELESS, 0)


def test_init_leaves_a_folder_alone_that_the_user_may_write_to(folder: Path) -> None:
    data = folder / "data"
    data.mkdir()
    (data / "run").mkdir()
    for path in (data, data / "run"):
        path.chmod(0o775)  # of group 0, which every user of the image has
    assert initialised(folder, data)[0] == 0
    assert data.stat().st_uid == 0


@pytest.mark.parametrize("closed", [".", "runs", "runs/messages.csv"])
def test_init_refuses_a_folder_with_something_in_it_that_the_user_may_not_write_to(folder: Path, closed: str) -> None:
    data = folder / "data"
    (data / "runs").mkdir(parents=True)
    (data / "runs/messages.csv").write_text("")
    for path in (data, data / "runs", data / "runs/messages.csv"):
        path.chmod(stat.S_IMODE(path.stat().st_mode) | 0o020)
    (data / closed).chmod(0o755)
    code, printed = initialised(folder, data)
    assert code == 1
    assert printed == (
        f"init: {data / closed}: user id 54321 (PIPELINE_UID) may not write it; give the folder to that user: "
        f"docker-compose run --rm --entrypoint chown init -R 54321:0 {data}, or set PIPELINE_UID to its owner, 0\n"
    )


def test_init_says_what_it_cannot_give_away(folder: Path) -> None:
    data = folder / "data"
    data.mkdir(mode=0o755)
    # As on a network's disk, where root is nobody.
    write_program(folder / "bin/chown", 'echo "chown: Operation not permitted" >&2; exit 1')
    code, printed = initialised(folder, data)
    assert code == 1
    assert f"init: {data}: user id 54321 (PIPELINE_UID) may not write it" in printed


@pytest.mark.parametrize("user", ["1000:0", "pipeline", "-1"])
def test_init_refuses_what_is_no_user_id(folder: Path, user: str) -> None:
    assert initialised(folder, user=user) == (
        1,
        f'init: PIPELINE_UID: "{user}" is not a user id; write the number that id -u prints\n',
    )


@pytest.mark.parametrize("kind", ["folder", "empty", "closed"])
def test_init_refuses_a_secret_that_is_missing_or_that_the_user_may_not_read(folder: Path, kind: str) -> None:
    secret = folder / "secrets/broker_url"
    secret.parent.mkdir()
    if kind == "folder":  # as an engine makes one of a file that is missing
        secret.mkdir()
    else:
        secret.write_text("" if kind == "empty" else "redis://")
        secret.chmod(0o600)
    code, printed = initialised(folder, SECRETS_FOLDER=str(secret.parent))
    assert code == 1
    if kind == "closed":
        assert printed.startswith("init: secrets/broker_url: user id 54321 (PIPELINE_UID) may not read it; give it to")
    else:
        assert printed == "init: secrets/broker_url is missing or empty; deploy/make_secrets.sh makes it\n"


def test_init_says_where_the_secret_comes_from_that_no_script_makes(folder: Path) -> None:
    secret = folder / "secrets/oidc_client_secret"
    secret.mkdir(parents=True)
    wrong = "init: secrets/oidc_client_secret is missing or empty; write into it what the identity provider gave you\n"
    assert initialised(folder, SECRETS_FOLDER=str(secret.parent)) == (1, wrong)


def test_init_takes_secrets_that_only_the_user_may_read(folder: Path) -> None:
    secret = folder / "secrets/broker_url"
    secret.parent.mkdir()
    secret.write_text("redis://")
    secret.chmod(0o600)
    os.chown(secret, NAMELESS, 0)
    assert initialised(folder, SECRETS_FOLDER=str(secret.parent)) == (0, "54321:0 airflow db migrate\n")


def test_init_does_its_work_as_the_user_it_is_without_a_change_of_users(folder: Path) -> None:
    assert initialised(folder, user="0") == (0, "0:0 airflow db migrate\n")
