"""Messages over time, with the promotions that may have brought them shaded behind and listed below."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline_lib.analysis.charts.captions import hour, is_longer_than_a_year, numeral, short_day
from pipeline_lib.analysis.charts.count_axis import count_axis
from pipeline_lib.analysis.charts.date_axis import dates_with_room
from pipeline_lib.analysis.charts.empty import empty
from pipeline_lib.analysis.charts.figure_layout import NARROW, POINTS, WIDE, Layout, Sheet, Words
from pipeline_lib.analysis.charts.legend import Key, sheet_with_legend
from pipeline_lib.analysis.charts.style import LEADING, MUTED, PALE, PALETTE, RULE, BarStyle, lines_of, styled
from pipeline_lib.disclosure.release import Cell

OPTED_IN, RELEVANT = BarStyle(PALETTE[4], "////"), BarStyle(PALETTE[0])

_TINTS = ("#f6efe0", "#e6edf2")
_PLOT, _DATES, _LANE, _LEFT = 2.4, 0.45, 0.17, 0.5
"""Inches: height of the bars, of the dates below, of a row of promotions above; room for numbers to the left."""

_TYPE, _BETWEEN = 8.5, 3.6


class _List(NamedTuple):
    """The list of promotions."""

    headings: tuple[str, ...]
    columns: tuple[tuple[float, str], ...]
    """Inches from the left, and the side of the text that is aligned there."""
    label_width: float

    @property
    def has_times_apart(self) -> bool:
        """Whether times have a column of their own, rather than a line below the label."""
        return "From, until before" in self.headings


_LISTS = {
    WIDE: _List(
        ("", "Range", "From, until before", "Messages", "Relevant"),
        ((0.0, "left"), (0.3, "left"), (3.7, "left"), (6.4, "right"), (7.2, "right")),
        3.25,
    ),
    NARROW: _List(
        ("", "Range", "Messages", "Relevant"),
        ((0.0, "left"), (0.2, "left"), (2.65, "right"), (3.3, "right")),
        1.8,
    ),
}

_NUMBER_POINTS = 7.0
"""Room that a promotion's number needs."""

_DAY = timedelta(days=1)


class Slot(NamedTuple):
    """Messages of a day, or an hour."""

    start: datetime
    opted_in: Cell
    relevant: Cell
    part: str = ""
    """How much of it is covered: `2 of 24 hours`; empty if all of it is."""


class Promotion(NamedTuple):
    """A range of time and its messages."""

    label: str
    start: datetime
    end: datetime
    opted_in: Cell
    relevant: Cell
    covered: float | None = 1.0
    """How much of it is within the project's dates and what was received, 0 to 1; None if it ends before it begins."""


class _Span(NamedTuple):
    """A promotion on paper: from its start to its end, in days, in one of the rows above the bars."""

    left: float
    right: float
    lane: int


def draw_traffic(
    words: Words,
    slots: Sequence[Slot],
    length: timedelta,
    promotions: Sequence[Promotion],
    layout: Layout = WIDE,
) -> Figure:
    """Bars of slots of one length without gaps between them; all times in the zone in which they are shown."""
    if all(slot.opted_in.count == 0 for slot in slots):
        return empty(words, layout)
    begin = min([slots[0].start, *(each.start for each in promotions if each.start < each.end)])
    end = max([slots[-1].start + length, *(each.end for each in promotions if each.start < each.end)])
    spans = _spans(promotions, begin, (end - begin) * _NUMBER_POINTS / ((layout.free_width - _LEFT) * POINTS))
    above = _LANE * len({span.lane for span in spans})
    with_year = is_longer_than_a_year(begin, end)
    listed = [_texts(each, number, layout, with_year=with_year) for number, each in enumerate(promotions, start=1)]
    below = _list_height(listed)
    with styled():
        keys = [Key("messages", *OPTED_IN), Key("of them relevant", *RELEVANT)]
        paper = sheet_with_legend(words, layout, above + _PLOT + _DATES + below, "", keys)
        plot = paper.axes(_LEFT, below + _DATES, paper.width - _LEFT, _PLOT)
        plot.set_xlim(0, (end - begin) / _DAY)
        _draw_slots(plot, slots, begin, length)
        day_room = (paper.width - _LEFT) * POINTS / ((end - begin) / _DAY)
        _date(plot, slots, length, _Dates(begin, day_room, layout.margin * POINTS, with_year=with_year))
        if promotions:
            strip = paper.axes(_LEFT, below + _DATES + _PLOT, paper.width - _LEFT, above)
            strip.set(xlim=plot.get_xlim(), ylim=(0, above / _LANE))
            strip.set_axis_off()
            _draw_spans(plot, strip, spans)
            _list(paper, listed, below, _LISTS[layout])
        return paper.figure


