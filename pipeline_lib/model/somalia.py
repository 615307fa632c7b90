"""Places in Somalia: which lies in which (semantics.md 6)."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from pipeline_lib.model.code_scheme import Code

LEVELS = ("mogadishu_sub_district", "district", "region", "state", "zone")
"""From the smallest to the largest: the order of a location dataset's codings."""

NOT_CODED = "NC"

ZONE_OF_OPERATOR: Mapping[str, str] = MappingProxyType(
    {"25290": "nez", "25261": "scz", "25264": "scz", "25277": "scz", "25263": "nwz"}
)
"""Zones by the first five digits of a number: of golis, hormud and telesom; other networks serve several."""


@cache
def places() -> dict[tuple[str, str], dict[str, str]]:
    """By level and match value, the match value of the place on every level, `NC` below its own.

    Alternative names lead to the place's usual name.
    """
    lines = files(__package__).joinpath("somalia_locations.csv").read_text(encoding="utf-8").splitlines()
    return {(row["level"], row["code"]): {level: row[level] for level in LEVELS} for row in csv.DictReader(lines)}


def name_of_place(code: Code) -> str:
    """What `places` calls the place that a code stands for."""
    return code.match_values[0] if code.match_values else code.string_value
