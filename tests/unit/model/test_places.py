"""Tables of places, and what the codes of schemes are in them."""

from collections.abc import Sequence

import pytest

from pipeline_lib.model import kenya, somalia
from pipeline_lib.model.code_scheme import Code, CodeScheme
from pipeline_lib.model.places import PlaceTable


def scheme(*match_values: str | tuple[str, ...]) -> CodeScheme:
    codes = [
        {
            "CodeID": f"code-{number}",
            "CodeType": "Normal",
            "StringValue": f"string {number}",
            "NumericValue": number,
            "MatchValues": [values] if isinstance(values, str) else values,
        }
        for number, values in enumerate(match_values, start=1)
    ]
    return CodeScheme.model_validate({"SchemeID": "Scheme-1", "Name": "places", "Version": "1", "Codes": codes})


def code(*names: str) -> Code:
    return scheme(names).codes[0]


@pytest.mark.parametrize(
    ("level", "name", "county"),
    [
        ("constituency", "lang'ata", "nairobi"),
        ("constituency", "Lang`ata", "nairobi"),
        ("constituency", "langata", "nairobi"),
        ("constituency", "mbita", "homa bay"),
        ("county", "homa_bay", "homa bay"),
        ("county", "Murang'a", "muranga"),
        ("ward", "kipevu", "mombasa"),
        # Two wards differ by a blank only.
        ("ward", "iria ini", "nyeri"),
        ("ward", "iriaini", "nyeri"),
    ],
)
def test_a_place_is_known_however_its_name_is_spelled(level: str, name: str, county: str) -> None:
    place = kenya.places().around(level, code(name))
    assert place is not None
    assert place["county"] == county


def test_two_wards_that_a_blank_tells_apart_are_two() -> None:
    wards = [kenya.places().named("ward", name) for name in ("iria ini", "Iriaini", "iria-ini")]
    assert [ward["constituency"] if ward else None for ward in wards] == ["othaya", "mathira", None]


@pytest.mark.parametrize("name", ["other", "nairobi", ""])
def test_what_is_no_place_of_its_level_is_unknown(name: str) -> None:
    assert kenya.places().around("constituency", code(name)) is None


def test_a_place_is_known_by_any_of_its_match_values() -> None:
    place = somalia.places().around("district", code("our town", "guriceel"))
    assert place is not None
    assert place["district"] == "dhuusamarreeb"


def test_of_two_codes_for_one_place_the_usually_named_one_stands_for_it() -> None:
    for names in (("guriceel", "dhuusamarreeb"), ("dhuusamarreeb", "guriceel")):
        codes = somalia.places().codes("district", scheme(*names))
        assert [found.match_values for found in codes.values()] == [("dhuusamarreeb",)]


@pytest.mark.parametrize(
    ("schemes", "levels"),
    [
        ([("nairobi", "kiambu"), ("westlands", "kiambu")], ("county", "constituency")),
        ([("westlands", "kiambu"), ("nairobi", "kiambu")], ("constituency", "county")),
        ([("kipevu",), ("nairobi",)], ("ward", "county")),
        ([("nairobi",)], ("county",)),
        # Nothing tells these apart, so that the smaller level comes first.
        ([("kiambu",), ("kiambu",)], ("constituency", "county")),
    ],
)
def test_schemes_tell_their_levels(schemes: Sequence[Sequence[str]], levels: Sequence[str]) -> None:
    assert kenya.places().levels_of([scheme(*names) for names in schemes]) == levels


@pytest.mark.parametrize(
    ("table", "counts"),
    [
        (kenya.places(), {"ward": 1450, "constituency": 290, "county": 47}),
        (somalia.places(), {"mogadishu_sub_district": 17, "district": 74, "region": 18, "state": 7, "zone": 3}),
    ],
    ids=["kenya", "somalia"],
)
def test_all_places_are_there_and_lie_in_places_of_all_wider_levels(table: PlaceTable, counts: dict[str, int]) -> None:
    for number, (level, count) in enumerate(counts.items()):
        usual = {name: place for (of, name), place in table.places.items() if of == level and place[level] == name}
        assert len(usual) == count, level
        for place in usual.values():
            assert (
                tuple(place)[-len(table.levels[number:]) :] == table.levels[number:]
            )  # the state banadir is a region too
            for wider, name in place.items():
                assert table.places[wider, name].items() <= place.items()


def test_a_name_is_looked_up_once_however_many_schemes_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []
    table = PlaceTable(("county",), {("county", "nairobi"): {"county": "nairobi"}})

    def get(_: object, name: str) -> dict[str, dict[str, str]]:
        looked_up.append(name)
        return {}

    for lookup in table._lookups:
        monkeypatch.setattr(type(lookup), "get", get)
    for _ in range(3):
        table.codes("county", scheme("nairobi"))
    assert looked_up == ["nairobi"] * 2
