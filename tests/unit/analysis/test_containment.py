"""Which codes say that somebody lives where a map has no area."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.containment import codes_elsewhere
from pipeline_lib.model.coding_plan import Dataset, DatasetKind
from pipeline_lib.model.places import place_table

Coding = Callable[[str, Sequence[str]], Analysed]


@pytest.fixture
def coding(make_survey: Callable[..., Dataset]) -> Coding:
    def make(key: str, codes: Sequence[str]) -> Analysed:
        dataset = make_survey("location", DatasetKind.DEMOGRAPHIC, key, *codes)
        return Analysed(replace(dataset, name="location"), dataset.codings[0])

    return make


@pytest.mark.parametrize(
    ("places", "others", "expected"),
    [
        (["hodan"], ["mogadishu", "afgooye", "Lower Shabelle", "banadir"], ["afgooye", "Lower Shabelle"]),
        # What lies in one of the places, or has one in it, is not elsewhere; nor is what nobody knows.
        (["banadir", "bay"], ["hodan", "afgooye", "scz", "nez", "Atlantis"], ["afgooye", "nez"]),
        (["westlands", "kibra"], ["nairobi", "kisumu"], ["kisumu"]),
        (["nairobi"], ["kibra", "kisumu central"], ["kisumu central"]),
        # A county and a constituency of one name.
        (["kiambu"], ["kiambu", "nairobi"], ["nairobi"]),
        (["mogadishu", "afgooye"], ["banadir", "lower shabelle"], []),
    ],
)
def test_a_place_that_has_none_of_them_and_lies_in_none_is_elsewhere(
    places: list[str], others: list[str], expected: list[str], coding: Coding
) -> None:
    found = codes_elsewhere(coding("own", places), [coding("other", others)])
    assert found == ({"other": expected} if expected else {})


def test_a_project_s_own_places_tell_too(coding: Coding) -> None:
    rows = [
        {"level": "woreda", "code": "yeka", "woreda": "yeka", "region": "addis ababa"},
        {"level": "region", "code": "addis ababa", "region": "addis ababa"},
        {"level": "region", "code": "oromia", "region": "oromia"},
    ]
    own = coding("own", ["yeka"])
    own = own._replace(dataset=replace(own.dataset, own_places=place_table(("woreda", "region"), rows)))
    found = codes_elsewhere(own, [coding("other", ["addis ababa", "oromia"])])
    assert found == {"other": ["oromia"]}


def test_of_places_that_nobody_knows_it_cannot_be_told(coding: Coding) -> None:
    assert codes_elsewhere(coding("own", ["hodan", "Upper Town"]), [coding("other", ["afgooye"])]) is None
