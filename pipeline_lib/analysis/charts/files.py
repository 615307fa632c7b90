"""The graphs of a project as files: PNG for slides, SVG for print and for the report."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from pipeline_lib.analysis.charts.figure_layout import NARROW
from pipeline_lib.analysis.charts.graphs import Graph
from pipeline_lib.analysis.charts.pixels import png
from pipeline_lib.analysis.charts.style import inline_svg, svg
from pipeline_lib.analysis.charts.workers import drawn_by_workers
from pipeline_lib.analysis.filenames import filename

FOLDER = "graphs"

DPI = 200
"""1,600 pixels across."""


class DrawnGraph(NamedTuple):
    """A graph whose files have been written."""

    graph: Graph
    path: str
    """The SVG's path in the folder of the analysis; the PNG is beside it."""
    svg: bytes
    narrow: Markup
    """The same for a narrow column of a page that has the font."""


class _Job(NamedTuple):
    number: int
    graph: Graph
    folder: Path


def write_graphs(folder: Path, graphs: Sequence[Graph]) -> Iterator[DrawnGraph]:
    """Draws every graph into the folder of the analysis."""
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    jobs = [_Job(number, graph, folder / FOLDER) for number, graph in enumerate(graphs)]
    for graph, shapes in zip(graphs, drawn_by_workers(_draw, jobs, "Drawing graphs"), strict=True):
        yield DrawnGraph(graph, f"{FOLDER}/{filename(graph.name, '.svg')}", *shapes)


def _draw(job: _Job) -> tuple[bytes, Markup]:
    figure = job.graph.draw()
    shapes = svg(figure)
    (job.folder / filename(job.graph.name, ".svg")).write_bytes(shapes)
    (job.folder / filename(job.graph.name, ".png")).write_bytes(png(figure, DPI))
    return shapes, inline_svg(job.graph.draw(layout=NARROW), f"graph-{job.number}")
