"""Where the names and counts of places go: inside the place if there is room, else beside the country, with a line."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pipeline_lib.analysis.charts.style import text_width
from pipeline_lib.analysis.maps.base import Shape

LEADING = 1.2
"""The distance from line to line, in type sizes."""

_OWN_SHARE = 0.92
"""How much of a label must lie in its own place."""

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


class Label(NamedTuple):
    """What is written, and where."""

    code: str
    text: str
    edges: Edges
    line: BaseGeometry | None
    """The line from the place to its label, if the label is beside the country."""
    is_counted: bool
    """Whether somebody is there."""


class Room(NamedTuple):
    """Where labels may go."""

    land: BaseGeometry
    """All areas: a label without room in its own area goes beside all of them."""
    paper: Edges
    points: float
    """Size of the type."""


def placed(wanted: Sequence[Wanted], room: Room) -> list[Label]:
    """The labels for which there is room, none over another label or line; earlier ones choose first.

    A place whose label has no room anywhere gets only its count, if that fits, or nothing.
    """
    labels: list[Label] = []
    homeless = []
    for want in wanted:
        label = _inside(want, _texts(want), labels, room.points)
        if label is not None:
            labels.append(label)
        elif want.number:
            homeless.append(want)
    land = room.land.buffer(_CLEARANCE_POINTS)
    shapely.prepare(land)
    for want in homeless:
        label = _beside(want, labels, room._replace(land=land)) or _inside(want, [want.number], labels, room.points)
        if label is not None:
            labels.append(label)
    return labels


def _texts(want: Wanted) -> list[str]:
    """The forms that a label may have, the best first."""
    name = want.shape.place.label
    if not want.number:
        return [name, name.replace(" ", "\n")]
    in_rows = name.replace(" ", "\n")
    return list(dict.fromkeys([f"{name}\n{want.number}", f"{name} {want.number}", f"{in_rows}\n{want.number}"]))


def _inside(want: Wanted, texts: Sequence[str], labels: Sequence[Label], points: float) -> Label | None:
    x, y = want.shape.middle
    for text in texts:
        width, height = _size(text, points)
        edges = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        box = shapely.box(*edges)
        is_own = shapely.intersection(box, want.shape.outline).area >= _OWN_SHARE * box.area
        if is_own and not any(_overlap(edges, label.edges) for label in labels):
            return Label(want.shape.place.code, text, edges, None, bool(want.number))
    return None


def _beside(want: Wanted, labels: Sequence[Label], room: Room) -> Label | None:
    """The label with the shortest line, among those that touch no other label or line."""
    text = f"{want.shape.place.label} {want.number}"
    width, height = _size(text, room.points)
    boxes = _free_boxes(want.shape.middle, (width + 2 * _AROUND_POINTS, height), room)
    others = np.array([shapely.box(*label.edges) for label in labels], dtype=object)
    lines = np.array([label.line for label in labels if label.line is not None], dtype=object)
    taken = np.concatenate([others, lines])
    leaders = shapely.shortest_line(shapely.Point(want.shape.middle), boxes)
    is_alone = ~_meets(boxes, taken) & ~_meets(leaders, taken)
    boxes, leaders = boxes[is_alone], leaders[is_alone]
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
