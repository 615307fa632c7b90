"""Maps as SVG for a page: the areas once per level, and for each map only the colours and the labels."""

from collections import defaultdict
from collections.abc import Sequence

from markupsafe import Markup
from matplotlib.colors import to_hex
from shapely import get_coordinates, get_parts
from shapely.geometry.base import BaseGeometry

from pipeline_lib.analysis.charts.legend import Key
from pipeline_lib.analysis.charts.style import INK, LEADING
from pipeline_lib.analysis.maps.base import BaseMap
from pipeline_lib.analysis.maps.drawing import EDGE, STRANGER, Drawn, label_colour
from pipeline_lib.analysis.maps.labels import Label

_PADDING = 4.0
_BASELINE = 0.35
"""How far below the middle of a line its baseline lies, in type sizes."""


def areas_svg(base: BaseMap) -> Markup:
    """The areas of a level, as definitions that draw nothing until one of its maps refers to them."""
    outlines = [(str(place), [shape.outline]) for place, shape in enumerate(base.shapes)]
    paths = [
        Markup('<path id="{}-{}" d="{}"/>').format(base.level, name, _path(shapes, base.size[1]))
        for name, shapes in [*outlines, ("others", base.strangers)]
    ]
    return Markup('<svg class="areas" width="0" height="0" aria-hidden="true"><defs>{}</defs></svg>').format(
        Markup("").join(paths)
    )


def map_svg(base: BaseMap, drawn: Drawn) -> Markup:
    """One map; its page must also hold the `areas_svg` of its level."""
    height = base.size[1]
    names_by_key = defaultdict(list)
    for place, number in enumerate(drawn.numbers):
        names_by_key[number].append(str(place))
    fills = [_filled(base, fill_of(drawn.keys[number]), names) for number, names in sorted(names_by_key.items())]
    lines = " ".join(_line(label.line, height) for label in drawn.labels if label.line is not None)
    left, bottom, right, top = _bounds(base, drawn.labels)
    return Markup(
        '<svg class="map" viewBox="{} {} {} {}" font-size="{}" stroke="{}" stroke-width=".5">{}'
        '<path d="{}" stroke="{}" fill="none"/><g stroke="none" text-anchor="middle">{}</g></svg>'
    ).format(
        *(round(edge, 1) for edge in (left, height - top, right - left, top - bottom)),
        drawn.type_size,
        EDGE,
        Markup("").join([_filled(base, STRANGER, ["others"]), *fills]),
        lines,
        INK,
        Markup("").join(_text(label, drawn, height) for label in drawn.labels),
    )


def fill_of(key: Key) -> str:
    """What fills the areas of a key: its colour or, if the key is hatched, a pattern that the page defines."""
    return "url(#hatched)" if key.hatch else to_hex(key.colour)


def _filled(base: BaseMap, colour: str, names: Sequence[str]) -> Markup:
    uses = [Markup('<use href="#{}-{}"/>').format(base.level, name) for name in names]
    return Markup('<g fill="{}">{}</g>').format(colour, Markup("").join(uses))


def _path(shapes: Sequence[BaseGeometry], height: float) -> str:
    rings = [ring for shape in shapes for part in get_parts(shape) for ring in (part.exterior, *part.interiors)]
    return "".join(f"M{'L'.join(_points(ring, height))}Z" for ring in rings)


def _line(line: BaseGeometry, height: float) -> str:
    return f"M{'L'.join(_points(line, height))}"


def _points(shape: BaseGeometry, height: float) -> list[str]:
    return [f"{x:.1f} {height - y:.1f}" for x, y in get_coordinates(shape)]


def _text(label: Label, drawn: Drawn, height: float) -> Markup:
    left, bottom, right, top = label.edges
    lines = label.text.split("\n")
    first = height - (bottom + top) / 2 - (len(lines) - 1) / 2 * LEADING * drawn.type_size
    x = round((left + right) / 2, 1)
    spans = [
        Markup('<tspan x="{}" y="{}">{}</tspan>').format(
            x, round(first + (row * LEADING + _BASELINE) * drawn.type_size, 1), line
        )
        for row, line in enumerate(lines)
    ]
    return Markup('<text fill="{}">{}</text>').format(label_colour(label, drawn.dark), Markup("").join(spans))


def _bounds(base: BaseMap, labels: Sequence[Label]) -> tuple[float, float, float, float]:
    width, height = base.size
    edges = [(0.0, 0.0, width, height), *(label.edges for label in labels)]
    left, bottom, right, top = zip(*edges, strict=True)
    return min(left) - _PADDING, min(bottom) - _PADDING, max(right) + _PADDING, max(top) + _PADDING
