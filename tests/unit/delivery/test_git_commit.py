import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline_lib.delivery import git_commit
from pipeline_lib.delivery.git_commit import read_git_commit


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The commit of a checkout of its own, in which the package lies."""
    package = tmp_path / "checkout" / "pipeline_lib"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.setattr(git_commit, "_PACKAGE", package)
    monkeypatch.delenv("PIPELINE_GIT_COMMIT", raising=False)
    identity = ["-c", "user.name=tester", "-c", "user.email=tester@example.org"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", package.parent, *command], check=True)
    told = subprocess.run(["git", "-C", package.parent, "rev-parse", "HEAD"], capture_output=True, check=True)
    return told.stdout.decode().strip()


def test_a_checkout_tells_its_commit(checkout: str) -> None:
    assert read_git_commit() == checkout[:12]


@pytest.mark.parametrize(
    ("told", "commit"),
    [("0123456789ABCDEF0123456789abcdef01234567\n", "0123456789ab"), ("abcdef1", "abcdef1"), ("main/../x", "unknown")],
)
def test_an_image_is_told_its_commit(checkout: str, monkeypatch: pytest.MonkeyPatch, told: str, commit: str) -> None:
    monkeypatch.setenv("PIPELINE_GIT_COMMIT", told)
    assert read_git_commit() == commit


def test_a_package_in_no_checkout_or_in_somebody_elses_has_no_known_commit(
    checkout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = git_commit._PACKAGE.parent / "venv" / "pipeline_lib"
    inside.mkdir(parents=True)
    monkeypatch.setattr(git_commit, "_PACKAGE", inside)
    assert read_git_commit() == "unknown"
    shutil.rmtree(inside.parents[1] / ".git")
    assert read_git_commit() == "unknown"
    monkeypatch.setenv("PATH", "")
    assert read_git_commit() == "unknown"
