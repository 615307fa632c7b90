"""Everything that is wrong or odd with a project, and the project if its files are right."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline_lib.config import unsupported as not_yet
from pipeline_lib.config.checks import (
    analysis,
    code_schemes,
    control_codes,
    datasets,
    dates,
    flows,
    label_store,
    locations,
    maps,
    names,
    outputs,
    remappings,
    sources,
)
from pipeline_lib.config.findings import Finding
from pipeline_lib.config.project import CONFIG_FILENAME, Project, project_of
from pipeline_lib.config.reading import Reading, read_files, real_path
from pipeline_lib.errors import ConfigError, Problem


@dataclass(frozen=True)
class Findings:
    """What there is to say about one project."""

    path: Path
    """The config file."""
    project: Project | None
    """The project, where the files are right by themselves; it may still be unable to run here and now."""
    errors: tuple[Problem, ...]
    """What stops it from running."""
    warnings: tuple[Problem, ...]
    """What is merely odd."""


def load_project(path: Path) -> Project:
    """The project that a config file describes.

    Whether a run could do all that it asks for, here and now, is not looked at: that is `check`.

    Raises:
        ConfigError: Naming everything that is wrong with the files.
    """
    reading = read_files(path)
    project = project_of(reading)
    problems = (*reading.problems, *(finding.problem for finding in _of_files(reading) if finding.is_error))
    if project is None or problems:
        raise ConfigError(*problems)
    return project


def check(path: Path) -> Findings:
    """Everything that there is to say about the project that a config file describes; nothing is raised."""
    reading = read_files(path)
    found = list(_of_files(reading))
    problems = (*reading.problems, *(finding.problem for finding in found if finding.is_error))
    project = None if problems else project_of(reading)
    found.extend(locations.findings(reading.config, reading.folder))
    found.extend(not_yet.findings(reading.config, reading.plans))
    errors = (*reading.problems, *(finding.problem for finding in found if finding.is_error))
    return Findings(path, project, errors, tuple(finding.problem for finding in found if not finding.is_error))


def unsupported(project: Project) -> list[Problem]:
    """What stops a project whose files are right from running with this version."""
    reading = read_files(project.path)
    return [f.problem for f in not_yet.findings(reading.config, reading.plans) if f.is_error]


def check_all(paths: Iterable[Path]) -> list[Findings]:
    """Each project's findings, and the names that several of them claim.

    A PipelineName belongs to the project whose folder is called so, else to the first by folder, so that a copy cannot
    stop the original. Projects that cannot run claim nothing.
    """
    found = [check(path) for path in paths]
    owners: dict[str, Findings] = {}
    for one in sorted(found, key=_claim):
        if one.project is not None and not one.errors:
            owners.setdefault(one.project.config.pipeline_name, one)
    return [_without_foreign_name(one, owners) for one in found]


def _claim(found: Findings) -> tuple[bool, str]:
    folder = real_path(found.path).parent.name
    name = found.project.config.pipeline_name if found.project is not None else ""
    return _simplified(folder) != _simplified(name), folder


def _simplified(name: str) -> str:
    return name.casefold().replace("_", "-")


def _without_foreign_name(found: Findings, owners: dict[str, Findings]) -> Findings:
    if found.project is None:
        return found
    name = found.project.config.pipeline_name
    owner = owners.get(name, found)
    if owner is found or real_path(owner.path) == real_path(found.path):
        return found
    other = f"{real_path(owner.path).parent.name}/{CONFIG_FILENAME}"
    problem = Problem(f"{found.path.name}: PipelineName", f'"{name}" is already that of {other}', "choose another")
    return replace(found, errors=(*found.errors, problem))


def _of_files(reading: Reading) -> Iterator[Finding]:
    """What the files say that cannot be, or hardly."""
    config, plans, schemes = reading.config, reading.plans, reading.schemes
    yield from names.findings(config)
    yield from names.findings(plans)
    yield from dates.findings(config)
    yield from sources.findings(config)
    yield from flows.findings(config)
    yield from remappings.findings(config, plans)
    yield from datasets.findings(plans)
    yield from label_store.findings(config, plans)
    moves = config.model is not None and config.model.move_ws_messages
    yield from control_codes.findings(plans, schemes, moves_ws_messages=moves)
    yield from code_schemes.findings(schemes)
    yield from outputs.findings(config, plans, schemes)
    yield from analysis.findings(config, plans)
    yield from maps.findings(config, plans)
