"""The maps of a project: each has a name, the words around it, and how many people are where."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline_lib.analysis.charts.captions import About, numeral, readable, title_of
from pipeline_lib.analysis.charts.figure_layout import Words
from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.containment import beside, codes_elsewhere
from pipeline_lib.analysis.filenames import filename
from pipeline_lib.analysis.maps.base import BaseMap
from pipeline_lib.analysis.maps.classes import CountClass, classes
from pipeline_lib.analysis.published_numbers import Distribution, Elsewhere, Published
from pipeline_lib.disclosure.release import Cell, percent
from pipeline_lib.model.coding_plan import CodingMode, CodingPlans

_AREA = {
    "regions": "region",
    "districts": "district",
    "mogadishu": "sub-district of Mogadishu",
    "states": "state",
    "zones": "zone",
    "counties": "county",
    "constituencies": "constituency",
}

_MANY = 100
"""With more areas, some are too small for a label."""

_NO_SHARES: Mapping[str, str] = {}  # no mapping proxy: workers that draw maps get them pickled


class Map(NamedTuple):
    """One map."""

    level: str
    filename: str
    section: str
    """The group that the map belongs to: the level's total, or an episode's themes."""
    words: Words
    counts: Mapping[str, Cell]
    """People by place, by the code's string value."""
    shades: tuple[CountClass, ...] = ()
    """Classes of counts that all maps of an episode have; without, those of this map."""
    shares: Mapping[str, str] = _NO_SHARES
    """What the counts are of the relevant people there, such as `33%`, by the code's string value; of themes only."""


def level_title(level: str) -> str:
    """A level's areas, as a heading names them."""
    return "sub-districts of Mogadishu" if level == "mogadishu" else readable(level)


class _Level(NamedTuple):
    base: BaseMap
    places: Analysed
    elsewhere: Elsewhere | None
    """Who is known to live in none of the places; None if that is unknown."""
    may_be_elsewhere: bool
    """Whether other codings can say that somebody lives in none of them."""
    about: About

    @property
    def area(self) -> str:
        return _AREA.get(self.base.level, readable(self.base.level))

    def map(self, name: str, section: str, words: tuple[str, str], shown: "_Shown") -> Map:
        title, subtitle = words
        same = "A shade means the same on all maps of the episode." if shown.shades else ""
        sentences = (_placed_sentence(self, shown), same, _fit_sentence(self), _schematic_sentence(self))
        return Map(
            self.base.level,
            filename(f"{self.base.level}_{name}", ".png"),
            section,
            Words(title, subtitle.format(area=f"by {self.area}"), self.about.caption(*sentences)),
            shown.counts,
            shown.shades,
            shown.shares,
        )

    def shades(self, *counts: Mapping[str, Cell]) -> tuple[CountClass, ...]:
        """Classes of the counts of all these maps."""
        areas = [shape.place.code for shape in self.base.shapes]
        return classes(each[code].count or 0 for each in counts for code in areas)


class _Shown(NamedTuple):
    whole: Cell
    """How many people there are, wherever they live."""
    counts: Mapping[str, Cell]
    elsewhere: Cell | None
    """How many of them are known to live in none of the places."""
    shades: tuple[CountClass, ...] = ()
    shares: Mapping[str, str] = _NO_SHARES


def maps_of(
    published: Published, plans: CodingPlans, bases: Mapping[str, BaseMap], theme_levels: frozenset[str], about: About
) -> Iterator[Map]:
    """All maps: per level the participants and, if wanted, per episode the relevant ones and those of each theme.

    Args:
        published: The numbers.
        plans: The coding plans, which define the levels.
        bases: The base map of each level, by its name.
        theme_levels: The levels with maps of themes.
        about: What every map says of the project.
    """
    for places, shown in zip(plans.maps, published.places, strict=True):
        codes = codes_elsewhere(shown.coding, beside(shown.coding, plans))
        elsewhere = published.elsewhere.get(shown.coding.key)
        may_be_elsewhere = bool(codes) or (codes is None and bool(beside(shown.coding, plans)))
        level = _Level(bases[places.level], shown.coding, elsewhere, may_be_elsewhere, about)
        everybody = published.participation.opted_in
        words = "Participants", "Participants who opted in to any episode, {area}"
        living = None if elsewhere is None else elsewhere.people
        counted = _Shown(everybody, shown.overall, living)
        yield level.map("total_participants", "", words, counted)
        if places.level in theme_levels:
            for episode in published.themes:
                yield from _of_themes(level, episode)


