"""All drawings of an analysis: graphs, maps, and the page that shows them."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.analysis.charts import graphs
from pipeline_lib.analysis.charts.captions import About
from pipeline_lib.analysis.charts.files import write_graphs
from pipeline_lib.analysis.maps.files import BoundaryFile, base_maps, write_maps
from pipeline_lib.analysis.maps.maps import maps_of
from pipeline_lib.analysis.published_numbers import Published
from pipeline_lib.analysis.report import page
from pipeline_lib.analysis.report.engagement import read_engagement
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.model.coding_plan import CodingPlans
from pipeline_lib.progress import step


class Material(NamedTuple):
    """The data that drawings are made from."""

    published: Published
    plans: CodingPlans
    asked: AutomatedAnalysis
    about: About
    description: str
    """A description of the project, for people who don't know it."""
    boundaries: Mapping[str, BoundaryFile]
    """By level; a level without one gets schematic maps."""
    tables: Mapping[str, int]
    """Numbers of rows of the tables that lie in the folder, by file."""


def write_drawings(folder: Path, material: Material) -> None:
    """Writes `graphs/`, `maps/` and `index.html` into the folder of the analysis, beside the tables.

    The page shows engagement metrics that are in the folder.

    Raises:
        ConfigError: A boundary file cannot be read, or lacks the property; then nothing has been drawn.
    """
    published, about = material.published, material.about
    bases = base_maps(material.plans, material.boundaries)
    contents = graphs.Contents(published, material.asked, about)
    with step("Drawing graphs") as drawing:
        drawn_graphs = list(write_graphs(folder, list(graphs.graphs_of(contents))))
        drawing.row_count = len(drawn_graphs)
    with step("Drawing maps") as drawing:
        maps = list(maps_of(published, material.plans, bases, material.asked.theme_map_levels, about))
        drawn_maps = list(write_maps(folder, maps, bases))
        drawing.row_count = len(drawn_maps)
    shown = page.Contents(
        about=about,
        description=material.description,
        published=published,
        graphs=drawn_graphs,
        maps=drawn_maps,
        bases=bases,
        tables=material.tables,
        engagement=read_engagement(folder, about.start.tzinfo),
    )
    (folder / page.FILENAME).write_text(page.report(shown), encoding="utf-8")
