"""The paper that everything is drawn on: a heading above, a caption below, and room between, all measured in inches.

Texts are wrapped and the paper grows with them, so that no text is ever cut off.
"""

from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline_lib.analysis.charts.style import INK, MUTED, lines_of

POINTS = 72
"""Points per inch."""

_TITLE, _SUBTITLE, _CAPTION = 13.0, 9.5, 7.5
_LEADING = 1.28
"""The distance from line to line, in type sizes."""


class Layout(NamedTuple):
    """How wide a drawing is, in inches."""

    width: float
    margin: float = 0.35

    @property
    def free_width(self) -> float:
        """How much of it is free for drawing."""
        return self.width - 2 * self.margin


WIDE = Layout(8.0)
"""Every graph, for slides and for screens."""

NARROW = Layout(3.5, 0.06)
"""The same graph for phones and for a column of print: drawn anew rather than made smaller, so that it can be read."""


class Words(NamedTuple):
    """The text around a drawing."""

    title: str
    subtitle: str
    """Who or what is counted, and when."""
    caption: tuple[str, ...]
    """Source, dates and number of people or messages; a paragraph each."""


class Sheet(NamedTuple):
    """A figure with its words on it."""

    figure: Figure
    left: float
    bottom: float
    width: float
    height: float
    """The room that is free for drawing."""

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Axes in the free room, from its lower left corner."""
        paper_width, paper_height = self.figure.get_size_inches()
        return self.figure.add_axes(
            (
                (self.left + left) / paper_width,
                (self.bottom + bottom) / paper_height,
                width / paper_width,
                height / paper_height,
            )
        )

    def axes_in_points(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Bare axes whose data are points from their own lower left corner."""
        axes = self.axes(left / POINTS, bottom / POINTS, width / POINTS, height / POINTS)
        axes.set(xlim=(0, width), ylim=(0, height))
        axes.set_axis_off()
        return axes


def sheet(words: Words, layout: Layout, height: float) -> Sheet:
    """Paper of this width, with free room of this height between the heading and the caption."""
    room, margin = layout.free_width, layout.margin
    title = lines_of(words.title, _TITLE, room * POINTS, bold=True)
    subtitle = lines_of(words.subtitle, _SUBTITLE, room * POINTS) if words.subtitle else []
    caption = [line for text in words.caption for line in lines_of(text, _CAPTION, room * POINTS)]
    above = margin + _inches(title, _TITLE) + _inches(subtitle, _SUBTITLE) + 0.12
    below = margin + _inches(caption, _CAPTION) + 0.1
    figure = Figure(figsize=(layout.width, above + height + below))
    top = above + height + below - margin
    _write(figure, margin, title, top, _TITLE, color=INK, weight="bold")
    _write(figure, margin, subtitle, top - _inches(title, _TITLE), _SUBTITLE, color=MUTED)
    _write(figure, margin, caption, below - 0.1, _CAPTION, color=MUTED)
    return Sheet(figure, margin, below, room, height)


def _inches(lines: list[str], points: float) -> float:
    return len(lines) * points * _LEADING / POINTS


def _write(figure: Figure, left: float, lines: list[str], top: float, points: float, **look: Any) -> None:
    paper_width, paper_height = figure.get_size_inches()
    for number, line in enumerate(lines):
        baseline = top - (number * _LEADING + 1) * points / POINTS
        figure.text(left / paper_width, baseline / paper_height, line, fontsize=points, **look)
