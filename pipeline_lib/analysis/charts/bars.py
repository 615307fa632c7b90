"""Horizontal bars, each with a label on its left and its number on its right."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline_lib.analysis.charts.captions import numeral
from pipeline_lib.analysis.charts.empty import empty
from pipeline_lib.analysis.charts.figure_layout import POINTS, WIDTH, Words, sheet
from pipeline_lib.analysis.charts.legend import Key, sheet_with_legend
from pipeline_lib.analysis.charts.style import INK, BarStyle, lines_of, styled
from pipeline_lib.disclosure.release import Cell, percent

_TYPE = 9.0
_LEADING = 1.2
_SPACING = 1.0
"""About the same leading, in Matplotlib's own unit."""

_LABELS, _BETWEEN, _NUMBERS = 2.5, 0.12, 1.0
"""Inches: for labels (longer ones are wrapped), and for the number beside the longest bar."""

_BAR, _GAP = 0.2, 0.11


class Bar(NamedTuple):
    """One bar."""

    cell: Cell
    style: BarStyle
    whole: Cell | None = None
    """The whole that its share is of; None if a share would mean nothing."""


class Row(NamedTuple):
    """Bars that belong together, under one label."""

    label: str
    bars: tuple[Bar, ...]


def draw_bars(words: Words, rows: Sequence[Row], keys: Sequence[Key] = ()) -> Figure:
    """Rows of bars from top to bottom; a number that is not released is shown as its sign, without a bar.

    Args:
        words: The text around them.
        rows: Each with a bar per key, or with one bar.
        keys: Colours and hatches that tell the bars of a row apart.
    """
    cells = [bar.cell for row in rows for bar in row.bars]
    if all(cell.count == 0 for cell in cells):
        return empty(words)
    labels = [lines_of(row.label, _TYPE, _LABELS * POINTS) for row in rows]
    heights = [
        max(len(row.bars) * _BAR, len(lines) * _TYPE * _LEADING / POINTS) + _GAP
        for row, lines in zip(rows, labels, strict=True)
    ]
    height = sum(heights)
    with styled():
        paper = sheet_with_legend(words, WIDTH, height, "", keys) if keys else sheet(words, WIDTH, height)
        left = _LABELS + _BETWEEN
        axes = paper.axes(left, 0, paper.width - left - _NUMBERS, height)
        axes.set(xlim=(0, max(cell.count or 0 for cell in cells) or 1), ylim=(height, 0), xticks=[], yticks=[])
        axes.spines["bottom"].set_visible(False)
        top = 0.0
        for row, lines, row_height in zip(rows, labels, heights, strict=True):
            middle = top + row_height / 2
            _write(axes, "\n".join(lines), 0, middle, -POINTS * _BETWEEN / 2)
            for place, bar in enumerate(row.bars):
                _draw(axes, bar, middle + (place - (len(row.bars) - 1) / 2) * _BAR)
            top += row_height
        return paper.figure


def _draw(axes: Axes, bar: Bar, middle: float) -> None:
    count = bar.cell.count
    axes.barh(middle, count or 0, height=_BAR, color=bar.style.colour, hatch=bar.style.hatch, linewidth=0)
    share = percent(bar.cell, bar.whole) if bar.whole is not None else ""
    text = numeral(bar.cell)
    _write(axes, f"{text}  ({share}%)" if share[:1].isdigit() else text, count or 0, middle, 4)


def _write(axes: Axes, text: str, x: float, y: float, offset: float) -> None:
    """A text beside a point: before it if the offset is negative, else behind it."""
    axes.annotate(
        text,
        (x, y),
        (offset, 0),
        textcoords="offset points",
        ha="right" if offset < 0 else "left",
        va="center",
        fontsize=_TYPE,
        color=INK,
        linespacing=_SPACING,
    )
