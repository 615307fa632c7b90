"""Areas of places without a boundary file."""

import csv
from importlib.resources import files

import pytest
import shapely

from pipeline_lib.analysis.maps.layer import DEGREES
from pipeline_lib.analysis.maps.schematic import SCHEMATIC_LEVELS, schematic_layer
from pipeline_lib.cleaners.place_list import match_values
from pipeline_lib.model.coding_plan import MapLevel
from pipeline_lib.model.somalia import places

COUNTS = {
    "districts": 74,
    "regions": 18,
    "states": 7,
    "zones": 3,
    "mogadishu": 17,
    "constituencies": 290,
    "counties": 47,
}


def test_every_level_that_needs_no_file_has_areas() -> None:
    assert set(SCHEMATIC_LEVELS) == set(MapLevel) == set(COUNTS)


@pytest.mark.parametrize("level", SCHEMATIC_LEVELS)
def test_areas_are_whole_apart_and_all_there(level: str) -> None:
    areas = schematic_layer(level).areas
    assert len(areas) == len(set(areas["name"])) == COUNTS[level]
    assert areas.geometry.is_valid.all()
    assert areas.geometry.area.min() > 500_000  # half a square kilometre
    together = areas.geometry.union_all().area
    assert areas.geometry.area.sum() == pytest.approx(together, rel=1e-6)


@pytest.mark.slow
def test_areas_bear_the_names_of_the_usual_schemes() -> None:
    for level, kind in (("districts", "district"), ("regions", "region"), ("states", "state"), ("zones", "zone")):
        known = {found[kind] for (of, _), found in places().places.items() if of == kind}
        assert set(schematic_layer(level).areas["name"]) == known, level
    of_mogadishu = {name for (level, name) in places().places if level == "mogadishu_sub_district"}
    assert set(schematic_layer("mogadishu").areas["name"]) == of_mogadishu


@pytest.mark.parametrize(
    ("level", "list_name"), [("counties", "kenya_county"), ("constituencies", "kenya_constituency")]
)
def test_kenya_s_areas_bear_the_names_that_the_cleaners_give(level: str, list_name: str) -> None:
    assert set(schematic_layer(level).areas["name"]) == match_values(list_name)


def test_a_country_is_as_large_as_it_is() -> None:
    assert schematic_layer("regions").areas.geometry.area.sum() == pytest.approx(638e9, rel=0.01)
    assert schematic_layer("counties").areas.geometry.area.sum() == pytest.approx(583e9, rel=0.01)


def test_a_centre_lies_in_its_own_area() -> None:
    areas = schematic_layer("constituencies").areas.to_crs(DEGREES).set_index("name").geometry
    path = files("pipeline_lib.analysis.maps").joinpath("data/kenya_constituencies.csv")
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        point = shapely.Point(float(row["longitude"]), float(row["latitude"]))
        assert areas[row["code"]].distance(point) < 1e-6, row["code"]


def test_larger_areas_are_made_of_smaller_ones() -> None:
    districts = schematic_layer("districts").areas.set_index("name").geometry
    regions = schematic_layer("regions").areas.set_index("name").geometry
    awdal = districts[["baki", "borama", "lughaye", "zeylac"]].union_all()
    assert shapely.symmetric_difference(awdal, regions["awdal"]).area < 1
