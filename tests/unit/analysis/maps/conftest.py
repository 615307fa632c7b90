"""Three invented districts side by side, ten kilometres each, as files and as a level."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from pipeline_lib.analysis.charts.figure_layout import Words
from pipeline_lib.analysis.map_places import Place
from pipeline_lib.analysis.maps.base import BaseMap, base_map
from pipeline_lib.analysis.maps.layer import Layer, read_layer

WORDS = Words("Participants", "By district", ("A caption.",))
SQUARES = {"north": (45.0, 2.2), "middle": (45.0, 2.1), "south": (45.0, 2.0)}
"""Lower left corners of squares of 0.1 degrees."""


def square(west: float, south: float) -> shapely.Polygon:
    return shapely.box(west, south, west + 0.1, south + 0.1)


def places(*codes: str) -> tuple[Place, ...]:
    return tuple(Place(code, code.title(), (code, f"{code} district")) for code in codes)


@pytest.fixture
def districts() -> gpd.GeoDataFrame:
    """The three, by their `pcode`."""
    shapes = [square(*corner) for corner in SQUARES.values()]
    return gpd.GeoDataFrame({"pcode": list(SQUARES), "area_km2": [123.0] * 3}, geometry=shapes, crs="EPSG:4326")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(districts: gpd.GeoDataFrame, name: str, **settings: Any) -> Path:
        path = tmp_path / name
        districts.to_file(path, **settings)
        return path

    return write


@pytest.fixture
def layer(districts: gpd.GeoDataFrame, write: Callable[..., Path]) -> Layer:
    return read_layer(write(districts, "districts.geojson"), "pcode", "Boundaries[0]")


@pytest.fixture
def base(layer: Layer) -> BaseMap:
    return base_map("districts", places("south", "middle", "north"), layer)


@pytest.fixture
def geojson(tmp_path: Path) -> Callable[[list[Any]], Path]:
    """Writes a GeoJSON file as somebody may write it by hand: whatever the features are."""

    def geojson(features: list[Any]) -> Path:
        path = tmp_path / "by_hand.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
        return path

    return geojson
