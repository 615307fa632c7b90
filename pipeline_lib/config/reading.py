"""All files of a project, read as far as they can be."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.config_discovery import CONFIG_FILENAME, to_move
from pipeline_lib.config.episodes import WrittenOut, with_questions, with_sources, written_out
from pipeline_lib.config.file_stamps import stamp_of
from pipeline_lib.config.files import ReadModel, as_model, read_model
from pipeline_lib.config.json_text import read_json
from pipeline_lib.config.model_introspection import Step
from pipeline_lib.config.name_rules import normal
from pipeline_lib.config.older_layouts import current_layout
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.place_file import ReadPlaces, read_places
from pipeline_lib.config.source_document import WrittenFile
from pipeline_lib.errors import Problem, did_you_mean
from pipeline_lib.input_files import is_there, reason
from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import DatasetKind

_INLINE = "(inline)"

_INSTEAD: Mapping[str, Any] = MappingProxyType(
    {
        "CodingPlans": _INLINE,
        "MoveWSMessages": False,
        "PipelineName": "(unknown)",
        "RawDataSources": [{"SourceType": "GCloudBucket"}],
        "SourceKeyRemappings": [],
    }
)
"""Stands for what a broken config lacks, so that the rest of it can be checked too."""


@dataclass(frozen=True)
class Reading:
    """As much of a project as its files let one read, and what is wrong with their structure."""

    path: Path
    config: ReadModel[PipelineConfig]
    plans: ReadModel[CodingPlansFile]
    schemes: Mapping[str, ReadModel[CodeScheme]]
    """By the name that the coding plans use."""
    problems: tuple[Problem, ...]
    """The problems of all files."""
    places: ReadPlaces | None
    """The project's own table of places, if its plans name one."""
    ignored_keys: tuple[str, ...]
    """Keys of the config that nothing reads (`older_layouts.IGNORED`)."""
    stamps: Mapping[Path, str]
    """Every file and folder that was looked at, with its stamp from just before."""

    @cached_property
    def folder(self) -> Path:
        """What relative paths in the config start from."""
        return real_path(self.path).parent


def real_path(path: Path) -> Path:
    """The real path of a config; for a link to itself, the path of that link."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def folder_name(path: Path) -> str:
    """The name of a config's folder, even if it or the config is a link."""
    return Path(os.path.abspath(path)).parent.name  # noqa: PTH100 - resolve() would follow the link


def read_files(path: Path) -> Reading:
    """Every file of the project that a config file describes; nothing is raised."""
    stamps: dict[Path, str] = {}
    file, problems = read_json(path, path.name, stamps)
    if file is None:
        file = WrittenFile(path.name, None)
        if path.name == CONFIG_FILENAME and not is_there(path):
            problems = tuple(problem._replace(right=to_move(path.parent)) for problem in problems)
        return Reading(path, ReadModel(None, file), ReadModel(None, file), {}, problems, None, (), stamps)
    file, ignored = current_layout(file)
    episodes = written_out(file)
    file = with_sources(file, episodes)
    written = file.content.get("CodingPlans") if isinstance(file.content, dict) else None
    plans, plans_path = _read_coding_plans(file, written, path, episodes, stamps)
    config = _read_config(file, path, plans.whole or plans.file, is_inline=isinstance(written, dict))
    schemes, problems_of_schemes = _read_code_schemes(plans.whole or plans.file, plans_path, path.parent, stamps)
    if config.model is not None and plans.model is not None and config.model.coding_plans == _INLINE:
        config = replace(config, model=config.model.model_copy(update={"coding_plans": plans.model}))
    locations = plans.model.locations if plans.model is not None else None
    places = read_places(locations, plans.file, plans_path.parent, stamps) if locations is not None else None
    of_places = places.problems if places is not None else ()
    found = (*problems, *episodes.problems, *config.problems, *plans.problems, *problems_of_schemes, *of_places)
    return Reading(path, config, plans, schemes, tuple(dict.fromkeys(found)), places, ignored, stamps)


def _read_config(file: WrittenFile, path: Path, plans: WrittenFile, *, is_inline: bool) -> ReadModel[PipelineConfig]:
    """The config with what follows from its folder and its plans; coding plans inside it are read by themselves."""
    content = file.content
    if isinstance(content, dict):
        has_ws_scheme = isinstance(plans.content, dict) and plans.content.get("WSCorrectDatasetScheme") is not None
        content = {"PipelineName": folder_name(path), "MoveWSMessages": has_ws_scheme, **content}
    content = {**content, "CodingPlans": _INLINE} if is_inline else content
    return as_model(PipelineConfig, replace(file, content=content), instead=_INSTEAD)


