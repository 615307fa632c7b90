"""The axis for the height of bars."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from pipeline_lib.disclosure.release import Cell

_ROOM_ABOVE = 1.12


def count_axis(axes: Axes, cells: Sequence[Cell]) -> None:
    """Whole numbers from zero to above the largest, with a thin line each."""
    axes.set_ylim(0, _ROOM_ABOVE * (max(cell.count or 0 for cell in cells) or 1))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.grid(visible=True)
    axes.spines["left"].set_visible(False)
