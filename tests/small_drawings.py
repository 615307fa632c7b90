"""Drawings for tests of what becomes of them, and not of how they look: most of what an analysis costs is drawing."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from markupsafe import Markup

from pipeline_lib.analysis.charts import files as graph_files
from pipeline_lib.analysis.filenames import filename
from pipeline_lib.analysis.maps import files as map_files

_draw_graph, _draw_map = graph_files._draw, map_files._draw
_DPI = 20

_DRAWN: dict[bytes, tuple[Any, list[bytes]]] = {}
"""By all that a drawing shows: what its function gives, and its files."""


def draw_small_and_once(patch: pytest.MonkeyPatch) -> None:
    """Has everything drawn small, in this process, and the same once, however many tests ask for it."""
    patch.setattr("pipeline_lib.analysis.charts.workers._FEW", 1000)
    patch.setattr(graph_files, "DPI", _DPI)
    patch.setattr(map_files, "DPI", _DPI)
    patch.setattr(graph_files, "_draw", _draw_graph_once)
    patch.setattr(map_files, "_draw", _draw_map_once)


def _draw_graph_once(job: graph_files._Job) -> Any:
    """As the function that draws a graph in its own files."""
    names = [filename(job.graph.name, extension) for extension in (".svg", ".png")]
    return _drawn_once(_draw_graph, job, (job.number, job.graph), [job.folder / name for name in names])


def _draw_map_once(job: map_files._Job) -> Any:
    """As the function that draws a map in its own file."""
    base = [getattr(job.base, field.name) for field in fields(job.base)]  # without what it keeps for later
    return _drawn_once(_draw_map, job, (base, job.map), [job.path])


def _drawn_once(draw: Callable[[Any], Any], job: object, shown: object, paths: Sequence[Path]) -> Any:
    key = pickle.dumps(shown)
    if key not in _DRAWN:
        _DRAWN[key] = draw(job), [path.read_bytes() for path in paths]
    drawn, contents = _DRAWN[key]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return drawn


def draw_one_of_each_kind() -> None:
    """Has this process draw one graph of each kind and one map of each kind and level, small.

    In the files of the others stands what they would show, where whoever looks for words finds them; not so in pixels.
    """
    patch, kinds = pytest.MonkeyPatch(), set[object]()
    draw_small_and_once(patch)

    def is_first(*kind: object) -> bool:
        found = kind not in kinds
        kinds.add(kind)
        return found

    def draw_graph(job: graph_files._Job) -> Any:
        assert isinstance(job.graph.draw, partial)
        return _draw_graph(job) if is_first(job.graph.draw.func) else _written_graph(job)

    def draw_map(job: map_files._Job) -> Any:
        return _draw_map(job) if is_first(job.map.level, bool(job.map.shares)) else _written_map(job)

    patch.setattr(graph_files, "_draw", draw_graph)
    patch.setattr(map_files, "_draw", draw_map)


def _written_graph(job: graph_files._Job) -> tuple[bytes, Markup]:
    words = repr(job.graph)
    shapes = Markup('<svg viewBox="0 0 800 600"><desc>{}</desc></svg>').format(words)
    (job.folder / filename(job.graph.name, ".svg")).write_text(shapes, encoding="utf-8")
    (job.folder / filename(job.graph.name, ".png")).write_text(words, encoding="utf-8")
    return shapes.encode(), shapes


def _written_map(job: map_files._Job) -> tuple[tuple[()], Markup, str]:
    words = repr(job.map)
    job.path.write_text(words, encoding="utf-8")
    return (), Markup("<svg><desc>{}</desc></svg>").format(words), ""


def stand_in_for_graphs(patch: pytest.MonkeyPatch) -> None:
    """Has files of about a graph's size written where graphs would be: others for what would look otherwise."""
    patch.setattr("pipeline_lib.analysis.charts.workers._FEW", 1000)
    patch.setattr(graph_files, "_draw", _stand_in)


def stand_in_for_maps(patch: pytest.MonkeyPatch) -> None:
    """The same where maps would be."""
    patch.setattr("pipeline_lib.analysis.charts.workers._FEW", 1000)
    patch.setattr(map_files, "_draw", _stand_in_of_map)


def _stand_in(job: graph_files._Job) -> tuple[bytes, Markup]:
    """As the function that draws a graph in its own files."""
    pixels = _pixels(job.number, job.graph)
    shapes = f'<svg viewBox="0 0 800 600"><desc>{pixels.hex()}</desc></svg>'
    (job.folder / filename(job.graph.name, ".svg")).write_text(shapes, encoding="utf-8")
    (job.folder / filename(job.graph.name, ".png")).write_bytes(pixels)
    return shapes.encode(), Markup(shapes)  # noqa: S704 - digits are no markup


def _stand_in_of_map(job: map_files._Job) -> tuple[tuple[()], Markup, str]:
    """As the function that draws a map in its own file."""
    pixels = _pixels(job.map)
    job.path.write_bytes(pixels)
    return (), Markup("<svg><desc>{}</desc></svg>").format(pixels.hex()), ""


def _pixels(*shown: object) -> bytes:
    return Random(pickle.dumps(shown)).randbytes(2**14)  # noqa: S311 - no secret
