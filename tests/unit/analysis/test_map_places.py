"""Which area of a file is which place of a code scheme."""

import pytest

from pipeline_lib.analysis.map_places import Place, match, places_of
from pipeline_lib.model.code_scheme import CodeScheme

BAY = Place("bay", "Bay", ("bay", "bay region"))
GEDO = Place("gedo", "Gedo", ("gedo", "bay"))


def test_places_are_the_normal_codes_with_proper_names() -> None:
    codes = [
        {"CodeID": "c1", "CodeType": "Normal", "StringValue": "xamar_weyne", "NumericValue": 1, "MatchValues": ["hw"]},
        {"CodeID": "c2", "CodeType": "Normal", "StringValue": "buaale", "DisplayText": "bu'aale", "NumericValue": 2},
        {"CodeID": "c3", "CodeType": "Normal", "StringValue": "nez", "DisplayText": "NE zone", "NumericValue": 3},
        {"CodeID": "c4", "CodeType": "Control", "ControlCode": "NC", "StringValue": "NC", "NumericValue": -1},
    ]
    scheme = CodeScheme.model_validate({"SchemeID": "s", "Name": "s", "Version": "1", "Codes": codes})
    assert [(place.code, place.label) for place in places_of(scheme)] == [
        ("xamar_weyne", "Xamar Weyne"),
        ("buaale", "Bu'aale"),
        ("nez", "NE zone"),
    ]
    assert places_of(scheme)[0].names == ("xamar_weyne", "hw", "c1", "")


@pytest.mark.parametrize("name", ["bay", "BAY", " Bay ", "bay_region", "Bay  Region"])
def test_case_and_spaces_make_no_difference(name: str) -> None:
    assert match([BAY], [name]).areas_of_place == {"bay": [0]}


@pytest.mark.parametrize("name", ["bu'aale", "bu\N{RIGHT SINGLE QUOTATION MARK}aale", "Bu`aale"])
def test_an_apostrophe_is_an_apostrophe(name: str) -> None:
    assert match([Place("buaale", "", ("buaale", "bu'aale"))], [name]).areas_of_place == {"buaale": [0]}


def test_a_string_value_comes_before_another_s_match_value() -> None:
    assert match([GEDO, BAY], ["bay", "gedo"]).areas_of_place == {"gedo": [1], "bay": [0]}


def test_a_place_may_have_several_areas() -> None:
    assert match([BAY, GEDO], ["gedo", "bay", "bay region"]).areas_of_place == {"bay": [1, 2], "gedo": [0]}


def test_what_has_no_counterpart_is_told() -> None:
    matches = match([BAY, GEDO], ["bay", "sool", None])
    assert matches.places_without_area == (GEDO,)
    assert matches.areas_without_place == (1, 2)