def _of_themes(level: _Level, episode: Distribution) -> Iterator[Map]:
    """The map of the relevant is the first, then its themes in the scheme's order (semantics.md 8)."""
    name, key = title_of(episode.coding), episode.coding.key
    givers = "Participants" if episode.partly_reviewed is None else "Relevant participants"
    words = (
        f"Relevant participants: {name}",
        "Participants who gave any theme, and of whom nothing waits for a coder, {area}",
    )
    elsewhere = None if level.elsewhere is None else level.elsewhere.by_episode[key].cells()
    relevant = episode.among(level.places)
    given = {code.string_value: episode.among(level.places, code.string_value) for code in episode.coding.themes}
    shades = level.shades(relevant, *given.values())
    living = None if elsewhere is None else elsewhere[0]
    shown = _Shown(episode.relevant, relevant, living, shades)
    yield level.map(f"{key}_1_total_relevant", name, words, shown)
    for number, code in enumerate(episode.coding.themes, start=2):
        theme = code.string_value
        label = readable(code.display_text or theme)
        words = (
            f"{label[:1].upper()}{label[1:]}: {name}",
            f"{givers} who gave this theme, {{area}}; in brackets, their share of the relevant ones there",
        )
        living = None if elsewhere is None else elsewhere[1 + episode.coding.codes.index(code)]
        shares = {place: _share(cell, relevant[place]) for place, cell in given[theme].items()}
        shown = _Shown(episode.overall[theme], given[theme], living, shades, shares)
        yield level.map(f"{key}_{number}_{theme}", name, words, shown)


def _share(part: Cell, whole: Cell) -> str:
    """Empty where it is not released."""
    share = percent(part, whole)
    return f"{float(share):.0f}%" if share[:1].isdigit() else ""


def _placed_sentence(level: _Level, shown: _Shown) -> str:
    """Says how many people there are, and how many are not on the map, unless that would reveal hidden numbers."""
    whole = shown.whole
    on_map = _sum(shown.counts, [shape.place.code for shape in level.base.shapes])
    without_area = _sum(shown.counts, [place.code for place in level.base.without_area])
    is_single = level.places.coding.mode is CodingMode.SINGLE
    is_perturbed = level.about.threshold is not None
    if whole.count is None or on_map is None or without_area is None or not is_single or is_perturbed:
        return f"n = {numeral(whole)} participants."
    living_elsewhere = (shown.elsewhere.count if shown.elsewhere is not None else None) or 0
    unknown = whole.count - on_map - without_area - living_elsewhere
    parts = [f"{on_map:,} on the map"]
    if level.may_be_elsewhere and shown.elsewhere is None:
        parts.append(f"{unknown:,} whose {level.area} is not known or who live elsewhere")
    else:
        parts += [f"{living_elsewhere:,} who live elsewhere"] if level.may_be_elsewhere else []
        parts.append(f"{unknown:,} whose {level.area} is not known")
    parts += [f"{without_area:,} where the map has no area"] if level.base.without_area else []
    return f"n = {whole.count:,} participants: {', '.join(parts)}."


def _fit_sentence(level: _Level) -> str:
    missing, strangers = len(level.base.without_area), len(level.base.strangers)
    parts = [f"{missing} {'code has' if missing == 1 else 'codes have'} no area"] if missing else []
    parts += [f"{strangers} {'area has' if strangers == 1 else 'areas have'} no code"] if strangers else []
    if len(level.base.shapes) > _MANY:
        parts.append("small areas have their number only, or no label")
    return f"{'; '.join(parts).capitalize()}." if parts else ""


def _schematic_sentence(level: _Level) -> str:
    if not level.base.is_schematic:
        return ""
    return "Schematic boundaries: a cell is what lies nearest to a place's centre, and no official border."


def _sum(counts: Mapping[str, Cell], codes: Sequence[str]) -> int | None:
    cells = [counts[code] for code in codes]
    return None if any(cell.count is None for cell in cells) else sum(cell.count or 0 for cell in cells)
