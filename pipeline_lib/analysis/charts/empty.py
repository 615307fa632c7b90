"""A graph without data."""

from matplotlib.figure import Figure

from pipeline_lib.analysis.charts.figure_layout import WIDE, Layout, Words, sheet
from pipeline_lib.analysis.charts.style import MUTED, RULE, styled

NO_DATA = "No data: nobody has been counted here yet."

_HEIGHT = 1.1


def empty(words: Words, layout: Layout = WIDE) -> Figure:
    """A sheet that says so, with the usual words around it."""
    with styled():
        paper = sheet(words, layout, _HEIGHT)
        axes = paper.axes(0, 0.1, paper.width, _HEIGHT - 0.2)
        axes.set(xticks=[], yticks=[])
        for side in ("top", "right", "bottom", "left"):
            axes.spines[side].set(visible=True, color=RULE, linestyle=(0, (4, 4)))
        axes.text(0.5, 0.5, NO_DATA, transform=axes.transAxes, ha="center", va="center", color=MUTED, fontsize=9)
        return paper.figure
