"""Every project folder as Airflow is to show it: the project, or what is wrong with it."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline_lib.config import Findings, Project, check, check_all, config_paths
from pipeline_lib.errors import Problem

_LONGEST_DAG_ID = 200
"""Airflow takes 250 characters; storages and file systems need room for what is put around a name."""

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
    paths = config_paths(configs)
    if only is None:
        return tuple(map(_folder, check_all(paths)))
    return tuple(_folder(check(path)) for path in paths if _dag_id(path) == only)


def _folder(found: Findings) -> ProjectFolder:
    folder, dag_id = found.path.parent.name, _dag_id(found.path)
    problems = [problem._replace(place=f"{folder}/{problem.place}") for problem in found.errors]
    if dag_id != folder:
        right = "a DAG's id has letters, digits, dots, dashes and underscores only, 200 at most"
        problems.append(Problem(f"{folder}/", "a folder of this name cannot be a DAG", right))
    return ProjectFolder(dag_id, None if problems else found.project, tuple(problems))


def _dag_id(path: Path) -> str:
    """The folder's name, or one that is fit for a DAG and no other folder's."""
    folder = path.parent
    fit = _UNFIT_FOR_A_DAG_ID.sub("_", folder.name)[:_LONGEST_DAG_ID]
    if fit == folder.name or not folder.with_name(fit).exists():
        return fit
    digest = hashlib.sha256(os.fsencode(folder.name)).hexdigest()[:8]
    return f"{fit[: _LONGEST_DAG_ID - 9]}_{digest}"
