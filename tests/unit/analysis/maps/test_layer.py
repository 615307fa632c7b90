"""Boundary files: what is read, mended, told and refused."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pipeline_lib.analysis.maps.layer import DEGREES, read_layer
from pipeline_lib.errors import ConfigError

Write = Callable[..., Path]

BOW_TIE = {"type": "Polygon", "coordinates": [[[45, 2], [45.1, 2.1], [45.1, 2], [45, 2.1], [45, 2]]]}
SQUARE = {"type": "Polygon", "coordinates": [[[45, 2], [45.1, 2], [45.1, 2.1], [45, 2.1], [45, 2]]]}
OPEN_RING = {"type": "Polygon", "coordinates": [SQUARE["coordinates"][0][:-1]]}
TWO_POINTS = {"type": "Polygon", "coordinates": [[[45, 2], [45.1, 2]]]}
NOTHING = {"type": "Polygon", "coordinates": []}
POINT = {"type": "Point", "coordinates": [45, 2]}


def feature(name: Any, geometry: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"pcode": name}, "geometry": geometry}


@pytest.mark.parametrize("name", ["districts.geojson", "districts.gpkg", "districts.shp", "districts.shp.zip"])
def test_each_format_gives_the_same_areas(name: str, districts: gpd.GeoDataFrame, write: Write) -> None:
    layer = read_layer(write(districts, name), "pcode", "Boundaries[0]")
    assert list(layer.areas["name"]) == ["north", "middle", "south"]
    assert layer.areas.geometry.area.round(-6).tolist() == [123_000_000.0] * 3  # square metres
    assert (layer.is_schematic, layer.mended_count) == (False, 0)


def test_coordinates_of_another_system_are_where_they_were(districts: gpd.GeoDataFrame, write: Write) -> None:
    path = write(districts.to_crs("EPSG:32638"), "utm.gpkg")
    areas = read_layer(path, "pcode", "Boundaries[0]").areas.to_crs(DEGREES)
    south = areas.set_index("name").geometry["south"]
    assert shapely.symmetric_difference(south, shapely.box(45.0, 2.0, 45.1, 2.1)).area < 1e-6


def test_a_layer_that_has_the_property_is_found_among_several(districts: gpd.GeoDataFrame, write: Write) -> None:
    write(districts.rename(columns={"pcode": "name"}), "two.gpkg", layer="roads")
    path = write(districts, "two.gpkg", layer="districts")
    assert list(read_layer(path, "pcode", "Boundaries[0]").areas["name"]) == ["north", "middle", "south"]


def test_a_boundary_that_crosses_itself_is_mended_and_told(
    geojson: Callable[[list[Any]], Path], caplog: pytest.LogCaptureFixture
) -> None:
    layer = read_layer(geojson([feature("tie", BOW_TIE), feature("square", SQUARE)]), "pcode", "Boundaries[0]")
    assert layer.areas.geometry.is_valid.all()
    assert layer.mended_count == 1
    tie, square = layer.areas.geometry.area
    assert tie == pytest.approx(square / 2, rel=1e-3)
    assert [record.message for record in caplog.records] == [
        "Boundaries[0]: mended 1 areas of by_hand.geojson whose boundaries crossed or did not close"
    ]


def test_a_boundary_that_does_not_close_is_mended_and_told(
    geojson: Callable[[list[Any]], Path], caplog: pytest.LogCaptureFixture
) -> None:
    layer = read_layer(geojson([feature("open", OPEN_RING), feature("square", SQUARE)]), "pcode", "Boundaries[0]")
    mended, square = layer.areas.geometry
    assert (list(layer.areas["name"]), layer.mended_count) == (["open", "square"], 1)
    assert mended.equals(square)
    assert [record.message for record in caplog.records] == [
        "Boundaries[0]: mended 1 areas of by_hand.geojson whose boundaries crossed or did not close"
    ]


@pytest.mark.parametrize("shape", [TWO_POINTS, NOTHING])
def test_a_boundary_that_encloses_nothing_is_left_out_and_told(
    shape: Any, geojson: Callable[[list[Any]], Path], caplog: pytest.LogCaptureFixture
) -> None:
    layer = read_layer(geojson([feature("nothing", shape), feature("square", SQUARE)]), "pcode", "Boundaries[0]")
    assert (list(layer.areas["name"]), layer.mended_count) == (["square"], 0)
    assert [record.message for record in caplog.records] == [
        "Boundaries[0]: left out 1 entries of by_hand.geojson that are not areas"
    ]


def test_entries_that_are_no_areas_are_left_out_and_told(
    geojson: Callable[[list[Any]], Path], caplog: pytest.LogCaptureFixture
) -> None:
    path = geojson([feature("town", POINT), feature("nowhere", None), feature(None, SQUARE)])
    layer = read_layer(path, "pcode", "Boundaries[0]")
    assert list(layer.areas["name"]) == [None]
    assert [record.message for record in caplog.records] == [
        "Boundaries[0]: left out 2 entries of by_hand.geojson that are not areas"
    ]


def test_a_number_is_read_as_its_digits(geojson: Callable[[list[Any]], Path]) -> None:
    layer = read_layer(geojson([feature(7, SQUARE), feature(None, SQUARE)]), "pcode", "Boundaries[0]")
    assert list(layer.areas["name"]) == ["7", None]


def test_a_list_is_read_as_it_is_written_and_so_fits_no_code(geojson: Callable[[list[Any]], Path]) -> None:
    layer = read_layer(geojson([feature(["north"], SQUARE), feature(["b", "c"], SQUARE)]), "pcode", "Boundaries[0]")
    assert list(layer.areas["name"]) == ["['north']", "['b' 'c']"]


def test_a_property_that_is_not_there_is_said_with_the_nearest(districts: gpd.GeoDataFrame, write: Write) -> None:
    with pytest.raises(ConfigError) as caught:
        read_layer(write(districts, "districts.geojson"), "p_code", "pipeline.json: Boundaries[0]")
    assert str(caught.value) == (
        'pipeline.json: Boundaries[0].CodeProperty: the areas in "districts.geojson" have no property "p_code"; '
        'did you mean "pcode"?'
    )


def test_a_property_that_is_like_none_is_said_with_all(districts: gpd.GeoDataFrame, write: Write) -> None:
    with pytest.raises(ConfigError, match='known: "area_km2", "pcode"'):
        read_layer(write(districts, "districts.geojson"), "shape", "Boundaries[0]")


@pytest.mark.parametrize("content", [b"", b"not a map", b'{"type": "FeatureCollection", "features": []}'])
def test_a_file_that_is_no_boundary_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "boundaries.geojson"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"^Boundaries\[0\]\.(FileURL|CodeProperty): ") as caught:
        read_layer(path, "pcode", "Boundaries[0]")
    assert str(tmp_path) not in str(caught.value)


def test_a_file_of_points_has_no_areas(geojson: Callable[[list[Any]], Path]) -> None:
    with pytest.raises(ConfigError, match=r'"by_hand\.geojson" has no areas; name a file of polygons'):
        read_layer(geojson([feature("town", POINT)]), "pcode", "Boundaries[0]")


def test_degrees_without_a_system_are_taken_as_longitude_and_latitude(
    districts: gpd.GeoDataFrame, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(districts, "districts.shp")
    path.with_suffix(".prj").unlink()
    with caplog.at_level(logging.WARNING):
        layer = read_layer(path, "pcode", "Boundaries[0]")
    assert layer.areas.geometry.area.round(-6).tolist() == [123_000_000.0] * 3
    assert "read as longitude and latitude" in caplog.text


def test_metres_without_a_system_are_refused(districts: gpd.GeoDataFrame, write: Write) -> None:
    path = write(districts.to_crs("EPSG:32638"), "districts.shp")
    path.with_suffix(".prj").unlink()
    with pytest.raises(ConfigError, match="does not say in which system its coordinates are"):
        read_layer(path, "pcode", "Boundaries[0]")


@pytest.mark.parametrize("corner", [(500_000, 200_000), (45, 90.5), (45, -90.5), (180.5, 2), (-180.5, 2)])
def test_geojson_beyond_the_globe_in_degrees_is_refused(
    corner: tuple[float, float], geojson: Callable[[list[Any]], Path]
) -> None:
    west, south = corner
    ring = [[west, south], [west + 0.1, south], [west + 0.1, south + 0.1], [west, south]]
    path = geojson([feature("far", {"type": "Polygon", "coordinates": [ring]})])
    with pytest.raises(ConfigError) as caught:
        read_layer(path, "pcode", "Boundaries[0]")
    assert str(caught.value) == (
        'Boundaries[0].FileURL: "by_hand.geojson" does not say in which system its coordinates are; '
        "add its .prj file, or save it as GeoJSON in longitude and latitude"
    )


def test_the_edge_of_the_globe_may_be_rounded_beyond_itself(districts: gpd.GeoDataFrame, write: Write) -> None:
    districts.geometry = [shapely.box(179 - n, 2, 180.00000000000006 - n, 3) for n in range(3)]
    assert len(read_layer(write(districts, "edge.gpkg"), "pcode", "Boundaries[0]").areas) == 3


def test_a_file_that_is_not_utf8_is_refused(geojson: Callable[[list[Any]], Path]) -> None:
    path = geojson([feature("Baydhabo", SQUARE)])
    path.write_bytes(path.read_bytes().replace(b"habo", "hab\xf6".encode("latin-1")))
    with pytest.raises(ConfigError) as caught:
        read_layer(path, "pcode", "Boundaries[0]")
    assert str(caught.value) == 'Boundaries[0].FileURL: "by_hand.geojson" is not in UTF-8; save it as UTF-8'


def test_a_system_of_a_building_site_is_refused(districts: gpd.GeoDataFrame, write: Write) -> None:
    path = write(districts, "districts.shp")
    path.with_suffix(".prj").write_text('LOCAL_CS["site",UNIT["metre",1]]', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_layer(path, "pcode", "Boundaries[0]")
    assert str(caught.value) == (
        'Boundaries[0].FileURL: "districts.shp" uses a coordinate system that has no place on the globe; '
        "save it in longitude and latitude"
    )


@pytest.mark.parametrize(
    ("shapes", "system"),
    [
        ([shapely.box(-180, -90, 0, 90), shapely.box(0, -90, 180, 90)], "EPSG:4326"),
        ([shapely.box(x, y, x + 90, y + 90) for x in range(-180, 180, 90) for y in (-90, 0)], "EPSG:4326"),
        ([shapely.segmentize(shapely.box(-180, -60, 180, 80), 1)], "EPSG:4326"),
        ([shapely.box(45, 2, 45 + 1e-9, 2 + 1e-9)], "EPSG:4326"),
        ([shapely.Polygon([(0, 0), (np.inf, 0), (1, 1)])], "EPSG:32638"),
    ],
)
def test_areas_of_a_globe_or_of_a_point_are_refused(shapes: list[shapely.Polygon], system: str, write: Write) -> None:
    areas = gpd.GeoDataFrame({"pcode": [str(n) for n in range(len(shapes))]}, geometry=shapes, crs=system)
    with pytest.raises(ConfigError) as caught:
        read_layer(write(areas, "world.gpkg"), "pcode", "Boundaries[0]")
    assert str(caught.value) == (
        'Boundaries[0].FileURL: "world.gpkg" has areas that are too large or too small for a map; '
        "name a file of the areas of one country"
    )
