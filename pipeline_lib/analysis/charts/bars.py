"""Horizontal bars, each with a label on its left and its number on its right."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline_lib.analysis.charts.captions import numeral
from pipeline_lib.analysis.charts.empty import empty
from pipeline_lib.analysis.charts.figure_layout import NARROW, POINTS, WIDE, Layout, Words, sheet
from pipeline_lib.analysis.charts.legend import Key, sheet_with_legend
from pipeline_lib.analysis.charts.style import INK, LEADING, LINESPACING, BarStyle, lines_of, styled
from pipeline_lib.disclosure.release import Cell, percent

_TYPE = 9.0

_LABELS, _BETWEEN, _NUMBERS = 2.5, 0.12, 1.0
"""Inches: for labels (longer ones are wrapped), and for the number beside the longest bar. Where the paper is narrow,
labels stand above their bars."""

_BAR, _GAP = 0.2, 0.11
_NARROW_BAR = 0.17


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


def draw_bars(
    words: Words, rows: Sequence[Row], keys: Sequence[Key] = (), layout: Layout = WIDE, among: Sequence[Row] = ()
) -> Figure:
    """Rows of bars from top to bottom; a number that is not released is shown as its sign, without a bar.

    Args:
        words: The text around them.
        rows: Each with a bar per key, or with one bar.
        keys: Colours and hatches that tell the bars of a row apart.
        layout: How wide the paper is.
        among: All rows, if these are a part of them: bars are as long as they would be among these.
    """
    cells = [bar.cell for row in among or rows for bar in row.bars]
    if all(cell.count == 0 for cell in cells):
        return empty(words, layout)
    is_above = layout == NARROW
    bar_height = _NARROW_BAR if is_above else _BAR
    label_width = layout.free_width if is_above else _LABELS
    labels = [lines_of(row.label, _TYPE, label_width * POINTS) for row in rows]
    places = [
        _Place(len(lines) * _TYPE * LEADING / POINTS, len(row.bars) * bar_height, is_above)
        for row, lines in zip(rows, labels, strict=True)
    ]
    height = sum(place.height for place in places)
    left = 0.0 if is_above else _LABELS + _BETWEEN
    with styled():
        paper = sheet_with_legend(words, layout, height, "", keys) if keys else sheet(words, layout, height)
        axes = paper.axes(left, 0, paper.width - left - _NUMBERS, height)
        axes.set(xlim=(0, max(cell.count or 0 for cell in cells) or 1), ylim=(height, 0), xticks=[], yticks=[])
        axes.spines["bottom"].set_visible(False)
        top = 0.0
        for row, lines, place in zip(rows, labels, places, strict=True):
            _write(axes, "\n".join(lines), 0, top + place.label_middle, 0 if is_above else -POINTS * _BETWEEN / 2)
            for number, bar in enumerate(row.bars):
                _draw(axes, bar, top + place.bars_top + (number + 0.5) * bar_height, bar_height)
            top += place.height
        return paper.figure


class _Place(NamedTuple):
    """Where a row's label and its bars are, in inches below its top."""

    label_height: float
    bars_height: float
    is_above: bool
    """Whether the label is above the bars, rather than beside them."""

    @property
    def height(self) -> float:
        together = self.label_height + self.bars_height if self.is_above else max(self.label_height, self.bars_height)
        return together + _GAP

    @property
    def label_middle(self) -> float:
        return self.label_height / 2 if self.is_above else self.height / 2

    @property
    def bars_top(self) -> float:
        return self.label_height if self.is_above else (self.height - self.bars_height) / 2


def _draw(axes: Axes, bar: Bar, middle: float, height: float) -> None:
    count = bar.cell.count
    axes.barh(middle, count or 0, height=height, color=bar.style.colour, hatch=bar.style.hatch, linewidth=0)
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
        linespacing=LINESPACING,
    )
