"""The maps of a project as files, a folder per level."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from pipeline_lib.analysis.charts.legend import Key
from pipeline_lib.analysis.charts.pixels import png
from pipeline_lib.analysis.charts.workers import drawn_by_workers
from pipeline_lib.analysis.codings import all_codings
from pipeline_lib.analysis.map_places import places_of
from pipeline_lib.analysis.maps.base import BaseMap, base_map
from pipeline_lib.analysis.maps.drawing import draw_map
from pipeline_lib.analysis.maps.maps import Map
from pipeline_lib.analysis.maps.svg import map_svg
from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.model.coding_plan import CodingPlans

FOLDER = "maps"

DPI = 300


class BoundaryFile(NamedTuple):
    """A file of a level's areas, as a config names it."""

    path: Path
    code_property: str
    place: str
    """The place in the config that names it, for errors."""


class DrawnMap(NamedTuple):
    """A map whose file has been written."""

    map: Map
    path: str
    """The PNG's path in the folder of the analysis."""
    legend: tuple[Key, ...]
    svg: Markup
    """For a page with the level's `areas_svg`."""
    letters: str
    """What letters on it stand for, in a sentence; empty where there are none."""


class _Job(NamedTuple):
    base: BaseMap
    map: Map
    path: Path


def base_maps(plans: CodingPlans, files: Mapping[str, BoundaryFile]) -> dict[str, BaseMap]:
    """Every level of the plans with its areas: from its file, or schematic ones.

    Raises:
        ConfigError: A file is not a boundary file, lacks the property, or has areas that no map can show.
    """
    if not plans.maps:
        return {}
    # Imports that take seconds, which projects without maps need not wait for.
    from pipeline_lib.analysis.maps.layer import read_layer  # noqa: PLC0415
    from pipeline_lib.analysis.maps.schematic import schematic_layer  # noqa: PLC0415

    codings = {coding.key: coding for coding in all_codings(plans)}
    bases = {}
    for level, key in plans.maps:
        layer = read_layer(*files[level]) if level in files else schematic_layer(level)
        bases[level] = base_map(level, places_of(codings[key].coding.code_scheme), layer)
        if level in files and not all(map(math.isfinite, bases[level].size)):
            file = files[level]
            wrong = f'the areas in "{file.path.name}" are too small to be seen on one map'
            raise ConfigError(Problem(f"{file.place}.FileURL", wrong, "name a file of areas that fill a country"))
    return bases


def write_maps(folder: Path, maps: Sequence[Map], bases: Mapping[str, BaseMap]) -> Iterator[DrawnMap]:
    """Draws every map into the folder of the analysis."""
    for level in bases:
        (folder / FOLDER / level).mkdir(parents=True, exist_ok=True)
    jobs = [_Job(bases[each.level], each, folder / FOLDER / each.level / each.filename) for each in maps]
    for job, drawn in zip(jobs, drawn_by_workers(_draw, jobs, "Drawing maps"), strict=True):
        yield DrawnMap(job.map, job.path.relative_to(folder).as_posix(), *drawn)


def _draw(job: _Job) -> tuple[tuple[Key, ...], Markup, str]:
    drawn = draw_map(job.base, job.map.words, job.map.counts, job.map.shades, job.map.shares)
    job.path.write_bytes(png(drawn.figure, DPI))
    return drawn.legend, map_svg(job.base, drawn), drawn.letters
