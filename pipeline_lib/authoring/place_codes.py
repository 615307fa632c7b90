"""Codes for all places of a level, from the tables by which places are imputed."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pipeline_lib.authoring.scheme_drafts import Code, Ids, normal_code
from pipeline_lib.model import kenya, somalia
from pipeline_lib.model.places import PlaceTable

TABLES: Mapping[str, Callable[[], PlaceTable]] = MappingProxyType(
    {
        "constituency": kenya.places,
        "county": kenya.places,
        "district": somalia.places,
        "mogadishu_sub_district": somalia.places,
        "region": somalia.places,
        "state": somalia.places,
        "ward": kenya.places,
        "zone": somalia.places,
    }
)
"""The table of each level."""


def place_codes(level: str, ids: Ids) -> list[Code]:
    """A code for each place of a level, by name; its match values are all names that the place has."""
    names: dict[str, list[str]] = {}
    for (level_of_place, name), place in TABLES[level]().places.items():
        if level_of_place == level:
            names.setdefault(place[level], []).append(name)
    return [
        normal_code(ids, number, usual, match_values=[usual, *(name for name in names[usual] if name != usual)])
        for number, usual in enumerate(sorted(names), start=1)
    ]
