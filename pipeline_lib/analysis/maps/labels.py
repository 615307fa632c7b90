"""Where the names and counts of places go: inside the place if there is room, else beside the country, with a line.

A line that would cross other places leads astray: such a place has a letter, which a list below the map explains.
"""

from collections.abc import Sequence
from string import ascii_lowercase
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline_lib.analysis.charts.style import LEADING, text_width
from pipeline_lib.analysis.maps.base import Shape

_INK = 0.75
"""How much of a line's height its letters fill."""

_SEARCHED = 15
"""In so many rows and columns of a place, room is looked for."""

_MOST_LETTERS = 26

_ASTRAY_POINTS = 6.0
"""How far a line may go over other places."""

_CLEARANCE_POINTS = 2.0
"""The gap between land and a label beside it, in points."""

_AROUND_POINTS = 2.0
"""The gap between a label and its line, in points."""

_STEPS_POINTS = 6.0
_TRIES_A_DIRECTION = 4
_LONGEST_LINE_POINTS = 110.0
"""The eye cannot follow longer lines."""

Edges = tuple[float, float, float, float]
"""Left, bottom, right and top of a rectangle, in points."""

_Shapes = NDArray[np.object_]


class Wanted(NamedTuple):
    """What to write at a place."""

    shape: Shape
    number: str
    """Empty where nobody is: such a place is named only if it has room for it."""
    share: str = ""
    """What the number is of the people there, such as `33%`; left out where there is no room."""

    @property
    def numbers(self) -> str:
        """The number and the share."""
        return f"{self.number} ({self.share})" if self.share else self.number


class Label(NamedTuple):
    """What is written, and where."""

    code: str
    text: str
    edges: Edges
    line: BaseGeometry | None
    """The line from the place to its label, if the label is beside the country."""
    is_counted: bool
    """Whether somebody is there."""
    meaning: str = ""
    """What a letter stands for."""


class Room(NamedTuple):
    """Where labels may go."""

    land: BaseGeometry
    """All areas: a label without room in its own area goes beside all of them."""
    paper: Edges
    points: float
    """Size of the type."""
    has_letters: bool = True
    """Whether a place without room for its name may have a letter."""


def placed(wanted: Sequence[Wanted], room: Room) -> list[Label]:
    """The labels for which there is room, none over another label or line; earlier ones choose first.

    A place whose label has no room gets a letter, if letters are left, else only its count, if that fits, or nothing.
    """
    labels: list[Label] = []
    homeless = []
    for want in wanted:
        label = _inside(want, _texts(want), labels, room.points)
        if label is not None:
            labels.append(label)
        else:
            homeless.append(want)
    land = room.land.buffer(_CLEARANCE_POINTS)
    shapely.prepare(land)
    beside = room._replace(land=land)
    letters = list(ascii_lowercase[:_MOST_LETTERS] if room.has_letters else "")
    for want in homeless:
        label = _beside(want, labels, beside) if want.number else None
        if label is None and letters and (label := _inside(want, letters[:1], labels, room.points)) is not None:
            letters.pop(0)
            label = label._replace(meaning=f"{want.shape.place.label} {want.numbers}".strip())
        if label is None and want.number:
            label = _inside(want, [want.number], labels, room.points)
        if label is not None:
            labels.append(label)
    return labels


def _texts(want: Wanted) -> list[str]:
    """The forms that a label may have, the best first."""
    name = want.shape.place.label
    in_rows = name.replace(" ", "\n")
    if not want.number:
        return [name, in_rows]
    numbers = dict.fromkeys([want.numbers, want.number])
    forms = [(f"{name}\n{number}", f"{name} {number}", f"{in_rows}\n{number}") for number in numbers]
    return list(dict.fromkeys(form for each in forms for form in each))


