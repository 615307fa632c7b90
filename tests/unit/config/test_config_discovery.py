"""Configs that are called, or lie, so that nobody would find them: each is an error that says what to do."""

import errno
from pathlib import Path
from typing import Never

import pytest

from pipeline_lib.config import check, folder_problems

NEARBY = [
    ("Pipeline.json", "rename its Pipeline.json"),
    ("pipeline.json.txt", "rename its pipeline.json.txt"),
    ("pipeline (1).json", "rename its pipeline (1).json"),
    ("rivers/pipeline.json", "move what is in its folder rivers into it"),
    ("rivers-main/pipeline.json", "move what is in its folder rivers-main into it"),
]


def put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}", encoding="utf-8")


@pytest.mark.parametrize(("name", "right"), NEARBY)
def test_a_folder_with_a_config_that_is_called_or_lies_otherwise_is_an_error(
    name: str, right: str, tmp_path: Path
) -> None:
    put(tmp_path / "rivers" / name)
    (problem,) = folder_problems(tmp_path)
    assert str(problem) == f"{tmp_path}/rivers: has no pipeline.json, so that it is no project; {right}"
    assert list(map(str, check(tmp_path / "rivers/pipeline.json").errors)) == [
        f"pipeline.json: there is no such file; {right}"
    ]


def test_a_config_in_no_folder_of_its_own_is_an_error(tmp_path: Path) -> None:
    put(tmp_path / "pipeline.json")
    (problem,) = folder_problems(tmp_path)
    right = "move all that belongs to it into a folder of its own"
    assert str(problem) == f"{tmp_path}/pipeline.json: lies in no project's folder; {right}"


@pytest.mark.parametrize("name", ["pipeline.json", "schemes/age.json", "pipeline.json.bak", "water/pipeline.json"])
def test_a_folder_that_is_a_project_or_is_meant_to_be_none_is_no_error(name: str, tmp_path: Path) -> None:
    put(tmp_path / "rivers" / name)
    put(tmp_path / "README.md")
    assert folder_problems(tmp_path) == []


def test_nothing_is_said_of_what_is_beside_a_config(tmp_path: Path) -> None:
    put(tmp_path / "rivers/pipeline.json")
    put(tmp_path / "rivers/Pipeline.json.txt")
    assert folder_problems(tmp_path) == []


def test_a_folder_of_projects_that_may_not_be_listed_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Path) -> Never:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refused)
    (problem,) = folder_problems(tmp_path)
    assert str(problem) == f"{tmp_path}: cannot be read by this user; give this user the permission to read it"


def test_a_folder_of_projects_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    (problem,) = folder_problems(tmp_path / "nowhere")
    assert problem.wrong == "there is no such folder of projects"
