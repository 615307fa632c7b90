"""Places in Kenya: which lies in which (semantics.md 14)."""

from functools import cache

from pipeline_lib.model.places import PlaceTable, packaged_table


@cache
def places() -> PlaceTable:
    """Wards, constituencies and counties, as the constitution of 2010 has them."""
    return packaged_table("kenya_locations.csv", ("ward", "constituency", "county"))