def _inside(want: Wanted, texts: Sequence[str], labels: Sequence[Label], points: float) -> Label | None:
    """The first text for which there is room, as near to the middle of its place as it can be."""
    outline = want.shape.outline
    shapely.prepare(outline)
    for text in texts:
        width, height = _size(text, points)
        x, y = _middles(want.shape)
        ink = height - (1 - _INK) * points * LEADING
        fits = shapely.contains(outline, shapely.box(x - width / 2, y - ink / 2, x + width / 2, y + ink / 2))
        for left, bottom in zip(x[fits] - width / 2, y[fits] - height / 2, strict=True):
            edges = (float(left), float(bottom), float(left) + width, float(bottom) + height)
            if not any(_overlap(edges, label.edges) for label in labels):
                return Label(want.shape.place.code, text, edges, None, bool(want.number))
    return None


def _middles(shape: Shape) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the middle of a label may be: first where there is most room, then what is nearest to that."""
    left, bottom, right, top = shape.outline.bounds
    columns, rows = np.meshgrid(np.linspace(left, right, _SEARCHED + 2), np.linspace(bottom, top, _SEARCHED + 2))
    x, y = (np.concatenate([[best], each.ravel()]) for best, each in zip(shape.middle, (columns, rows), strict=True))
    order = np.argsort(np.hypot(x - x[0], y - y[0]), kind="stable")
    return x[order], y[order]


def _beside(want: Wanted, labels: Sequence[Label], room: Room) -> Label | None:
    """The label with the shortest line, among those that touch no other label or line, and hardly another place."""
    text = f"{want.shape.place.label} {want.numbers}"
    width, height = _size(text, room.points)
    boxes = _free_boxes(want.shape.middle, (width + 2 * _AROUND_POINTS, height), room)
    others = np.array([shapely.box(*label.edges) for label in labels], dtype=object)
    lines = np.array([label.line for label in labels if label.line is not None], dtype=object)
    taken = np.concatenate([others, lines])
    leaders = shapely.shortest_line(shapely.Point(want.shape.middle), boxes)
    over_land, over_own = (
        shapely.length(shapely.intersection(leaders, area)) for area in (room.land, want.shape.outline)
    )
    is_free = ~_meets(boxes, taken) & ~_meets(leaders, taken) & (over_land - over_own <= _ASTRAY_POINTS)
    boxes, leaders = boxes[is_free], leaders[is_free]
    if not len(boxes):
        return None
    shortest = int(np.argmin(shapely.length(leaders)))
    left, bottom, right, top = shapely.bounds(boxes[shortest]).tolist()
    return Label(want.shape.place.code, text, (left, bottom, right, top), leaders[shortest], is_counted=True)


def _free_boxes(middle: tuple[float, float], size: tuple[float, float], room: Room) -> _Shapes:
    """The nearest rectangles in every direction that lie on the paper and beside the land."""
    left, bottom, right, top = room.paper
    half_width, half_height = size[0] / 2, size[1] / 2
    angles = np.radians(np.arange(0, 360, 10))[:, None]
    distances = np.arange(_STEPS_POINTS, _LONGEST_LINE_POINTS, _STEPS_POINTS)
    # Along an ellipse, so that the line to a wide label is no longer than that to one above.
    x = middle[0] + np.cos(angles) * (distances + half_width)
    y = middle[1] + np.sin(angles) * (distances + half_height)
    fits = (x - half_width >= left) & (x + half_width <= right) & (y - half_height >= bottom) & (y + half_height <= top)
    boxes = np.full(x.shape, None, dtype=object)
    x_fits, y_fits = x[fits], y[fits]
    boxes[fits] = shapely.box(x_fits - half_width, y_fits - half_height, x_fits + half_width, y_fits + half_height)
    fits[fits] = ~shapely.intersects(room.land, boxes[fits])
    return np.asarray(boxes[fits & (fits.cumsum(axis=1) <= _TRIES_A_DIRECTION)], dtype=object)


def _meets(shapes: _Shapes, others: _Shapes) -> NDArray[np.bool_]:
    """Whether each shape meets any of the others."""
    return np.asarray(shapely.intersects(shapes[:, None], others[None, :]).any(axis=1), dtype=np.bool_)


def _overlap(one: Edges, other: Edges) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _size(text: str, points: float) -> tuple[float, float]:
    lines = text.split("\n")
    return max(text_width(line, points) for line in lines), len(lines) * LEADING * points
