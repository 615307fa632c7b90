"""Draws an analysis, with the boundary files that the config names."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.analysis.charts.captions import About
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.maps.files import BoundaryFile, base_maps
from pipeline_lib.analysis.published_numbers import Published
from pipeline_lib.analysis.report.drawn import Material, write_drawings
from pipeline_lib.config import Project
from pipeline_lib.config.automated_analysis import AutomatedAnalysis, Boundaries
from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.model.coding_plan import PlacesOfMap
from pipeline_lib.model.times import EARLIEST
from pipeline_lib.stages.disclosure import perturbation_table
from pipeline_lib.stages.notes import notes_of
from pipeline_lib.storage import MissingArtifactError, as_uri, located


class Analysed(NamedTuple):
    """What the tables were made from, and the tables."""

    published: Published
    tables: Mapping[str, int]
    """Numbers of rows, by file."""


def draw_analysis(folder: Path, project: Project, analysed: Analysed, about: About) -> None:
    """Writes graphs, maps and the report into the folder of the analysis.

    Args:
        folder: Where the tables are.
        project: The project.
        analysed: What there is to draw.
        about: What every drawing says of the project.

    Raises:
        ConfigError: A boundary file is missing, is not a boundary file, or lacks its property.
    """
    asked = project.config.automated_analysis or AutomatedAnalysis()
    with _local(project, asked.boundaries) as boundaries:
        material = Material(
            published=analysed.published,
            plans=project.plans,
            asked=asked,
            about=about,
            description=" ".join(filter(None, [project.config.description, *notes_of(project)])),
            boundaries=boundaries,
            tables=analysed.tables,
        )
        write_drawings(folder, material)


def boundary_problems(project: Project) -> list[Problem]:
    """What is wrong with the boundary files on this machine; codes and areas without a match are logged.

    A missing file is not reported here: the checks of a config do that.
    """
    boundaries = (project.config.automated_analysis or AutomatedAnalysis()).boundaries
    levels = dict(project.plans.maps)
    problems: list[Problem] = []
    for number, each in enumerate(boundaries):
        uri = as_uri(each.file_url, project.folder)
        if not uri.startswith("file:"):
            continue
        storage, name = located(uri)
        plans = replace(project.plans, maps=(PlacesOfMap(each.level, levels[each.level]),))
        try:
            with storage.local_file(name) as path:
                base_maps(plans, {each.level: BoundaryFile(path, each.code_property, _place(project, number))})
        except MissingArtifactError:
            continue
        except ConfigError as error:
            problems += error.problems
    return problems


def _place(project: Project, number: int) -> str:
    return f"{project.path.name}: AutomatedAnalysis.Boundaries[{number}]"


def about_of(project: Project, frames: Frames, as_of: datetime | None) -> About:
    """What every drawing says of the project.

    A project without a start begins with the day of its first message. Without an as-of time, the newest message's
    whole day counts as known.
    """
    config = project.config
    zone = (config.project_start_date or config.ends_at).tzinfo
    oldest, newest = (
        sent_at.astimezone(zone) if isinstance(sent_at, datetime) else None
        for sent_at in (frames.messages["sent_at"].min(), frames.messages["sent_at"].max())
    )
    begins = as_of or EARLIEST if oldest is None else datetime.combine(oldest, time.min, zone)
    start = config.project_start_date or begins.astimezone(zone)
    known = as_of or (datetime.combine(newest, time.max, zone) if newest else start)
    table = perturbation_table(project)
    threshold = None if table is None else table.threshold
    return About(config.pipeline_name, start, config.ends_at, known, threshold)


@contextmanager
def _local(project: Project, boundaries: tuple[Boundaries, ...]) -> Iterator[dict[str, BoundaryFile]]:
    """The boundary files on this machine, by level; a shapefile that is already here has its siblings beside it."""
    with ExitStack() as files:
        found = {}
        for number, each in enumerate(boundaries):
            place = _place(project, number)
            storage, name = located(as_uri(each.file_url, project.folder))
            try:
                path = files.enter_context(storage.local_file(name))
            except MissingArtifactError:
                wrong = f'there is no file "{each.file_url}"'
                raise ConfigError(
                    Problem(f"{place}.FileURL", wrong, "correct it, or leave these Boundaries out")
                ) from None
            found[each.level] = BoundaryFile(path, each.code_property, place)
        yield found
