"""Areas for projects without a boundary file: cells around each place's centre, as honest as a guess can be.

A cell holds everything that is nearer to its centre than to any other, within the country's outline; a larger area is
the union of the cells of the places in it. `data/README.md` says where centres and outlines come from.
"""

import csv
from collections.abc import Callable
from functools import cache, partial
from importlib.resources import as_file, files
from typing import NamedTuple

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline_lib.analysis.maps.layer import DEGREES, Layer, in_equal_areas
from pipeline_lib.model.somalia import places

_KEPT_AROUND_A_CENTRE_METRES = 2_000
"""How much land a centre keeps that the simplified outline leaves in the sea."""

_CITY_METRES = 3_000
"""How far a city reaches beyond the centres of its parts."""


class _Centre(NamedTuple):
    code: str
    parent: str
    longitude: float
    latitude: float


def _somalia() -> gpd.GeoDataFrame:
    return _cells(_centres("somalia_districts"), _outline("somalia"))


def _mogadishu() -> gpd.GeoDataFrame:
    """The parts of the city within the cell of its district."""
    centres = _centres("mogadishu_sub_districts")
    district = _somalia().query("name == 'mogadishu'").geometry
    hull = _points(centres).to_crs(district.crs).union_all().convex_hull
    return _cells(centres, district.intersection(hull.buffer(_CITY_METRES)))


def _kenya() -> gpd.GeoDataFrame:
    return _cells(_centres("kenya_constituencies"), _outline("kenya"))


def _within(cells: Callable[[], gpd.GeoDataFrame], level: str) -> gpd.GeoDataFrame:
    """Cells of districts, merged to a level above."""
    districts = cells()
    districts["name"] = [places().places["district", name][level] for name in districts["name"]]
    return districts.dissolve("name", as_index=False)


def _parents(cells: Callable[[], gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    areas = cells()
    return areas.drop(columns="name").rename(columns={"parent": "name"}).dissolve("name", as_index=False)


_AREAS: dict[str, Callable[[], gpd.GeoDataFrame]] = {
    "districts": _somalia,
    "regions": partial(_within, _somalia, "region"),
    "states": partial(_within, _somalia, "state"),
    "zones": partial(_within, _somalia, "zone"),
    "mogadishu": _mogadishu,
    "constituencies": _kenya,
    "counties": partial(_parents, _kenya),
}

SCHEMATIC_LEVELS = tuple(_AREAS)
"""The levels that need no boundary file."""


@cache
def schematic_layer(level: str) -> Layer:
    """The level's areas, by the match values of the usual code schemes; `level` is one of `SCHEMATIC_LEVELS`."""
    return Layer(in_equal_areas(_AREAS[level]()[["name", "geometry"]]), is_schematic=True)


def _cells(centres: list[_Centre], outline: gpd.GeoSeries) -> gpd.GeoDataFrame:
    points = in_equal_areas(_points(centres))
    land = outline.to_crs(points.crs).union_all()
    at_sea = points[~points.within(land)]
    land = land.union(at_sea.buffer(_KEPT_AROUND_A_CENTRE_METRES).union_all())
    return points.set_geometry(_nearest(points.geometry, land))


def _nearest(centres: gpd.GeoSeries, land: BaseGeometry) -> gpd.GeoSeries:
    """The land that is nearest to each centre, with all its pieces if there are several."""
    cells = shapely.voronoi_polygons(shapely.MultiPoint(list(centres)), extend_to=land.envelope, ordered=True)
    return gpd.GeoSeries(list(cells.geoms), index=centres.index, crs=centres.crs).intersection(land)


def _points(centres: list[_Centre]) -> gpd.GeoDataFrame:
    places_at = gpd.points_from_xy([c.longitude for c in centres], [c.latitude for c in centres], crs=DEGREES)
    columns = {"name": [c.code for c in centres], "parent": [c.parent for c in centres]}
    return gpd.GeoDataFrame(columns, geometry=places_at)


def _centres(name: str) -> list[_Centre]:
    lines = files(__package__).joinpath(f"data/{name}.csv").read_text(encoding="utf-8").splitlines()
    return [
        _Centre(row["code"], row["parent"], float(row["longitude"]), float(row["latitude"]))
        for row in csv.DictReader(lines)
    ]


def _outline(country: str) -> gpd.GeoSeries:
    with as_file(files(__package__).joinpath(f"data/{country}_outline.geojson")) as path:
        return gpd.read_file(path).geometry
