"""One map: places coloured by how many people are there."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import ListedColormap, NoNorm, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from shapely import get_coordinates, get_parts
from shapely.geometry.base import BaseGeometry

from pipeline_lib.analysis.charts.captions import numeral
from pipeline_lib.analysis.charts.figure_layout import POINTS, Layout, Words
from pipeline_lib.analysis.charts.legend import Key, sheet_with_legend
from pipeline_lib.analysis.charts.style import INK, LINESPACING, MUTED, PAPER, Colour, styled
from pipeline_lib.analysis.maps.base import BaseMap
from pipeline_lib.analysis.maps.classes import CountClass, class_number, classes
from pipeline_lib.analysis.maps.labels import Label, Room, Wanted, placed
from pipeline_lib.disclosure.release import Cell

EDGE = "#9aa0a6"
STRANGER = "#e8eaed"

_DARKEST = to_rgb("#993e46")
_HATCH = "//////"
"""The hatch of places whose number is not released."""
_HIDDEN = "#f6ecec"
LAYOUT = Layout(7.2)
"""A map has few words."""

_MOST_WITH_LETTERS = 100
"""With more areas, letters would stand for too many."""

_SIDE = 8.0
"""Points that are left free above and below the areas."""

_WHITE_TYPE_FROM = 0.75
"""Black type is hard to read on anything darker than this share of the darkest shade."""


class Drawn(NamedTuple):
    """A map, and the values that were drawn."""

    figure: Figure
    keys: tuple[Key, ...]
    """The classes from zero upwards, then the key for counts that are not released."""
    legend: tuple[Key, ...]
    """The keys that this map uses, those that other maps with its shades use, and that of areas without a code."""
    numbers: tuple[int, ...]
    """The number of the key of each shape of the base map."""
    places: PatchCollection
    """A patch per shape, in the same order; its array has the same numbers."""
    labels: tuple[Label, ...]
    dark: frozenset[str]
    """Codes of the places whose colour makes black type hard to read."""
    type_size: float
    """The labels' type size, in points."""
    letters: str
    """What letters stand for, in a sentence; empty where there are none."""


def draw_map(
    base: BaseMap,
    words: Words,
    counts: Mapping[str, Cell],
    shades: Sequence[CountClass] = (),
    shares: Mapping[str, str] = MappingProxyType({}),
) -> Drawn:
    """The map of a level.

    Args:
        base: The level.
        words: The text around it.
        counts: People by place, by the code's string value; a place that is left out has none.
        shades: Classes that all counts are in; left out, those of this map.
        shares: What the counts are of the people at a place, such as `33%`, where it is told.
    """
    nobody = Cell("0", 0)
    cells = [counts.get(shape.place.code, nobody) for shape in base.shapes]
    is_shared = bool(shades)
    shades = shades or classes(cell.count for cell in cells if cell.count is not None)
    hidden = sorted({cell.text for cell in cells if cell.count is None})
    numbers = [
        len(shades) + hidden.index(cell.text) if cell.count is None else class_number(cell.count, shades)
        for cell in cells
    ]
    keys = [Key(str(shade), _colour(place, len(shades))) for place, shade in enumerate(shades)]
    keys += [Key(text, _HIDDEN, _HATCH) for text in hidden]
    with styled():
        return _drawn(base, words, _wanted(base, cells, shares), keys, numbers, shows_all=is_shared)


