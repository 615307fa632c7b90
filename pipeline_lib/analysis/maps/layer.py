"""A level's areas: polygons with the names that a file, or the schematic default, gives them."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from pipeline_lib.errors import ConfigError, Problem, did_you_mean, listed

_logger = logging.getLogger(__name__)

DEGREES = CRS.from_epsg(4326)
"""Longitude and latitude, as GeoJSON has them."""

_LISTED_AT_MOST = 12


@dataclass(frozen=True)
class Layer:
    """The areas of one level."""

    areas: gpd.GeoDataFrame
    """`name` (text or null) and `geometry`: valid polygons, in metres of an equal-area projection."""
    is_schematic: bool
    mended_count: int = 0
    """Areas whose boundaries crossed themselves, and no longer do."""


def read_layer(path: Path, code_property: str, place: str) -> Layer:
    """The areas of a boundary file in any format that geopandas reads.

    Args:
        path: The file; a shapefile lies beside its siblings, or in a `.zip` with them.
        code_property: Which of its properties holds the code, or a match value, of each area.
        place: Where the config names the file, for errors and the log.

    Raises:
        ConfigError: The file cannot be read as boundaries, lacks the property, has no areas, or has coordinates of an
            unknown system.
    """
    read = _read(path, code_property, place)
    shapes = read.geometry
    was_invalid = shapes.notna() & ~shapes.is_valid
    polygons = [_polygons(shape) for shape in shapes.make_valid()]
    areas = gpd.GeoDataFrame(
        {"name": pd.Series([_text(value) for value in read[code_property]], dtype=object)},
        geometry=polygons,
        crs=_crs(read, path, place),
    )
    is_area = ~(areas.geometry.isna() | areas.geometry.is_empty)
    if not is_area.any():
        raise ConfigError(Problem(f"{place}.FileURL", f'"{path.name}" has no areas', "name a file of polygons"))
    if not is_area.all():
        _logger.warning("%s: left out %d entries of %s that are no areas", place, int((~is_area).sum()), path.name)
    mended_count = int((was_invalid & is_area).sum())
    if mended_count:
        _logger.warning("%s: mended %d areas of %s with boundaries that were no rings", place, mended_count, path.name)
    return Layer(in_equal_areas(areas[is_area].reset_index(drop=True)), is_schematic=False, mended_count=mended_count)


def in_equal_areas(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The areas in metres around their middle, whatever system they were in: each as large as it is."""
    west, south, east, north = areas.to_crs(DEGREES).total_bounds
    middle = f"+lat_0={(south + north) / 2:.3f} +lon_0={(west + east) / 2:.3f}"
    return areas.to_crs(CRS.from_proj4(f"+proj=laea {middle} +datum=WGS84 +units=m"))


def _read(path: Path, code_property: str, place: str) -> gpd.GeoDataFrame:
    try:
        layers = [name for name, kind in pyogrio.list_layers(path) if kind is not None]
        properties = {layer: pyogrio.read_info(path, layer=layer)["fields"].tolist() for layer in layers}
        layer = next((name for name, fields in properties.items() if code_property in fields), None)
        if layer is not None:
            return gpd.read_file(path, layer=layer)
    except (DataSourceError, DataLayerError, OSError) as error:
        wrong = f'"{path.name}" cannot be read as boundaries'
        right = "name a GeoJSON, GeoPackage or zipped shapefile"
        raise ConfigError(Problem(f"{place}.FileURL", wrong, right)) from error
    known = sorted({name for fields in properties.values() for name in fields})
    if not layers:
        raise ConfigError(Problem(f"{place}.FileURL", f'"{path.name}" has no areas', "name a file of polygons"))
    wrong = f'the areas in "{path.name}" have no property "{code_property}"'
    few = known[:_LISTED_AT_MOST]
    right = did_you_mean(code_property, known) or (f"they have {listed(few)} and others" if few else "they have none")
    raise ConfigError(Problem(f"{place}.CodeProperty", wrong, right))


def _crs(read: gpd.GeoDataFrame, path: Path, place: str) -> CRS:
    if read.crs is not None:
        return CRS(read.crs)
    west, south, east, north = read.total_bounds
    if west < -180 or east > 180 or south < -90 or north > 90:  # noqa: PLR2004 - the whole globe in degrees
        wrong = f'"{path.name}" does not say in which system its coordinates are'
        raise ConfigError(Problem(f"{place}.FileURL", wrong, "add its .prj file, or save it as GeoJSON"))
    _logger.warning("%s: %s names no system of coordinates; taken as longitude and latitude", place, path.name)
    return DEGREES


def _text(value: Any) -> str | None:
    if value is None or pd.isna(value):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _polygons(shape: BaseGeometry | None) -> BaseGeometry | None:
    """What of a shape has an area: mending can leave lines behind."""
    if shape is None:
        return None
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all([part for part in parts if part.geom_type == "Polygon"])
