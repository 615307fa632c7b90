"""A level ready to be drawn: its places' shapes, on paper."""

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import shapely
from shapely.affinity import affine_transform
from shapely.geometry.base import BaseGeometry

from pipeline_lib.analysis.charts.figure_layout import POINTS
from pipeline_lib.analysis.map_places import Place, match
from pipeline_lib.errors import listed

if TYPE_CHECKING:  # drawing a map does not need geopandas, whose import takes longer than a map
    from pipeline_lib.analysis.maps.layer import Layer

_logger = logging.getLogger(__name__)

_WIDTH, _HEIGHT = 5.6 * POINTS, 7.2 * POINTS
"""The largest size at which the areas may be drawn."""

_FINEST = 0.1
"""Smaller details, in points, cannot be printed."""


class Shape(NamedTuple):
    """One place on paper."""

    place: Place
    outline: BaseGeometry
    middle: tuple[float, float]
    """The point with the most room around it."""


@dataclass(frozen=True)
class BaseMap:
    """The parts that all maps of one level share; measured in points from the lower left corner of the areas."""

    level: str
    shapes: tuple[Shape, ...]
    """Places that have an area, in the scheme's order."""
    strangers: tuple[BaseGeometry, ...]
    """Areas that no code names."""
    without_area: tuple[Place, ...]
    is_schematic: bool

    @cached_property
    def land(self) -> BaseGeometry:
        """All areas together."""
        return shapely.union_all([*(shape.outline for shape in self.shapes), *self.strangers], grid_size=0.01)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of all areas."""
        _, _, width, height = self.land.bounds
        return width, height


def base_map(level: str, places: tuple[Place, ...], layer: "Layer") -> BaseMap:
    """The places of a code scheme on a level's areas; codes and areas without a match are logged."""
    names = list(layer.areas["name"])
    matches = match(places, names)
    _tell(level, matches.places_without_area, [names[number] for number in matches.areas_without_place])
    west, south, east, north = layer.areas.total_bounds
    scale = min(_WIDTH / (east - west), _HEIGHT / (north - south))
    on_paper = [
        shapely.simplify(affine_transform(shape, [scale, 0, 0, scale, -west * scale, -south * scale]), _FINEST)
        for shape in layer.areas.geometry
    ]
    by_code = {place.code: place for place in places}
    shapes = []
    for code, numbers in matches.areas_of_place.items():
        outline = shapely.union_all([on_paper[number] for number in numbers])
        shapes.append(Shape(by_code[code], outline, _middle(outline)))
    strangers = tuple(on_paper[number] for number in matches.areas_without_place)
    return BaseMap(level, tuple(shapes), strangers, matches.places_without_area, layer.is_schematic)


def _middle(outline: BaseGeometry) -> tuple[float, float]:
    largest = max(shapely.get_parts(outline), key=shapely.area)
    radius = shapely.maximum_inscribed_circle(largest)
    x, y = shapely.get_coordinates(radius)[0]
    return float(x), float(y)


def _tell(level: str, places: tuple[Place, ...], areas: list[str | None]) -> None:
    if places:
        codes = listed([place.code for place in places])
        _logger.warning("Maps of %s: %d codes have no area: %s", level, len(places), codes)
    if areas:
        names = listed(sorted(name or "(no name)" for name in areas))
        _logger.warning("Maps of %s: %d areas have no code: %s", level, len(areas), names)
