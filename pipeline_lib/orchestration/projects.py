"""Reads every project folder as Airflow should show it: its plan, or its last good plan and what is wrong now."""
# ruff: noqa: PLC0415 - storages are imported only if the cache lacks something, which is rare

import hashlib
import os
import random
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline_lib.config import (
    CONFIG_FILENAME,
    Findings,
    Project,
    WholeConfig,
    check,
    find_configs,
    name_clashes,
    whole_config,
)
from pipeline_lib.errors import ConfigError, PipelineError, Problem
from pipeline_lib.orchestration.plan import Plan, PlannedSchedule, plan_of, schedule_of
from pipeline_lib.orchestration.plan_cache import (
    Record,
    confirm,
    current_fingerprint,
    find_recorded_configs,
    read_record,
    roots_with,
    write_record,
)

OWN_DAGS = ("airflow_maintenance", "pipeline_watch")
"""DAGs of files of their own: of two DAGs with one id, Airflow would keep now this one, now that."""

_LONGEST_DAG_ID = 200
"""Airflow allows 250 characters; storages and file systems need some of them for what they add to a name."""

_UNFIT_FOR_A_DAG_ID = re.compile(r"[^\w.-]", re.ASCII)


@dataclass(frozen=True)
class ProjectFolder:
    """A folder with a config file: a project that can run, or one with problems."""

    dag_id: str
    """The folder's name, altered if Airflow would not accept it."""
    config: Path
    """The config file, absolute."""
    plan: Plan | None
    """None if there are problems."""
    problems: tuple[Problem, ...]
    """What stops it from running; their places begin with the folder's name."""
    last_good: Plan | None
    """The plan, or the last good one that this machine knows of."""
    schedule: PlannedSchedule | None
    """The schedule, if it can be read, whatever else is wrong."""
    data_roots: tuple[str, ...]
    """The data roots of its runs, present and earlier, the newest first, as far as this machine knows."""


def read_projects(configs: Path, only: str | None = None) -> tuple[ProjectFolder, ...]:
    """Every project folder by name, or the one whose DAG id is given, without reading the others.

    A project whose config file is gone while its folder still exists, even as a broken link, has a problem. If no
    project is left, every project that was there before has a problem: then the folder of all projects is gone, or its
    disk.
    """
    paths = _config_paths(configs.absolute())
    if only is not None:
        return tuple(_folder(_record(path, in_task=True), None) for path in paths if _dag_id(path) == only)
    # Each process takes them in an order of its own, so that several at once share the work: each finds records that
    # another has just written.
    looked_at = {path: _record(path) for path in random.sample(paths, len(paths))}
    records = {path: looked_at[path] for path in paths}
    names = {path: record.pipeline_name for path, record in records.items() if record.pipeline_name is not None}
    usable = {path for path, record in records.items() if record.plan is not None and _dag_id(path) == path.parent.name}
    clashes = name_clashes(names, usable)
    return tuple(_folder(record, clashes.get(path)) for path, record in records.items())


def read_removed(configs: Path) -> tuple[ProjectFolder, ...]:
    """Projects whose folders were removed, by name, as far as this machine has seen them.

    If no project is left, none is removed: `read_projects` has all of them, with a problem.
    """
    present = _config_paths(configs.absolute())
    gone = sorted(find_recorded_configs(configs, present))
    return tuple(_folder(record, None) for path in gone if (record := read_record(path)) is not None)


def read_project_of_task(configs: Path, dag_id: str) -> tuple[ProjectFolder, ...]:
    """The project that a task belongs to, even if its folder has been removed; nothing if there never was one.

    A run that is under way then goes on with the config that it began with; one that has not begun says what is wrong.
    """
    found = read_projects(configs, only=dag_id)
    config = configs.absolute() / dag_id / CONFIG_FILENAME
    if found or (read_record(config) is None and _last_good(check(config)) is None):
        return found
    return (_folder(_record(config, in_task=True), None),)


def read_usable(config: Path) -> WholeConfig:
    """The files of a project, which must be able to run here and now.

    Raises:
        ConfigError: Lists everything that is wrong with it, including a name that clashes with another project's.
    """
    folders = [folder for folder in read_projects(config.parents[1]) if folder.config == config]
    problems = [problem for folder in folders for problem in folder.problems]
    found = check(config)
    if problems or not found.is_usable:
        raise ConfigError(*(problems or _placed(config, found.errors)))
    return whole_config(found.reading)