def _read_coding_plans(
    file: WrittenFile, written: Any, path: Path, episodes: WrittenOut, stamps: dict[Path, str]
) -> tuple[ReadModel[CodingPlansFile], Path]:
    """The coding plans with the questions of episodes, and the file that holds them."""
    if isinstance(written, dict):
        inline = WrittenFile(file.name, written, ("CodingPlans",))
        return as_model(CodingPlansFile, with_questions(inline, episodes)), path
    if not isinstance(written, str):
        return ReadModel(None, WrittenFile(file.name, None)), path
    if not written.strip():
        problem = Problem(file.at("CodingPlans"), "is empty", "name the file of the coding plans, or write them here")
        return ReadModel(None, WrittenFile(file.name, None), (problem,)), path
    plans_path = path.parent / written
    name = _name_of(plans_path, path.parent)
    beside, problems = read_json(plans_path, name, stamps)
    if beside is None:
        if not is_there(plans_path):
            problem = Problem(file.at("CodingPlans"), f'there is no file "{written}"')
            return ReadModel(None, WrittenFile(file.name, None), (problem,)), path
        return ReadModel(None, WrittenFile(name, None), problems), plans_path
    read = as_model(CodingPlansFile, with_questions(beside, episodes))
    return replace(read, problems=(*problems, *read.problems)), plans_path


def _read_code_schemes(
    plans: WrittenFile, plans_path: Path, project_folder: Path, stamps: dict[Path, str]
) -> tuple[dict[str, ReadModel[CodeScheme]], list[Problem]]:
    wanted = list(_scheme_names(plans.content))
    written_folder = plans.content.get("CodeSchemesDir", "code_schemes") if isinstance(plans.content, dict) else None
    if not wanted or not isinstance(written_folder, str):
        return {}, []
    folder = plans_path.parent / written_folder
    stamps[folder] = stamp_of(folder)
    try:
        available = {normal(name.stem): name for name in _json_files(folder)}
    except (OSError, ValueError) as error:
        wrong = reason(error)[0] if is_there(folder) else f'there is no folder "{written_folder}"'
        return {}, [Problem(plans.at("CodeSchemesDir"), wrong)]
    schemes: dict[str, ReadModel[CodeScheme]] = {}
    problems: dict[str, Problem] = {}
    for place, name in wanted:
        if name in schemes or name in problems:
            continue
        if normal(name) not in available:
            wrong = f'there is no code scheme "{name}" in {written_folder}'
            problems[name] = Problem(plans.at(*place), wrong, did_you_mean(name, available))
            continue
        path = available[normal(name)]
        schemes[name] = read_model(CodeScheme, path, _name_of(path, project_folder), stamps)
    return schemes, [*problems.values(), *(problem for scheme in schemes.values() for problem in scheme.problems)]


def _scheme_names(written: Any) -> Iterator[tuple[tuple[Step, ...], str]]:
    """The place and the name of each code scheme that the plans use, even if the plans are wrong in other ways."""
    if not isinstance(written, dict):
        return
    if isinstance(name := written.get("WSCorrectDatasetScheme"), str):
        yield ("WSCorrectDatasetScheme",), name
    if isinstance(operator := written.get("Operator"), dict) and isinstance(name := operator.get("CodeScheme"), str):
        yield ("Operator", "CodeScheme"), name
    for kind in DatasetKind:
        for index, dataset in enumerate(_items(written.get(kind))):
            for number, coding in enumerate(_items(dataset.get("Codings"))):
                if isinstance(name := coding.get("CodeScheme"), str):
                    yield (kind.value, index, "Codings", number, "CodeScheme"), name


def _items(written: Any) -> list[dict[str, Any]]:
    """The objects of a list, with empty ones for items that are none, so that each keeps its index."""
    return [item if isinstance(item, dict) else {} for item in written] if isinstance(written, list) else []


def _json_files(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        return sorted(Path(entry) for entry in entries if entry.name.endswith(".json"))


def _name_of(path: Path, project_folder: Path) -> str:
    """The path as problems call it: from the project's folder on where it lies there."""
    try:
        return path.relative_to(project_folder).as_posix()
    except ValueError:
        return str(path)
