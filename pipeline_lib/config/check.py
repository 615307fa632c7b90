"""Checks a project: what is wrong or odd with it, and the project itself if its files are right."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline_lib.config import unsupported as not_yet
from pipeline_lib.config.checks import (
    analysed_together,
    analysis,
    answers,
    channels,
    code_schemes,
    columns,
    consent_scope,
    control_codes,
    datasets,
    dates,
    derived_datasets,
    facebook,
    fields,
    file_locations,
    flows,
    groups,
    imputations,
    label_store,
    maps,
    match_values,
    messages,
    names,
    noise_filter,
    older_layouts,
    operators,
    outputs,
    remappings,
    schemes_in_use,
    sources,
    text_remappings,
    uploads,
    yes_or_no,
)
from pipeline_lib.config.config_discovery import CONFIG_FILENAME
from pipeline_lib.config.file_stamps import kind_of
from pipeline_lib.config.findings import Finding
from pipeline_lib.config.project import Project, project_of
from pipeline_lib.config.reading import Reading, read_files, real_path
from pipeline_lib.errors import ConfigError, Problem


@dataclass(frozen=True)
class Findings:
    """What there is to say about one project."""

    path: Path
    """The config file."""
    project: Project | None
    """The project, if its files are right; even then it may be unable to run here and now."""
    errors: tuple[Problem, ...]
    """What stops it from running."""
    warnings: tuple[Problem, ...]
    """What is merely odd."""
    reading: Reading
    """The files as they were read."""
    kinds: Mapping[Path, str]
    """What was at each local path that the config names, just before the check."""

    @property
    def is_usable(self) -> bool:
        """Whether it can run."""
        return self.project is not None and not self.errors


def load_project(path: Path) -> Project:
    """The project that a config file describes.

    It does not check whether a run could do all that the config asks for, here and now: `check` does.

    Raises:
        ConfigError: Names everything that is wrong with the files.
    """
    reading = read_files(path)
    project = project_of(reading)
    problems = (*reading.problems, *(finding.problem for finding in _of_files(reading) if finding.is_error))
    if project is None or problems:
        raise ConfigError(*problems)
    return project


def check(path: Path) -> Findings:
    """Reads and checks the project of a config file; whatever is wrong is in the result, and nothing is raised."""
    reading = read_files(path)
    found = list(_of_files(reading))
    problems = (*reading.problems, *(finding.problem for finding in found if finding.is_error))
    project = None if problems else project_of(reading)
    kinds = {path: kind_of(str(path)) for path in file_locations.local_paths(reading.config, reading.folder)}
    found.extend(file_locations.findings(reading.config, reading.folder))
    found.extend(not_yet.findings(reading.config, reading.plans))
    errors = (*reading.problems, *(finding.problem for finding in found if finding.is_error))
    warnings = tuple(finding.problem for finding in found if not finding.is_error)
    return Findings(path, project, errors, warnings, reading, kinds)


def unsupported(project: Project) -> list[Problem]:
    """What this version cannot run of a project whose files are right."""
    reading = read_files(project.path)
    return [f.problem for f in not_yet.findings(reading.config, reading.plans) if f.is_error]


def check_all(paths: Iterable[Path]) -> list[Findings]:
    """Each project's findings; a PipelineName that several have is an error of all but its owner."""
    found = [check(path) for path in paths]
    clashes = name_clashes(
        {one.path: one.project.config.pipeline_name for one in found if one.project is not None},
        {one.path for one in found if one.is_usable},
    )
    return [replace(one, errors=(*one.errors, clashes[one.path])) if one.path in clashes else one for one in found]


def name_clashes(names: Mapping[Path, str], usable: Collection[Path]) -> dict[Path, Problem]:
    """A problem for each project whose PipelineName belongs to another one.

    A name belongs to the project whose folder has that name, else to the first by folder, so that a copy cannot stop
    the original. Projects that cannot run own no name.

    Args:
        names: PipelineNames by config file.
        usable: The config files of projects that can run.
    """
    claimants: dict[str, list[Path]] = {}
    for path in usable:
        claimants.setdefault(names[path], []).append(path)
    clashes = {}
    for path, name in names.items():
        of_name = claimants.get(name, [path])
        if of_name == [path]:
            continue
        owner = min(of_name, key=lambda path: _claim(path, name))
        if real_path(owner) != real_path(path):
            wrong = f'"{name}" is already the name of {real_path(owner).parent.name}/{CONFIG_FILENAME}'
            clashes[path] = Problem(f"{path.name}: PipelineName", wrong, "choose another")
    return clashes


def _claim(path: Path, name: str) -> tuple[bool, str]:
    folder = real_path(path).parent.name
    return _simplified(folder) != _simplified(name), folder


def _simplified(name: str) -> str:
    return name.casefold().replace("_", "-")


def _of_files(reading: Reading) -> Iterator[Finding]:
    """What is wrong or odd in the files themselves."""
    config, plans, schemes = reading.config, reading.plans, reading.schemes
    yield from older_layouts.findings(reading)
    yield from names.findings(config)
    yield from names.findings(plans)
    yield from dates.findings(config)
    yield from channels.findings(config, plans)
    yield from sources.findings(config)
    yield from facebook.findings(config, plans)
    yield from flows.findings(config)
    yield from answers.findings(config, plans)
    yield from remappings.findings(config, plans)
    yield from text_remappings.findings(config, plans, schemes)
    yield from messages.findings(config, plans)
    yield from datasets.findings(plans)
    yield from noise_filter.findings(config, plans)
    yield from fields.findings(plans)
    yield from columns.findings(config, plans, schemes)
    yield from groups.findings(config, plans)
    yield from label_store.findings(config, plans)
    moves = config.model is not None and config.model.move_ws_messages
    yield from control_codes.findings(plans, schemes, moves_ws_messages=moves)
    yield from yes_or_no.findings(plans, schemes)
    yield from consent_scope.findings(config, plans)
    yield from operators.findings(config, plans)
    numbers = dict(schemes_in_use.needs_of_numbers(config.model, plans.model))
    yield from code_schemes.findings(schemes, numbers)
    yield from schemes_in_use.findings(plans, schemes)
    as_predecessor = config.model is not None and config.model.keeps_predecessor_quirks
    yield from match_values.findings(plans, schemes)
    own_places = reading.places.table if reading.places is not None else None
    yield from imputations.findings(plans, schemes, own_places, as_predecessor=as_predecessor)
    yield from derived_datasets.findings(config, plans, schemes)
    yield from outputs.findings(config, plans, schemes)
    yield from analysis.findings(config, plans)
    yield from analysed_together.findings(config, plans)
    yield from maps.findings(config, plans)
    yield from uploads.findings(config)
