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
    """By a place's code, in the scheme's order, the numbers of its areas; only places that have any."""
    places_without_area: tuple[Place, ...]
    areas_without_place: tuple[int, ...]


def places_of(scheme: CodeScheme) -> tuple[Place, ...]:
    """The scheme's normal codes, which its control and meta codes are not."""
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
    """Each area by the place whose name it bears; upper and lower case and the kind of apostrophe make no difference.

    A name that two places share is the place's for which it comes first: its string value before its match values.

    Args:
        places: The scheme's places.
        area_names: Of each area the text that its boundary file gives; None where there is none.
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
    """A name as people write it, where a scheme has it in lower case."""
    words = name.replace("_", " ")
    return re.sub(r"(?<![\w'\u2019])\w", lambda first: first[0].upper(), words) if words.islower() else words


def plain(name: str) -> str:
    """A name without what spellings of it differ in: upper and lower case, kinds of spaces and of apostrophes."""
    composed = unicodedata.normalize("NFKC", name).casefold().replace("_", " ")
    return " ".join(composed.translate(_APOSTROPHES).split())
