"""A level's areas: polygons with the names that a file, or the schematic default, gives them."""

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from pipeline_lib.errors import ConfigError, Problem, did_you_mean, listed

_logger = logging.getLogger(__name__)

DEGREES = CRS.from_epsg(4326)
"""Longitude and latitude, as GeoJSON has them."""

_LISTED_AT_MOST = 12

_NARROWEST_METRES = 1
"""Anything narrower is not a country: rings that were drawn as points, or a globe whose edges fall on one line."""


@dataclass(frozen=True)
class Layer:
    """The areas of one level."""

    areas: gpd.GeoDataFrame
    """`name` (text or null) and `geometry`: valid polygons, in metres of an equal-area projection."""
    is_schematic: bool
    mended_count: int = 0
    """How many areas were mended because their boundaries crossed themselves or did not close."""


def read_layer(path: Path, code_property: str, place: str) -> Layer:
    """The areas of a boundary file in any format that geopandas reads.

    Args:
        path: The file; a shapefile lies beside its siblings, or in a `.zip` with them.
        code_property: The property that holds each area's code, or a match value of it.
        place: Where the config names the file, for errors and the log.

    Raises:
        ConfigError: The file cannot be read as boundaries, lacks the property, has no areas, has coordinates of an
            unknown system, or has areas that no map can show.
    """
    read, was_open = _read(path, code_property, place)
    if np.isinf(read.total_bounds).any():
        raise _without_map(path, place)
    crs = _crs(read, path, place)
    polygons = [_polygons(shape) for shape in read.geometry.make_valid()]
    names = pd.Series([_text(value) for value in read[code_property]], dtype=object)
    areas = gpd.GeoDataFrame({"name": names}, geometry=polygons, crs=crs)
    is_area = ~(areas.geometry.isna() | areas.geometry.is_empty)
    if not is_area.any():
        raise ConfigError(Problem(f"{place}.FileURL", f'"{path.name}" has no areas', "name a file of polygons"))
    if not is_area.all():
        _logger.warning("%s: left out %d entries of %s that are not areas", place, int((~is_area).sum()), path.name)
    mended_count = int(((was_open | ~read.geometry.is_valid) & is_area).sum())
    if mended_count:
        _logger.warning(
            "%s: mended %d areas of %s whose boundaries crossed or did not close", place, mended_count, path.name
        )
    placed = _placed(areas[is_area].reset_index(drop=True), path, place)
    return Layer(placed, is_schematic=False, mended_count=mended_count)


def in_equal_areas(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The areas in metres around their middle, whatever system they were in: each as large as it is."""
    west, south, east, north = areas.to_crs(DEGREES).total_bounds
    middle = f"+lat_0={(south + north) / 2:.3f} +lon_0={(west + east) / 2:.3f}"
    return areas.to_crs(CRS.from_proj4(f"+proj=laea {middle} +datum=WGS84 +units=m"))


def _placed(areas: gpd.GeoDataFrame, path: Path, place: str) -> gpd.GeoDataFrame:
    """The areas in metres, which a map can show."""
    try:
        placed = in_equal_areas(areas)
    except ProjError as error:
        wrong = f'"{path.name}" uses a coordinate system that has no place on the globe'
        raise ConfigError(Problem(f"{place}.FileURL", wrong, "save it in longitude and latitude")) from error
    west, south, east, north = placed.total_bounds
    if not (_NARROWEST_METRES <= east - west < np.inf and _NARROWEST_METRES <= north - south < np.inf):
        raise _without_map(path, place)
    return placed


def _without_map(path: Path, place: str) -> ConfigError:
    wrong = f'"{path.name}" has areas that are too large or too small for a map'
    return ConfigError(Problem(f"{place}.FileURL", wrong, "name a file of the areas of one country"))


def _read(path: Path, code_property: str, place: str) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """The file's entries with their rings closed, and which of them had an open one."""
    try:
        layers = [name for name, kind in pyogrio.list_layers(path) if kind is not None]
        properties = {layer: pyogrio.read_info(path, layer=layer)["fields"].tolist() for layer in layers}
        layer = next((name for name, fields in properties.items() if code_property in fields), None)
        if layer is not None:
            return _closed(path, layer)
    except UnicodeDecodeError as error:
        raise ConfigError(Problem(f"{place}.FileURL", f'"{path.name}" is not in UTF-8', "save it as UTF-8")) from error
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


def _closed(path: Path, layer: str) -> tuple[gpd.GeoDataFrame, pd.Series]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # about open rings, which are logged once for all of them
        read = gpd.read_file(path, layer=layer, on_invalid="ignore")
        is_unread = read.geometry.isna()
        if is_unread.any():
            read = gpd.read_file(path, layer=layer, on_invalid="fix")
    return read, is_unread


def _crs(read: gpd.GeoDataFrame, path: Path, place: str) -> CRS:
    if read.crs is not None and not read.crs.is_geographic:
        return CRS(read.crs)
    west, south, east, north = read.total_bounds.round(6)  # to decimetres: the edge of the globe is often beyond itself
    # GeoJSON is in degrees unless it says otherwise: what was saved in metres says nothing, and is read as degrees.
    if west < -180 or east > 180 or south < -90 or north > 90:  # noqa: PLR2004 - the whole globe in degrees
        wrong = f'"{path.name}" does not say in which system its coordinates are'
        right = "add its .prj file, or save it as GeoJSON in longitude and latitude"
        raise ConfigError(Problem(f"{place}.FileURL", wrong, right))
    if read.crs is not None:
        return CRS(read.crs)
    _logger.warning("%s: %s names no coordinate system; read as longitude and latitude", place, path.name)
    return DEGREES


def _text(value: Any) -> str | None:
    if not pd.api.types.is_scalar(value):  # a GeoJSON list cannot be a code; it is logged with the rest
        return str(value)
    if value is None or pd.isna(value):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _polygons(shape: BaseGeometry | None) -> BaseGeometry | None:
    """The polygons of a shape: mending can leave lines behind."""
    if shape is None:
        return None
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all([part for part in parts if part.geom_type == "Polygon"])
