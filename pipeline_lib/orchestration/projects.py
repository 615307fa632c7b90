"""Every project folder as Airflow is to show it: the project, or what is wrong with it."""

import re
from dataclasses import dataclass
from pathlib import Path

from pipeline_lib.config import CONFIG_FILENAME, Findings, Project, check, check_all
from pipeline_lib.errors import Problem

_UNFIT_FOR_A_DAG_ID = re.compile(r"[^\w.-]", re.ASCII)


@dataclass(frozen=True)
class ProjectFolder:
    """A folder with a config file: a project that can run, or problems."""

    dag_id: str
    """The folder's name, made fit for Airflow where it is not."""
    project: Project | None
    problems: tuple[Problem, ...]
    """What stops it from running; their places begin with the folder's name."""


def read_projects(configs: Path, only: str | None = None) -> tuple[ProjectFolder, ...]:
    """Every project folder by name, or the one whose DAG id is given, without a look at the others."""
    paths = sorted(configs.glob(f"*/{CONFIG_FILENAME}"))
    if only is None:
        return tuple(map(_folder, check_all(paths)))
    return tuple(_folder(check(path)) for path in paths if _dag_id(path) == only)


def _folder(found: Findings) -> ProjectFolder:
    folder, dag_id = found.path.parent.name, _dag_id(found.path)
    problems = [problem._replace(place=f"{folder}/{problem.place}") for problem in found.errors]
    if dag_id != folder:
        right = "a DAG's id has letters, digits, dots, dashes and underscores only"
        problems.append(Problem(f"{folder}/", "a folder of this name cannot be a DAG", right))
    return ProjectFolder(dag_id, None if problems else found.project, tuple(problems))


def _dag_id(path: Path) -> str:
    return _UNFIT_FOR_A_DAG_ID.sub("_", path.parent.name)
