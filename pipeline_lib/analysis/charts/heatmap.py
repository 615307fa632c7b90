"""Numbers in rows and columns, larger ones darker: themes by episode."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pipeline_lib.analysis.charts.captions import numeral
from pipeline_lib.analysis.charts.empty import empty
from pipeline_lib.analysis.charts.figure_layout import NARROW, POINTS, WIDE, Layout, Words, sheet
from pipeline_lib.analysis.charts.style import (
    INK,
    LEADING,
    LINESPACING,
    MUTED,
    PALETTE,
    PAPER,
    lines_of,
    parts_of,
    styled,
    text_width,
)
from pipeline_lib.disclosure.release import Cell

_TYPE = 8.5
_LABELS, _LABELS_IF_NARROW = 2.5 * POINTS, 1.0 * POINTS
"""Points for labels, if one needs so many; longer ones are wrapped."""

_PAD = 4.0
_WIDEST, _NARROWEST = 90.0, 33.0
"""Points: how wide a column may be."""

_FEWEST_COLUMNS = 3
"""So many have room beside each other, however long a word of their headings is."""

_GAP = 12.0
"""Points between groups of columns, beside or below each other."""

_DARK, _LIGHTEST = to_rgb(PALETTE[0]), 0.965
_WHITE_TYPE_FROM = 0.8
"""On anything lighter black type has more contrast."""


class Share(NamedTuple):
    """A share that stands for a number."""

    text: str
    """`34%`, or the sign shown instead of it."""
    percent: float | None
    """None where it is not released; 0 of nobody."""


class HeatmapRow(NamedTuple):
    """A row of numbers."""

    label: str
    cells: tuple[Cell | Share | None, ...]
    """None if there is nothing to count."""


class HeatmapColumn(NamedTuple):
    """A column's heading."""

    text: str
    group: str = ""
    """The heading above those of columns that belong together."""


def draw_heatmap(
    words: Words,
    columns: Sequence[HeatmapColumn],
    rows: Sequence[HeatmapRow],
    layout: Layout = WIDE,
    among: Sequence[HeatmapRow] = (),
) -> Figure:
    """A table whose cells get darker with their numbers; columns without room beside the others go below them.

    Args:
        words: The text around it.
        columns: Their headings.
        rows: Each with a cell per column.
        layout: How wide the paper is.
        among: All rows, if these are a part of them: cells are as dark as they would be among these.
    """
    amounts = [_amount(cell) for row in among or rows for cell in row.cells if cell is not None]
    if not any(amount != 0 for amount in amounts):
        return empty(words, layout)
    darkest = max(1.0, *(amount or 0 for amount in amounts))
    widest_label = max(text_width(row.label, _TYPE) for row in rows) + 2 * _PAD
    label_width = min(widest_label, _LABELS_IF_NARROW if layout == NARROW else _LABELS)
    room = layout.free_width * POINTS - label_width
    narrowest = _narrowest(columns, room)
    bands = [
        _band(columns, band, rows, label_width, _widths(columns, band, narrowest, room))
        for band in _bands(columns, narrowest, room)
    ]
    with styled():
        paper = sheet(words, layout, (sum(band.height for band in bands) + _GAP * (len(bands) - 1)) / POINTS)
        bottom = paper.height * POINTS
        for band in bands:
            bottom -= band.height
            _draw_band(paper.axes_in_points(0, bottom, paper.width * POINTS, band.height), band, darkest)
            bottom -= _GAP
        return paper.figure


def _narrowest(columns: Sequence[HeatmapColumn], room: float) -> list[float]:
    """How narrow each column may be, in points: no word of its group's headings is broken, unless one is very long."""
    widest: dict[str, float] = {}
    for column in columns:
        words = max((text_width(part, _TYPE) for word in column.text.split() for part in parts_of(word)), default=0.0)
        widest[column.group] = max(widest.get(column.group, 0.0), words + _PAD)
    longest = min(_WIDEST, room / _FEWEST_COLUMNS)
    return [min(max(_NARROWEST, widest[column.group]), longest) for column in columns]


def _amount(cell: Cell | Share) -> float | None:
    return cell.percent if isinstance(cell, Share) else cell.count


