"""Where labels stand."""

from itertools import combinations

import pytest
import shapely

from pipeline_lib.analysis.map_places import Place
from pipeline_lib.analysis.maps.base import BaseMap, Shape, base_map
from pipeline_lib.analysis.maps.labels import Label, Room, Wanted, placed
from pipeline_lib.analysis.maps.schematic import schematic_layer

PAPER = (-100.0, -100.0, 300.0, 300.0)


def shape(name: str, west: float, south: float, east: float, north: float) -> Shape:
    box = shapely.box(west, south, east, north)
    return Shape(Place(name.lower(), name, (name,)), box, ((west + east) / 2, (south + north) / 2))


def labels_of(*wanted: Wanted) -> list[Label]:
    land = shapely.union_all([want.shape.outline for want in wanted])
    return placed(wanted, Room(land, PAPER, 7.5))


def test_a_label_stands_in_its_place_where_there_is_room() -> None:
    (label,) = labels_of(Wanted(shape("Bay", 0, 0, 100, 100), "12"))
    assert (label.text, label.line, label.is_counted) == ("Bay\n12", None, True)
    assert shapely.box(0, 0, 100, 100).contains(shapely.box(*label.edges))


def test_a_flat_place_has_its_label_in_one_line_and_a_narrow_one_in_three() -> None:
    flat, narrow = Wanted(shape("Bay", 0, 0, 100, 12), "12"), Wanted(shape("Lower Juba", 0, 20, 26, 100), "7")
    assert [label.text for label in labels_of(flat, narrow)] == ["Bay 12", "Lower\nJuba\n7"]


def test_a_small_place_has_its_label_beside_the_country_with_a_line_to_it() -> None:
    large, small = Wanted(shape("Bay", 0, 0, 100, 100), "12"), Wanted(shape("Banadir", 100, 40, 106, 46), "75")
    _, label = labels_of(large, small)
    assert label.text == "Banadir 75"
    assert label.line is not None
    assert shapely.get_coordinates(label.line)[0].tolist() == [103, 43]
    assert not shapely.box(0, 0, 106, 100).intersects(shapely.box(*label.edges))


def test_a_place_without_people_is_named_only_in_its_own_room() -> None:
    large, small = Wanted(shape("Bay", 0, 0, 100, 100), ""), Wanted(shape("Banadir", 100, 40, 106, 46), "")
    (label,) = labels_of(large, small)
    assert (label.text, label.is_counted) == ("Bay", False)


INLAND = Wanted(shape("Long Name Of A Place", 195, 195, 205, 205), "3", "50%")
DESERT = shapely.box(0, 0, 400, 400)
OASIS = Room(DESERT, (-20, -20, 420, 420), 7.5)
"""A small place far from every coast."""


def test_a_place_whose_line_would_cross_others_has_a_letter_that_is_explained() -> None:
    (label,) = placed([INLAND], OASIS)
    assert (label.text, label.meaning, label.line) == ("a", "Long Name Of A Place 3 (50%)", None)
    nobody = INLAND._replace(number="", share="")
    (label,) = placed([nobody], OASIS)
    assert (label.text, label.meaning, label.is_counted) == ("a", "Long Name Of A Place", False)


def test_where_there_are_too_many_places_for_letters_one_without_room_keeps_its_number() -> None:
    label = placed([INLAND], OASIS._replace(has_letters=False))
    assert [each.text for each in label] == ["3"]


def test_no_letter_is_given_twice() -> None:
    wanted = [
        Wanted(shape(f"Some Long Name {number}", 12 * number, 195, 12 * number + 10, 205), "") for number in range(30)
    ]
    labels = placed(wanted, OASIS)
    assert "".join(label.text for label in labels) == "abcdefghijklmnopqrstuvwxyz"


def test_a_label_is_moved_to_where_its_place_has_room_and_none_reaches_over_the_edge() -> None:
    # Wide in the north, and a narrow foot that has the middle in it.
    outline = shapely.union_all([shapely.box(0, 60, 90, 80), shapely.box(0, 0, 22, 80)])
    place = Shape(Place("hiraan", "Hiraan", ("Hiraan",)), outline, (11, 30))
    (label,) = placed([Wanted(place, "12", "33%")], Room(outline, PAPER, 7.5))
    assert label.text == "Hiraan\n12 (33%)"
    left, bottom, right, top = label.edges
    ink = shapely.box(left, (bottom + top) / 2 - 6, right, (bottom + top) / 2 + 6)
    assert outline.contains(ink)


def test_a_share_is_left_out_before_the_name_is() -> None:
    (label,) = labels_of(Wanted(shape("Bay", 0, 0, 20, 100), "12", "33%"))
    assert label.text == "Bay\n12"


@pytest.fixture(scope="module")
def districts() -> BaseMap:
    layer = schematic_layer("districts")
    return base_map("districts", tuple(Place(name, name.title(), (name,)) for name in layer.areas["name"]), layer)


@pytest.mark.slow
def test_no_label_of_a_crowded_map_is_over_another_or_off_the_paper(districts: BaseMap) -> None:
    wanted = [Wanted(each, f"{number}") for number, each in enumerate(districts.shapes, start=1)]
    width, height = districts.size
    paper = (-60.0, -8.0, width + 60, height + 8)
    labels = placed(wanted, Room(districts.land, paper, 5.6))
    assert len(labels) > 65  # of 74
    boxes = [shapely.box(*label.edges) for label in labels]
    for one, other in combinations(boxes, 2):
        assert shapely.intersection(one, other).area < 1e-9
    lines = [label.line for label in labels if label.line is not None]
    assert lines
    assert not any(one.crosses(other) for one, other in combinations(lines, 2))
    on_paper = shapely.box(*paper)
    assert all(on_paper.covers(box) for box in boxes)


@pytest.mark.slow
def test_no_line_leads_over_other_places_where_there_are_too_many_for_letters() -> None:
    layer = schematic_layer("constituencies")
    kenya = base_map("constituencies", tuple(Place(name, name, (name,)) for name in layer.areas["name"]), layer)
    wanted = [Wanted(each, f"{number}") for number, each in enumerate(kenya.shapes, start=1)]
    width, height = kenya.size
    labels = placed(wanted, Room(kenya.land, (-60.0, -8.0, width + 60, height + 8), 5.6, has_letters=False))
    outlines = {each.place.code: each.outline for each in kenya.shapes}
    lines = [(label.line, outlines[label.code]) for label in labels if label.line is not None]
    assert len(lines) > 10
    strayed = [line.intersection(kenya.land).difference(own).length for line, own in lines]
    assert max(strayed) < 10
