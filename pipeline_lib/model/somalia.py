"""Places in Somalia: which lies in which (semantics.md 6)."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pipeline_lib.model.places import PlaceTable, packaged_table

ZONE = "zone"

ZONE_OF_OPERATOR: Mapping[str, str] = MappingProxyType(
    {"25290": "nez", "25261": "scz", "25264": "scz", "25277": "scz", "25263": "nwz"}
)
"""Zones by the first five digits of a number: of golis, hormud and telesom; other networks serve several."""


@cache
def places() -> PlaceTable:
    """Sub-districts of Mogadishu, districts, regions, states and zones."""
    return packaged_table("somalia_locations.csv", ("mogadishu_sub_district", "district", "region", "state", ZONE))
