"""Messages and individuals, week by week."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline_lib.analysis.charts.captions import numeral, short_day
from pipeline_lib.analysis.charts.count_axis import count_axis
from pipeline_lib.analysis.charts.empty import empty
from pipeline_lib.analysis.charts.figure_layout import POINTS, WIDE, Layout, Words
from pipeline_lib.analysis.charts.legend import Key, sheet_with_legend
from pipeline_lib.analysis.charts.style import INK, PALE, PALETTE, BarStyle, styled
from pipeline_lib.disclosure.release import Cell

MESSAGES, INDIVIDUALS = BarStyle(PALETTE[0]), BarStyle(PALETTE[4], "////")

_HEIGHT, _BELOW, _LEFT = 3.05, 0.5, 0.5
_BAR = 0.4
_NUMBER_POINTS, _DATE_POINTS = 17.0, 54.0
"""Room that a number above a bar and a date below it need, so that they don't run into each other."""


class Week(NamedTuple):
    """What came in within a week."""

    start: date
    """A Monday."""
    messages: Cell
    individuals: Cell
    part: str = ""
    """How much of it is covered: `2 of 7 days`; empty for a whole week."""


def draw_weeks(words: Words, weeks: Sequence[Week], layout: Layout = WIDE) -> Figure:
    """Two bars per week."""
    cells = [cell for week in weeks for cell in (week.messages, week.individuals)]
    if all(cell.count == 0 for cell in cells):
        return empty(words, layout)
    with styled():
        keys = [Key("messages", *MESSAGES), Key("individuals", *INDIVIDUALS)]
        paper = sheet_with_legend(words, layout, _HEIGHT, "", keys)
        axes = paper.axes(_LEFT, _BELOW, paper.width - _LEFT, _HEIGHT - _BELOW)
        room = (paper.width - _LEFT) * POINTS
        axes.set_xlim(-0.6, len(weeks) - 0.4)
        for offset, style, series in (
            (-_BAR / 2, MESSAGES, [week.messages for week in weeks]),
            (_BAR / 2, INDIVIDUALS, [week.individuals for week in weeks]),
        ):
            places = [place + offset for place in range(len(weeks))]
            counts = [cell.count or 0 for cell in series]
            bars = axes.bar(places, counts, width=_BAR, color=style.colour, hatch=style.hatch, linewidth=0)
            for bar, week in zip(bars, weeks, strict=True):
                bar.set_alpha(PALE if week.part else None)
            _number(axes, places, series, every=2 * len(weeks) * _NUMBER_POINTS <= room)
        every = -(-len(weeks) // int(room / _DATE_POINTS))
        shown = range(0, len(weeks), every)
        axes.set_xticks(shown, ["\n".join(filter(None, _dated(weeks[place]))) for place in shown])
        count_axis(axes, cells)
        return paper.figure


def _dated(week: Week) -> tuple[str, str]:
    return short_day(week.start), week.part


def _number(axes: Axes, places: Sequence[float], series: Sequence[Cell], *, every: bool) -> None:
    """Numbers above bars; if there are too many, only the signs of numbers that are not released."""
    for place, cell in zip(places, series, strict=True):
        if every or cell.count is None:
            axes.annotate(
                numeral(cell),
                (place, cell.count or 0),
                (0, 2),
                textcoords="offset points",
                ha="center",
                fontsize=7.5,
                color=INK,
            )
