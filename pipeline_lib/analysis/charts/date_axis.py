"""Which dates can be written below bars."""

from collections.abc import Sequence

from pipeline_lib.analysis.charts.style import text_width

_TYPE = 8.5
_GAP = 8.0
_LEAST = 54.0
"""Points from date to date, however short they are: more of them would only be harder to read."""


def dates_with_room(places: Sequence[float], dates: Sequence[str], room: float, before: float) -> list[int]:
    """Every date, every second one, and so on, so that none runs into the next one or beyond the paper.

    Args:
        places: How far from the left the dates belong, in points; the same distance from each to the next.
        dates: The dates, in one line or several.
        room: How far from the left the paper ends, in points.
        before: How much of a date stands to the left of its place: 0.5 if it is centred.
    """
    widths = [max(text_width(line, _TYPE) for line in date.split("\n")) for date in dates]
    apart = places[1] - places[0] if len(places) > 1 else room
    every = max(1, -int(-max(_LEAST, max(widths) + _GAP) // apart))
    return [number for number in range(0, len(dates), every) if places[number] + (1 - before) * widths[number] <= room]