def _bands(columns: Sequence[HeatmapColumn], narrowest: Sequence[float], room: float) -> list[list[int]]:
    """The numbers of the columns that stand beside each other; a group stays whole if it can."""
    bands: list[list[int]] = []
    free = 0.0
    for _, numbered in groupby(enumerate(columns), key=lambda pair: pair[1].group):
        group = [number for number, _ in numbered]
        width = narrowest[group[0]]
        needed = _GAP + len(group) * width
        if bands and columns[group[0]].group and needed <= free:
            bands[-1] += group
            free -= needed
        else:
            band_count = -(-len(group) // int(room / width))
            most = -(-len(group) // band_count)
            bands += [group[first : first + most] for first in range(0, len(group), most)]
            free = room - len(bands[-1]) * width
    return bands


def _widths(
    columns: Sequence[HeatmapColumn], band: Sequence[int], narrowest: Sequence[float], room: float
) -> dict[int, float]:
    """How wide the columns of a band are, by their number: the same for all if that leaves every word whole."""
    free = room - _GAP * (len({columns[number].group for number in band}) - 1)
    width = min(_WIDEST, free / len(band))
    if width >= max(narrowest[number] for number in band):
        return dict.fromkeys(band, width)
    spare = (free - sum(narrowest[number] for number in band)) / len(band)
    return {number: min(_WIDEST, narrowest[number] + spare) for number in band}


class _Band(NamedTuple):
    """Columns beside each other, measured in points."""

    groups: list[tuple[float, list[str]]]
    """Each with its left edge."""
    headings: list[tuple[float, float, list[str]]]
    """Each with its left edge and its column's width."""
    rows: list[tuple[list[str], float, list[Cell | Share | None]]]
    """Lines of the label, height, and cells."""
    label_width: float
    top: float
    """Height of the headings."""
    group_top: float
    """Height of the groups' headings above them."""

    @property
    def height(self) -> float:
        return self.top + self.group_top + sum(height for _, height, _ in self.rows)


def _band(
    columns: Sequence[HeatmapColumn],
    numbers: Sequence[int],
    rows: Sequence[HeatmapRow],
    label_width: float,
    widths: Mapping[int, float],
) -> _Band:
    groups = [list(group) for _, group in groupby(numbers, key=lambda number: columns[number].group)]
    left, groups_shown, headings = label_width, [], []
    for group in groups:
        groups_shown.append(
            (left, lines_of(columns[group[0]].group, _TYPE, sum(map(widths.__getitem__, group)), bold=True))
        )
        for number in group:
            width = widths[number]
            headings.append((left, width, lines_of(columns[number].text, _TYPE, width - _PAD)))
            left += width
        left += _GAP
    shown = [(row.label, [row.cells[number] for number in numbers]) for row in rows]
    labels = [lines_of(label, _TYPE, label_width - 2 * _PAD) for label, _ in shown]
    return _Band(
        groups=groups_shown,
        headings=headings,
        rows=[
            (lines, len(lines) * _TYPE * LEADING + 2 * _PAD, cells)
            for lines, (_, cells) in zip(labels, shown, strict=True)
            if any(cell is not None for cell in cells)
        ],
        label_width=label_width,
        top=_heading_height([lines for _, _, lines in headings]),
        group_top=_heading_height([lines for _, lines in groups_shown]) if columns[numbers[0]].group else 0.0,
    )


def _heading_height(headings: Sequence[Sequence[str]]) -> float:
    return max(map(len, headings)) * _TYPE * LEADING + _PAD


def _draw_band(axes: Axes, band: _Band, darkest: float) -> None:
    bottom = band.height - band.group_top - band.top
    for left, lines in band.groups:
        _write(axes, left, bottom + band.top + _PAD, lines, ha="left", va="bottom", weight="bold")
    for left, width, lines in band.headings:
        _write(axes, left + width / 2, bottom + _PAD, lines, va="bottom", color=MUTED)
    for lines, height, cells in band.rows:
        bottom -= height
        _write(axes, band.label_width - _PAD, bottom + height / 2, lines, ha="right")
        for (left, width, _), cell in zip(band.headings, cells, strict=True):
            if cell is not None:
                _draw(axes, cell, (_amount(cell) or 0) / darkest, (left, bottom, width, height))


def _draw(axes: Axes, cell: Cell | Share, share: float, frame: tuple[float, float, float, float]) -> None:
    left, bottom, width, height = frame
    red, green, blue = (_LIGHTEST - share * (_LIGHTEST - part) for part in _DARK)
    axes.add_patch(Rectangle((left, bottom), width, height, facecolor=(red, green, blue), edgecolor=PAPER, lw=1.2))
    colour = PAPER if share >= _WHITE_TYPE_FROM else INK if _amount(cell) != 0 else MUTED
    text = cell.text if isinstance(cell, Share) else numeral(cell)
    _write(axes, left + width / 2, bottom + height / 2, [text], color=colour)


def _write(axes: Axes, x: float, y: float, lines: Sequence[str], **look: Any) -> None:
    usual: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": _TYPE, "linespacing": LINESPACING}
    axes.text(x, y, "\n".join(lines), **(usual | look))
