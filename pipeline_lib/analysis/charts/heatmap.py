"""Numbers in rows and columns, larger ones darker: themes by episode."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pipeline_lib.analysis.charts.captions import numeral
from pipeline_lib.analysis.charts.empty import empty
from pipeline_lib.analysis.charts.figure_layout import POINTS, WIDTH, Words, free_width, sheet
from pipeline_lib.analysis.charts.style import INK, MUTED, PALETTE, PAPER, lines_of, styled
from pipeline_lib.disclosure.release import Cell

_TYPE, _LEADING = 8.5, 1.2
_LABELS = 2.5 * POINTS
_PAD = 5.0
_WIDEST = 90.0
_DARK, _LIGHTEST = to_rgb(PALETTE[0]), 0.965
_WHITE_TYPE_FROM = 0.55


class HeatmapRow(NamedTuple):
    """A row of numbers."""

    label: str
    cells: tuple[Cell | None, ...]
    """None if there is nothing to count."""


def draw_heatmap(words: Words, columns: Sequence[str], rows: Sequence[HeatmapRow]) -> Figure:
    """A table whose cells get darker with their numbers."""
    counts = [cell.count or 0 for row in rows for cell in row.cells if cell is not None]
    if not any(counts) and all(cell is None or cell.count == 0 for row in rows for cell in row.cells):
        return empty(words)
    width = min(_WIDEST, (free_width(WIDTH) * POINTS - _LABELS) / len(columns))
    headings = [lines_of(column, _TYPE, width - _PAD) for column in columns]
    labels = [lines_of(row.label, _TYPE, _LABELS - 2 * _PAD) for row in rows]
    heights = [len(lines) * _TYPE * _LEADING + 2 * _PAD for lines in labels]
    top = max(map(len, headings)) * _TYPE * _LEADING + _PAD
    height = top + sum(heights)
    with styled():
        paper = sheet(words, WIDTH, height / POINTS)
        axes = paper.axes_in_points(0, 0, paper.width * POINTS, height)
        for place, lines in enumerate(headings):
            middle = _LABELS + (place + 0.5) * width
            _write(axes, middle, height - top + _PAD, lines, va="bottom", color=MUTED)
        bottom = height - top
        for row, lines, row_height in zip(rows, labels, heights, strict=True):
            bottom -= row_height
            _write(axes, _LABELS - _PAD, bottom + row_height / 2, lines, ha="right")
            for place, cell in enumerate(row.cells):
                if cell is not None:
                    frame = (_LABELS + place * width, bottom, width, row_height)
                    _draw(axes, cell, (cell.count or 0) / max(1, *counts), frame)
        return paper.figure


def _draw(axes: Axes, cell: Cell, share: float, frame: tuple[float, float, float, float]) -> None:
    left, bottom, width, height = frame
    red, green, blue = (_LIGHTEST - share * (_LIGHTEST - part) for part in _DARK)
    axes.add_patch(Rectangle((left, bottom), width, height, facecolor=(red, green, blue), edgecolor=PAPER, lw=1.2))
    colour = PAPER if share >= _WHITE_TYPE_FROM else INK if cell.count != 0 else MUTED
    _write(axes, left + width / 2, bottom + height / 2, [numeral(cell)], color=colour)


def _write(axes: Axes, x: float, y: float, lines: Sequence[str], **look: Any) -> None:
    usual: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": _TYPE, "linespacing": 1.0}
    axes.text(x, y, "\n".join(lines), **(usual | look))