def _drawn(  # noqa: PLR0913 - all that a map is drawn from
    base: BaseMap,
    words: Words,
    wanted: Sequence[Wanted],
    keys: Sequence[Key],
    numbers: Sequence[int],
    *,
    shows_all: bool,
) -> Drawn:
    shapes = [shape.outline for shape in base.shapes]
    width, height = LAYOUT.free_width * POINTS, base.size[1] + 2 * _SIDE
    any_hidden = any(key.hatch for key in keys)
    # Where small numbers are hidden, zero is one of them.
    legend = [
        key
        for place, key in enumerate(keys)
        if place in numbers or (shows_all and place) or (place == 0 and not any_hidden)
    ]
    strangers = [Key("no code", STRANGER)] if base.strangers else []
    left = (width - base.size[0]) / 2
    points = _type_size(len(shapes))
    room = Room(base.land, (-left, -_SIDE, width - left, height - _SIDE), points, len(shapes) <= _MOST_WITH_LETTERS)
    labels = placed(wanted, room)
    letters = "; ".join(f"{label.text}: {label.meaning}" for label in labels if label.meaning)
    letters = f"{letters}." if letters else ""
    words = words._replace(caption=(letters, *words.caption)) if letters else words
    paper = sheet_with_legend(words, LAYOUT, height / POINTS, "Participants:", [*legend, *strangers])
    axes = paper.axes_in_points(0, 0, width, height)
    axes.set(xlim=(-left, width - left), ylim=(-_SIDE, height - _SIDE))
    _add(axes, base.strangers, facecolor=STRANGER)
    places = _add(axes, shapes, cmap=ListedColormap([key.colour for key in keys]), norm=NoNorm())
    places.set_array(np.array(numbers))
    for place, key in enumerate(keys):
        if key.hatch:
            hatched = [shape for shape, number in zip(shapes, numbers, strict=True) if number == place]
            _add(axes, hatched, facecolor="none", hatch=key.hatch, hatchcolor=EDGE)
    coloured = zip(base.shapes, numbers, strict=True)
    dark = frozenset(shape.place.code for shape, number in coloured if _is_dark(keys[number].colour))
    _write(axes, labels, dark, room.points)
    return Drawn(
        paper.figure,
        tuple(keys),
        (*legend, *strangers),
        tuple(numbers),
        places,
        tuple(labels),
        dark,
        room.points,
        letters,
    )


def label_colour(label: Label, dark: frozenset[str]) -> str:
    """A colour that can be read on the label's background; grey where nobody is."""
    if label.line is None and label.code in dark:
        return PAPER
    return INK if label.is_counted else MUTED


def _colour(place: int, class_count: int) -> Colour:
    """White for zero, then darker in even steps."""
    share = place / max(1, class_count - 1)
    red, green, blue = (1 - share * (1 - part) for part in _DARKEST)
    return red, green, blue


def _is_dark(colour: Colour) -> bool:
    _, green, _ = to_rgb(colour)
    return 1 - green >= _WHITE_TYPE_FROM * (1 - _DARKEST[1])


def _wanted(base: BaseMap, cells: Sequence[Cell], shares: Mapping[str, str]) -> list[Wanted]:
    """What to write, with the places of most people first."""
    counted = zip(base.shapes, cells, strict=True)
    ordered = sorted(counted, key=lambda pair: (-(pair[1].count or 0), pair[1].count == 0, pair[0].place.code))
    return [
        Wanted(shape, "", "") if cell.count == 0 else Wanted(shape, numeral(cell), shares.get(shape.place.code, ""))
        for shape, cell in ordered
    ]


def _type_size(place_count: int) -> float:
    return next(points for limit, points in ((20, 7.5), (100, 5.6), (10**9, 4.4)) if place_count <= limit)


def _add(axes: Axes, shapes: Sequence[BaseGeometry], **look: Any) -> PatchCollection:
    collection = PatchCollection([PathPatch(_path(shape)) for shape in shapes], edgecolor=EDGE, linewidth=0.5, **look)
    axes.add_collection(collection, autolim=False)
    return collection


def _path(shape: BaseGeometry) -> Path:
    rings = [ring for part in get_parts(shape) for ring in (part.exterior, *part.interiors)]
    return Path.make_compound_path(*(Path(get_coordinates(ring), closed=True) for ring in rings))


def _write(axes: Axes, labels: Sequence[Label], dark: frozenset[str], points: float) -> None:
    lines = [get_coordinates(label.line) for label in labels if label.line is not None]
    axes.add_collection(LineCollection(lines, colors=INK, linewidths=0.4), autolim=False)
    for label in labels:
        left, bottom, right, top = label.edges
        axes.text(
            (left + right) / 2,
            (bottom + top) / 2,
            label.text,
            fontsize=points,
            linespacing=LINESPACING,
            ha="center",
            va="center",
            color=label_colour(label, dark),
        )
