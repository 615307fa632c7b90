"""Places that the predecessors lost, or found by mistake (Q15, Q55, Q56: semantics.md 6 and 14)."""

from collections.abc import Callable, Collection, Mapping

from pipeline_lib.model import somalia
from pipeline_lib.model.code_scheme import Code
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.model.places import PlaceTable, names_of

Around = Callable[[str, Code], Mapping[str, str] | None]
"""From a level and a code to the usual names of its place and of those that it lies in; None: the place is unknown."""


def around(table: PlaceTable, quirks: Collection[Quirk], *, as_predecessor: bool) -> Around:
    """`PlaceTable.around`, as far as the predecessors knew it.

    Args:
        table: The places.
        quirks: Those to keep.
        as_predecessor: Whether a text that names a zone of Somalia only has no zone (Q15).
    """
    found: Around = table.around
    if as_predecessor and table is somalia.places():
        found = _without_zones(found)
    if Quirk.COUNTIES_ARE_ALSO_CONSTITUENCIES in quirks:
        found = _counties_as_constituencies(table, found)
    if Quirk.MISSPELT_PLACES_ARE_NOT_CODED in quirks:
        found = _without_misspelt(found)
    return found


def _without_zones(known: Around) -> Around:
    return lambda level, code: None if level == somalia.ZONE else known(level, code)


def _counties_as_constituencies(table: PlaceTable, known: Around) -> Around:
    """Three counties are called like a constituency, and its table had names only."""

    def found(level: str, code: Code) -> Mapping[str, str] | None:
        place = known(level, code)
        if place is None or level != "county" or table.named("constituency", place["county"]) is None:
            return place
        return {**place, "constituency": place["county"]}

    return found


def _without_misspelt(known: Around) -> Around:
    return lambda level, code: None if names_of(code)[0] in _MISSPELT.get(level, ()) else known(level, code)


_MISSPELT: Mapping[str, frozenset[str]] = {
    "constituency": frozenset(
        {
            "balambala",
            "igambang`ombe",
            "kandunyi",
            "kaspul kabondo",
            "kitutu chache south",
            "laikipia east",
            "laikipia north",
            "laikipia west",
            "Malava",
            "marakwet east",
            "mathioya",
            "mogotio",
            "msambweni",
            "mukurweini",
            "nyaribari masabaa",
            "runyenjes",
            "sigowet sion",
            "sirisa",
        }
    ),
    "county": frozenset({"taita taveta", "tharaka nithi", "west_pokot"}),
}
"""Match values that AHADI's code schemes spelled otherwise than its table of places, by level."""