def _spans(promotions: Sequence[Promotion], begin: datetime, shortest: timedelta) -> list[_Span]:
    """Each promotion in the lowest row in which it overlaps no earlier one."""
    taken: list[datetime] = []
    lanes = {}
    for place in sorted(range(len(promotions)), key=lambda place: promotions[place].start):
        start, end = promotions[place].start, promotions[place].end
        lane = next((lane for lane, until in enumerate(taken) if until <= start), len(taken))
        taken[lane : lane + 1] = [max(end, start + shortest)]
        lanes[place] = lane
    return [
        _Span((each.start - begin) / _DAY, (each.end - begin) / _DAY, lanes[place])
        for place, each in enumerate(promotions)
    ]


def _draw_slots(axes: Axes, slots: Sequence[Slot], begin: datetime, length: timedelta) -> None:
    starts = [(slot.start - begin) / _DAY for slot in slots]
    width = length / _DAY
    for style, cells in ((OPTED_IN, [slot.opted_in for slot in slots]), (RELEVANT, [slot.relevant for slot in slots])):
        counts = [cell.count or 0 for cell in cells]
        usual: dict[str, Any] = {
            "align": "edge",
            "color": style.colour,
            "hatch": style.hatch,
            "linewidth": 0,
            "zorder": 3,
        }
        for bar, slot in zip(axes.bar(starts, counts, width * 0.86, **usual), slots, strict=True):
            bar.set_alpha(PALE if slot.part else None)
    count_axis(axes, [slot.opted_in for slot in slots])


class _Dates(NamedTuple):
    """How dates lie below the bars."""

    begin: datetime
    """Where the axis begins."""
    day_room: float
    """How wide a day is, in points."""
    margin: float
    """Points to the right of the axis that dates may reach into."""
    with_year: bool


def _date(axes: Axes, slots: Sequence[Slot], length: timedelta, form: _Dates) -> None:
    """Writes dates below slots: as hours if there are fewer than two midnights."""
    dated = slots
    write: Callable[..., str] = short_day
    if length < _DAY:
        midnights = [slot for slot in slots if slot.start.hour == 0]
        dated, write = (midnights, short_day) if len(midnights) > 1 else (slots, hour)
    starts = [(slot.start - form.begin) / _DAY for slot in dated]
    dates = [write(slot.start, with_year=form.with_year) for slot in dated]
    room = axes.get_xlim()[1] * form.day_room + form.margin
    shown = dates_with_room([start * form.day_room for start in starts], dates, room, before=0.0)
    side = "left" if shown else "right"
    shown = shown or [0]
    axes.set_xticks([starts[number] for number in shown], [dates[number] for number in shown], ha=side)


def _draw_spans(plot: Axes, strip: Axes, spans: Sequence[_Span]) -> None:
    for place, (left, right, lane) in enumerate(spans):
        if right <= left:
            continue  # Q18: it ends before it starts, and has no messages
        tint = _TINTS[place % len(_TINTS)]
        plot.axvspan(left, right, facecolor=tint, edgecolor=RULE, linewidth=0.5, zorder=0)
        strip.barh(lane + 0.5, right - left, left=left, height=0.8, color=tint, edgecolor=MUTED, linewidth=0.5)
        strip.text((left + right) / 2, lane + 0.5, str(place + 1), ha="center", va="center_baseline", fontsize=7)


def _texts(promotion: Promotion, number: int, layout: Layout, *, with_year: bool) -> list[str]:
    """A promotion's line of the list, column by column."""
    form = _LISTS[layout]
    first, end = (hour(when, with_year=with_year) for when in (promotion.start, promotion.end))
    times = [f"{first} to", end] if with_year else [f"{first} to {end}"]
    label = lines_of(promotion.label, _TYPE, form.label_width * POINTS)
    numbers = numeral(promotion.opted_in), numeral(promotion.relevant)
    if form.has_times_apart:
        return [str(number), "\n".join(label), "\n".join(times), *numbers]
    return [str(number), "\n".join([*label, *times]), *numbers]


def _list_height(listed: Sequence[Sequence[str]]) -> float:
    lines = sum(map(_line_count, listed)) + (1 if listed else 0)
    return (lines * _TYPE * LEADING + _BETWEEN * (len(listed) + 1)) / POINTS


def _line_count(texts: Sequence[str]) -> int:
    return max(text.count("\n") for text in texts) + 1


def _list(paper: Sheet, listed: Sequence[Sequence[str]], height: float, form: _List) -> None:
    """A line per promotion: its number, label, time and messages."""
    axes = paper.axes_in_points(0, 0, paper.width * POINTS, height * POINTS)
    top = height * POINTS
    top -= _write(axes, top, form.headings, form, color=MUTED)
    for texts in listed:
        top -= _write(axes, top, texts, form)


def _write(axes: Axes, top: float, texts: Sequence[str], form: _List, **look: Any) -> float:
    """Writes a line of the list and returns its height."""
    for text, (inches, side) in zip(texts, form.columns, strict=True):
        for row, line in enumerate(text.split("\n")):
            baseline = top - (1 + row * LEADING) * _TYPE
            axes.text(inches * POINTS, baseline, line, fontsize=_TYPE, ha=side, **look)
    return _line_count(texts) * _TYPE * LEADING + _BETWEEN
