"""Which place lies in which, and therefore which codes say that somebody lives where a map has no area."""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from pipeline_lib.analysis.codings import Analysed, all_codings
from pipeline_lib.analysis.map_places import places_of, plain
from pipeline_lib.model import somalia
from pipeline_lib.model.coding_plan import CodingPlans
from pipeline_lib.model.places import PlaceTable


@cache
def _around(own: PlaceTable | None) -> Mapping[str, frozenset[str]]:
    """The places that a place lies in, itself included, by its name in Somalia, Kenya or the project's own table.

    A name that several places share, such as a county and a constituency, lies in every place that any of them lies in.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for table in (somalia.places(), *([own] if own is not None else [])):
        for (_, name), by_level in table.places.items():
            found[plain(name)] |= {plain(name), *map(plain, by_level.values())}
    kenya = files("pipeline_lib.analysis.maps").joinpath("data/kenya_constituencies.csv")
    for row in csv.DictReader(kenya.read_text(encoding="utf-8").splitlines()):
        county, constituency = plain(row["parent"]), plain(row["code"])
        found[constituency] |= {constituency, county}
        found[county] |= {county}
    return {name: frozenset(wider) for name, wider in found.items()}


def beside(coding: Analysed, plans: CodingPlans) -> list[Analysed]:
    """The other codings of the same answers, which may say where somebody lives even if this one does not."""
    same = (each for each in all_codings(plans) if each.dataset == coding.dataset)
    return [each for each in same if each.key != coding.key]


def codes_elsewhere(coding: Analysed, others: Sequence[Analysed]) -> dict[str, list[str]] | None:
    """The codes of other codings that say that somebody lives in none of a coding's places, by AnalysisFileKey.

    A code says so if its place contains none of the coding's places and lies in none of them. An unknown place says
    nothing.

    Returns:
        None if one of the coding's own places is unknown, so that nothing can be said.
    """
    places_around = _around(coding.dataset.own_places)
    own = [{plain(name) for name in place.names} for place in places_of(coding.coding.code_scheme)]
    known = [names & places_around.keys() for names in own]
    if not all(known):
        return None
    inside = set().union(*known)
    with_one_inside = set().union(*(places_around[name] for name in inside))
    found: dict[str, list[str]] = {}
    for other in others:
        for place in places_of(other.coding.code_scheme):
            around = [places_around[name] for name in map(plain, place.names) if name in places_around]
            names = {plain(name) for name in place.names}
            if around and not names & with_one_inside and not inside.intersection(*around):
                found.setdefault(other.key, []).append(place.code)
    return found
