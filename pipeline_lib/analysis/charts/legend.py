"""What colours and hatches mean, in a row above a drawing."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.patches import Rectangle

from pipeline_lib.analysis.charts.figure_layout import POINTS, Layout, Sheet, Words, sheet
from pipeline_lib.analysis.charts.style import INK, MUTED, Colour, text_width

_TYPE = 8.0
_ROW, _SWATCH, _NEAR, _GAP, _BELOW = 15.0, 16.0, 4.0, 14.0, 6.0


class Key(NamedTuple):
    """One colour and its meaning."""

    text: str
    colour: Colour
    hatch: str = ""


class _Placed(NamedTuple):
    key: Key
    left: float
    row: int


def sheet_with_legend(words: Words, layout: Layout, height: float, title: str, keys: Sequence[Key]) -> Sheet:
    """Paper with free room of a height, and a legend above it in as many rows as it needs."""
    placed = _placed(title, keys, layout.free_width * POINTS)
    rows = placed[-1].row + 1 if placed else 0
    legend_height = rows * _ROW + _BELOW
    paper = sheet(words, layout, height + legend_height / POINTS)
    axes = paper.axes_in_points(0, height * POINTS, paper.width * POINTS, legend_height)
    axes.text(0, legend_height - _ROW / 2, title, fontsize=_TYPE, color=MUTED, va="center_baseline")
    for key, left, row in placed:
        middle = legend_height - (row + 0.5) * _ROW
        axes.add_patch(
            Rectangle((left, middle - 5), _SWATCH, 10, facecolor=key.colour, edgecolor=MUTED, hatch=key.hatch, lw=0.4)
        )
        axes.text(left + _SWATCH + _NEAR, middle, key.text, fontsize=_TYPE, color=INK, va="center_baseline")
    return paper._replace(height=height)


def _placed(title: str, keys: Sequence[Key], width: float) -> list[_Placed]:
    left = text_width(title, _TYPE) + _GAP if title else 0.0
    row = 0
    placed = []
    for key in keys:
        needed = _SWATCH + _NEAR + text_width(key.text, _TYPE)
        if left + needed > width:
            left, row = 0.0, row + 1
        placed.append(_Placed(key, left, row))
        left += needed + _GAP
    return placed
