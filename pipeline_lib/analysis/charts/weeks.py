"""Messages and individuals, week by week."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline_lib.analysis.charts.captions import is_longer_than_a_year, numeral, short_day
from pipeline_lib.analysis.charts.count_axis import count_axis
from pipeline_lib.analysis.charts.date_axis import dates_with_room
from pipeline_lib.analysis.charts.empty import empty
from pipeline_lib.analysis.charts.figure_layout import POINTS, WIDE, Layout, Words
from pipeline_lib.analysis.charts.legend import Key, sheet_with_legend
from pipeline_lib.analysis.charts.style import INK, PALE, PALETTE, BarStyle, styled, text_width
from pipeline_lib.disclosure.release import Cell

MESSAGES, INDIVIDUALS = BarStyle(PALETTE[0]), BarStyle(PALETTE[4], "////")

_HEIGHT, _BELOW, _LEFT = 3.05, 0.5, 0.5
_BAR = 0.4
_NUMBER_TYPE, _NUMBER_GAP = 7.5, 1.5


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
        week_room = room / (len(weeks) + 0.2)
        for offset, style, series in (
            (-_BAR / 2, MESSAGES, [week.messages for week in weeks]),
            (_BAR / 2, INDIVIDUALS, [week.individuals for week in weeks]),
        ):
            places = [place + offset for place in range(len(weeks))]
            counts = [cell.count or 0 for cell in series]
            bars = axes.bar(places, counts, width=_BAR, color=style.colour, hatch=style.hatch, linewidth=0)
            for bar, week in zip(bars, weeks, strict=True):
                bar.set_alpha(PALE if week.part else None)
        _number(axes, weeks, week_room)
        dates = _dates(weeks)
        centres = [(place + 0.6) * week_room for place in range(len(weeks))]
        shown = dates_with_room(centres, dates, room + layout.margin * POINTS, before=0.5)
        axes.set_xticks(shown, [dates[place] for place in shown])
        count_axis(axes, cells)
        return paper.figure


def _dates(weeks: Sequence[Week]) -> list[str]:
    with_year = is_longer_than_a_year(weeks[0].start, weeks[-1].start)
    return ["\n".join(filter(None, (short_day(week.start, with_year=with_year), week.part))) for week in weeks]


def _number(axes: Axes, weeks: Sequence[Week], week_room: float) -> None:
    """Numbers above bars; where not all have room, as many signs of unreleased ones as have.

    Args:
        axes: Where the bars are.
        weeks: What they show.
        week_room: How wide a week is, in points.
    """
    numbers = [
        (place + offset, cell)
        for place, week in enumerate(weeks)
        for offset, cell in ((-_BAR / 2, week.messages), (_BAR / 2, week.individuals))
    ]
    widest = max(text_width(numeral(cell), _NUMBER_TYPE) for _, cell in numbers)
    has_room_for_all = widest + _NUMBER_GAP <= _BAR * week_room
    free_from = -1.0
    for place, cell in numbers:
        text = numeral(cell)
        half = (text_width(text, _NUMBER_TYPE) + _NUMBER_GAP) / week_room / 2
        if has_room_for_all or (cell.count is None and place - half >= free_from):
            free_from = place + half
            axes.annotate(
                text,
                (place, cell.count or 0),
                (0, 2),
                textcoords="offset points",
                ha="center",
                fontsize=_NUMBER_TYPE,
                color=INK,
            )
