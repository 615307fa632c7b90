"""The places that a code scheme names, and the areas of a boundary layer that belong to them."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipeline_lib.model.code_scheme import CodeScheme

_APOSTROPHES = str.maketrans(dict.fromkeys("\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}`", "'"))


class Place(NamedTuple):
    """A normal code of a scheme of places."""

    code: str
    """Its string value: unique in the scheme."""
    label: str
    """What people read."""
    names: tuple[str, ...]
    """What a boundary file may call it."""


class Matches(NamedTuple):
    """Which areas belong to which place."""

    areas_of_place: dict[str, list[int]]
    """The numbers of a place's areas, by the place's code, in the scheme's order; only places that have any."""
    places_without_area: tuple[Place, ...]
    areas_without_place: tuple[int, ...]


def places_of(scheme: CodeScheme) -> tuple[Place, ...]:
    """The scheme's normal codes; control and meta codes are not places."""
    return tuple(
        Place(
            code.string_value,
            _proper(code.display_text or code.string_value),
            (code.string_value, *code.match_values, code.code_id, code.display_text),
        )
        for code in scheme.codes
        if code.is_normal
    )


def match(places: Sequence[Place], area_names: Iterable[str | None]) -> Matches:
    """Assigns each area to the place whose name it has; upper and lower case and kinds of apostrophe do not matter.

    A name that two places share belongs to the place that lists it earlier: a string value comes before match values.

    Args:
        places: The scheme's places.
        area_names: Each area's name in its boundary file, or None.
    """
    owners: dict[str, str] = {}
    for rank in range(max((len(place.names) for place in places), default=0)):
        for place in places:
            if rank < len(place.names) and place.names[rank]:
                owners.setdefault(plain(place.names[rank]), place.code)
    found: dict[str, list[int]] = {place.code: [] for place in places}
    strangers = []
    for number, name in enumerate(area_names):
        owner = owners.get(plain(name)) if name is not None else None
        if owner is None:
            strangers.append(number)
        else:
            found[owner].append(number)
    without = tuple(place for place in places if not found[place.code])
    return Matches({code: areas for code, areas in found.items() if areas}, without, tuple(strangers))


def _proper(name: str) -> str:
    """A name as people write it, if a scheme has it in lower case."""
    words = name.replace("_", " ")
    return re.sub(r"(?<![\w'\u2019])\w", lambda first: first[0].upper(), words) if words.islower() else words


def plain(name: str) -> str:
    """A name without differences of spelling: upper and lower case, kinds of spaces and of apostrophes."""
    composed = unicodedata.normalize("NFKC", name).casefold().replace("_", " ")
    return " ".join(composed.translate(_APOSTROPHES).split())
