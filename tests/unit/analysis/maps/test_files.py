"""Maps as files, and as shapes for a page."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import pytest
import shapely

from pipeline_lib.analysis.charts.figure_layout import Words
from pipeline_lib.analysis.charts.pixels import png
from pipeline_lib.analysis.map_places import Place
from pipeline_lib.analysis.maps.base import BaseMap, base_map
from pipeline_lib.analysis.maps.drawing import draw_map
from pipeline_lib.analysis.maps.files import BoundaryFile, base_maps, write_maps
from pipeline_lib.analysis.maps.layer import Layer
from pipeline_lib.analysis.maps.maps import Map
from pipeline_lib.analysis.maps.svg import areas_svg, map_svg
from pipeline_lib.disclosure.release import Cell
from pipeline_lib.errors import ConfigError
from pipeline_lib.model.coding_plan import CodingPlans, PlacesOfMap

WORDS = Words("Participants", "By district", ("A caption.",))
SVG = "{http://www.w3.org/2000/svg}"


def counts(south: int, north: int) -> dict[str, Cell]:
    return {"south": Cell(str(south), south), "north": Cell(str(north), north)}


@pytest.mark.slow
def test_workers_draw_what_one_process_would(base: BaseMap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline_lib.analysis.charts.workers._FEW", 9)
    maps = [Map("districts", f"districts_{n}.png", "", WORDS, counts(n, 2 * n)) for n in range(9)]
    drawn = list(write_maps(tmp_path, maps, {"districts": base}))
    assert [each.path for each in drawn] == [f"maps/districts/districts_{n}.png" for n in range(9)]
    assert [each.legend[-1].text for each in drawn] == ["0", "2", "4", "6", "8", "10", "12", "14", "16"]
    here = draw_map(base, WORDS, counts(4, 8))
    assert (tmp_path / drawn[4].path).read_bytes() == png(here.figure, 300)
    assert drawn[4].svg == map_svg(base, here)


def test_no_maps_are_no_files(tmp_path: Path) -> None:
    assert list(write_maps(tmp_path, [], {})) == []
    assert list(tmp_path.iterdir()) == []


def test_areas_too_small_to_be_seen_on_one_map_are_refused(
    plans: CodingPlans, districts: gpd.GeoDataFrame, write: Callable[..., Path]
) -> None:
    plans = replace(plans, maps=(PlacesOfMap("wards", "state"),))
    districts.geometry = [shapely.box(west, 2, west + 1e-7, 2 + 1e-7) for west in (35, 40, 45)]
    file = BoundaryFile(write(districts, "wards.gpkg"), "pcode", "Boundaries[0]")
    with pytest.raises(ConfigError) as caught:
        base_maps(plans, {"wards": file})
    assert str(caught.value) == (
        'Boundaries[0].FileURL: the areas in "wards.gpkg" are too small to be seen on one map; '
        "name a file of areas that fill a country"
    )


def test_a_level_has_the_areas_of_its_file_or_the_schematic_ones(
    plans: CodingPlans, districts: gpd.GeoDataFrame, write: Callable[..., Path]
) -> None:
    plans = replace(plans, maps=(PlacesOfMap("wards", "state"), PlacesOfMap("regions", "region")))
    districts["pcode"] = ["somaliland", "south west", "elsewhere"]
    path = write(districts, "wards.gpkg")
    bases = base_maps(plans, {"wards": BoundaryFile(path, "pcode", "Boundaries[0]")})
    assert list(bases) == ["wards", "regions"]
    assert [shape.place.code for shape in bases["wards"].shapes] == ["somaliland", "south west"]
    assert (len(bases["wards"].strangers), bases["wards"].is_schematic) == (1, False)
    assert [shape.place.code for shape in bases["regions"].shapes] == ["awdal", "togdheer", "bay", "bakool"]
    assert (len(bases["regions"].strangers), bases["regions"].is_schematic) == (14, True)


def test_a_file_without_the_property_stops_before_anything_is_drawn(
    plans: CodingPlans, districts: gpd.GeoDataFrame, write: Callable[..., Path]
) -> None:
    plans = replace(plans, maps=(PlacesOfMap("wards", "state"),))
    path = write(districts, "wards.geojson")
    with pytest.raises(ConfigError, match="did you mean"):
        base_maps(plans, {"wards": BoundaryFile(path, "pcod", "Boundaries[0]")})


def test_a_page_has_the_areas_once_and_each_map_its_colours_and_labels(base: BaseMap) -> None:
    areas = ET.fromstring(_with_namespace(areas_svg(base)))  # noqa: S314 - our own
    assert [path.get("id") for path in areas.iter(f"{SVG}path")] == [
        "districts-0",
        "districts-1",
        "districts-2",
        "districts-others",
    ]
    drawn = draw_map(base, WORDS, counts(3, 12))
    page_map = ET.fromstring(_with_namespace(map_svg(base, drawn)))  # noqa: S314 - our own
    fills = {use.get("href"): group.get("fill") for group in page_map.iter(f"{SVG}g") for use in group}
    assert fills["#districts-1"] == "#ffffff"  # the middle: nobody
    assert fills["#districts-2"] == "#993e46"  # the north: most
    assert fills["#districts-0"] == "#cc9ea2"  # the south: between
    texts = [[span.text for span in text] for text in page_map.iter(f"{SVG}text")]
    assert sorted(texts) == [["Middle"], ["North", "12"], ["South", "3"]]


def test_the_shapes_of_a_page_are_those_of_the_map_upside_down(base: BaseMap) -> None:
    width, height = base.size
    (south,) = re.findall(r'id="districts-0" d="M([^Z]*)Z"', areas_svg(base))
    points = [tuple(map(float, point.split())) for point in south.split("L")]
    assert min(y for _, y in points) == pytest.approx(height * 2 / 3, abs=0.5)
    assert max(y for _, y in points) == pytest.approx(height, abs=0.1)
    assert max(x for x, _ in points) == pytest.approx(width, abs=0.1)


def test_a_name_cannot_leave_its_label(layer: Layer) -> None:
    hostile = Place("south", "</text><script>", ("south",))
    base = base_map("districts", (hostile,), layer)
    shapes = map_svg(base, draw_map(base, WORDS, counts(3, 0)))
    assert "<script>" not in shapes
    assert "&lt;/text&gt;&lt;script&gt;" in shapes


def _with_namespace(shapes: str) -> str:
    return str(shapes).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