def _config_paths(configs: Path) -> list[Path]:
    present = find_configs(configs)
    gone = [path for path in find_recorded_configs(configs, present) if os.path.lexists(path.parent) or not present]
    return sorted([*present, *gone])


def _record(config: Path, *, in_task: bool = False) -> Record:
    before = read_record(config)
    known = (confirm(before) if before is not None else None) or _read_anew(config, before)
    if known is not before:
        write_record(known)
    if known.last_good is None and in_task and (found := _last_good(check(config))) is not None:
        known = known.model_copy(update={"last_good": found, "data_roots": roots_with(found.data_root, ())})
        write_record(known)
    return known


def _read_anew(config: Path, known: Record | None) -> Record:
    made_now = current_fingerprint()
    found = check(config)
    plan = _plan(found.project) if found.project is not None and found.is_usable else None
    last_good = plan or (known.last_good if known is not None else None) or _last_good(found, only_local=True)
    written = found.reading.config.model
    return Record(
        config=str(config),
        made_by=made_now,
        stamps={str(path): stamp for path, stamp in found.reading.stamps.items()},
        kinds={str(path): kind for path, kind in found.kinds.items()},
        pipeline_name=found.project.config.pipeline_name if found.project is not None else None,
        plan=plan,
        problems=found.errors,
        schedule=schedule_of(written) if written is not None else None,
        last_good=last_good,
        data_roots=roots_with(last_good.data_root if last_good else None, known.data_roots if known else ()),
    )


def _plan(project: Project) -> Plan:
    from pipeline_lib.storage.data_root import data_root

    return plan_of(project, data_root(project.config.data_root, project.folder))


def _last_good(found: Findings, *, only_local: bool = False) -> Plan | None:
    """The last good plan of a project that this machine has no plan of, from the config that its newest run kept.

    A task may read that from a remote storage. The DAG processor, which looks every minute, may not.
    """
    from pipeline_lib.orchestration.kept_config import read_newest
    from pipeline_lib.storage.data_root import data_root

    written = found.reading.config.model
    try:
        root = data_root(written.data_root if written is not None else None, found.reading.folder)
        if only_local and not root.startswith("file:"):
            return None
        project = read_newest(found.path, root)
    except (PipelineError, OSError, RuntimeError):
        return None
    return plan_of(project, root) if project is not None else None


def _folder(record: Record, clash: Problem | None) -> ProjectFolder:
    config = Path(record.config)
    problems = [*_placed(config, record.problems), *_placed(config, [clash] if clash else [])]
    dag_id = _dag_id(config)
    problems.extend(name_problems(config))
    plan = None if problems else record.plan
    return ProjectFolder(dag_id, config, plan, tuple(problems), record.last_good, record.schedule, record.data_roots)


def name_problems(config: Path) -> list[Problem]:
    """What keeps a config's folder from being a DAG of its name."""
    name = config.parent.name
    if name in OWN_DAGS:
        wrong = "a DAG of this name is there already, for all projects"
        return [Problem(f"{name}/", wrong, "give the folder another name")]
    if _dag_id(config) != name:
        right = "a DAG's id has letters, digits, dots, dashes and underscores only, 200 at most"
        return [Problem(f"{name}/", "a folder of this name cannot be a DAG", right)]
    return []


def _placed(config: Path, problems: "tuple[Problem, ...] | list[Problem]") -> list[Problem]:
    return [problem._replace(place=f"{config.parent.name}/{problem.place}") for problem in problems]


def _dag_id(path: Path) -> str:
    """The folder's name, or a similar one that Airflow accepts and no other folder has."""
    folder = path.parent
    fit = _UNFIT_FOR_A_DAG_ID.sub("_", folder.name)[:_LONGEST_DAG_ID]
    if fit in OWN_DAGS:
        fit = f"{fit}_"
    if fit == folder.name or not folder.with_name(fit).exists():
        return fit
    digest = hashlib.sha256(os.fsencode(folder.name)).hexdigest()[:8]
    return f"{fit[: _LONGEST_DAG_ID - 9]}_{digest}"
