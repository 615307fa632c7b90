"""The analysis as one self-contained page: to read, to print, to mail.

It loads nothing from any host: graphs and maps are part of it, and a content security policy forbids the rest.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from pipeline_lib.analysis.charts.captions import About, day, numeral
from pipeline_lib.analysis.charts.files import DrawnGraph
from pipeline_lib.analysis.charts.style import font_files
from pipeline_lib.analysis.maps.base import BaseMap
from pipeline_lib.analysis.maps.files import DrawnMap
from pipeline_lib.analysis.maps.maps import level_title
from pipeline_lib.analysis.maps.svg import areas_svg, fill_of
from pipeline_lib.analysis.published_numbers import Published
from pipeline_lib.analysis.report.coding_states import coding_states
from pipeline_lib.analysis.report.engagement import Engagement
from pipeline_lib.analysis.report.table_descriptions import described
from pipeline_lib.disclosure.release import Cell

FILENAME = "index.html"

_PAGE_POINTS = 690.0
"""A narrow graph that is longer has no room on a page of A4."""

_HALF_PAGE = 0.97
"""The height of a wide graph, by its width: a higher one would be too small to read on half a page of A4."""


class Contents(NamedTuple):
    """What a report shows."""

    about: About
    description: str
    """A description of the project, for people who don't know it."""
    published: Published
    graphs: Sequence[DrawnGraph]
    maps: Sequence[DrawnMap]
    bases: Mapping[str, BaseMap]
    tables: Mapping[str, int]
    """Numbers of rows, by file."""
    engagement: Sequence[Engagement] = ()
    """Metrics of posts."""


def report(contents: Contents) -> str:
    """The page, as HTML."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(_resource("page.html.j2"))
    style = Markup(_resource("page.css"))  # noqa: S704 - our own file
    fonts = {weight: base64.b64encode(font).decode() for weight, font in font_files().items()}
    return template.render(style=style, fonts=fonts, page=_page(contents))


def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _page(contents: Contents) -> dict[str, Any]:
    about = contents.about
    graphs = _graphs(contents.graphs)
    return {
        "title": about.project,
        "description": contents.description,
        "period": about.period,
        "is_running": about.is_running,
        "as_of": day(about.as_of.astimezone(about.start.tzinfo)),
        "protection": about.protection,
        "figures": list(_figures(contents.published)),
        "coding": list(coding_states(contents.published)),
        "counts_relevant_alone": _counts_relevant_alone(contents.published),
        "sections": [
            {"id": _id(title), "title": title, "graphs": list(own)}
            for title, own in groupby(graphs, key=lambda graph: graph["section"])
        ],
        "levels": [
            _level(contents.bases[level], list(maps))
            for level, maps in groupby(contents.maps, key=lambda drawn: drawn.map.level)
        ],
        "engagement": contents.engagement,
        "tables": [
            {"name": _breakable(name), "url": quote(name), "what": described(name), "row_count": f"{row_count:,}"}
            for name, row_count in contents.tables.items()
        ],
    }


def _figures(published: Published) -> Iterator[dict[str, str]]:
    participation = published.participation
    last = len(participation.episodes)
    messages, people = participation.messages.cells(last), participation.people.cells(last)
    yield {"label": "participants who opted in", "number": numeral(people[1])}
    yield {
        "label": f"relevant participants{_partly_reviewed(published)}",
        "number": numeral(people[2]),
        "note": _share(people[2], people[1]),
    }
    if participation.repeats.row_count > 1:
        yield {
            "label": "participants in two episodes or more",
            "number": numeral(participation.repeated),
            "note": _share(participation.repeated, people[1]),
        }
    episode_count = len({episode.dataset.name for episode in participation.episodes})
    yield {"label": "episodes" if episode_count != 1 else "episode", "number": str(episode_count)}
    yield {
        "label": "participants who withdrew",
        "number": numeral(participation.withdrawn),
        "note": "in no number but that of messages received",
    }
    yield {"label": "messages received", "number": numeral(messages[0])}
    yield {"label": "messages that opted in", "number": numeral(messages[1])}
    yield {"label": "labelled messages", "number": numeral(messages[2]), "note": _share(messages[2], messages[1])}
    yield {"label": "relevant messages", "number": numeral(messages[3]), "note": _share(messages[3], messages[1])}


def _partly_reviewed(published: Published) -> str:
    """How many more participants gave a theme; empty if nobody did, or if the number is not released."""
    partly = published.participation.partly_reviewed.cells()[-1]
    is_told = partly.count is not None and partly.count > 0 and _counts_relevant_alone(published)
    return f"; partly reviewed: {numeral(partly)} more" if is_told else ""


def _counts_relevant_alone(published: Published) -> bool:
    """Whether themes count relevant participants only, unlike the predecessors'."""
    return all(each.partly_reviewed is not None for each in published.themes)


def _share(part: Cell, whole: Cell) -> str:
    return f"{min(1.0, part.count / whole.count):.0%}" if part.count is not None and whole.count else ""


def _graphs(drawn: Sequence[DrawnGraph]) -> list[dict[str, Any]]:
    """On paper, narrow graphs stand in two columns, and those that are too long or alone there across both."""
    fits = [float(re.findall(r'viewBox="0 0 [\d.]+ ([\d.]+)"', each.narrow)[0]) <= _PAGE_POINTS for each in drawn]
    runs = [list(run) for _, run in groupby(range(len(drawn)), key=fits.__getitem__)]
    alone = {run[0] for run in runs if len(run) == 1}
    return [_graph(each, across=place in alone or not fits[place]) for place, each in enumerate(drawn)]


def _graph(drawn: DrawnGraph, *, across: bool) -> dict[str, Any]:
    width, height = re.findall(rb'<svg [^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"', drawn.svg)[0]
    is_high = float(height) > _HALF_PAGE * float(width)
    return {
        "section": drawn.graph.section,
        "title": drawn.graph.words.title,
        "numbers": drawn.graph.numbers,
        "svg": base64.b64encode(drawn.svg).decode(),
        "narrow": drawn.narrow,
        "on_paper": ("across high" if is_high else "across") if across else "",
        "width": round(float(width)),
        "height": round(float(height)),
        "svg_url": quote(drawn.path),
        "png_url": quote(drawn.path.removesuffix(".svg") + ".png"),
    }


def _level(base: BaseMap, maps: Sequence[DrawnMap]) -> dict[str, Any]:
    return {
        "id": f"maps-{base.level}",
        "title": f"Maps: {level_title(base.level)}",
        "areas": areas_svg(base),
        "groups": [
            {"title": title, "maps": [_map(base, drawn) for drawn in group]}
            for title, group in groupby(maps, key=lambda drawn: drawn.map.section)
        ],
    }


def _map(base: BaseMap, drawn: DrawnMap) -> dict[str, Any]:
    words = drawn.map.words
    counts, shares = drawn.map.counts, drawn.map.shares
    there = [
        f"{place.label} {counts[place.code].text}{f' ({share})' if (share := shares.get(place.code)) else ''}"
        for place, *_ in base.shapes
        if counts[place.code].count != 0
    ]
    return {
        "title": words.title,
        "subtitle": words.subtitle,
        "caption": [drawn.letters, *words.caption[:-1]] if drawn.letters else words.caption[:-1],
        "legend": [{"text": key.text, "fill": fill_of(key)} for key in drawn.legend],
        "numbers": "; ".join(there) or "nobody",
        "svg": drawn.svg,
        "url": quote(drawn.path),
    }


def _breakable(name: str) -> Markup:
    """A file's name, which may go on in the next line after each `_`."""
    return Markup("_<wbr>").join(name.split("_"))


def _id(title: str) -> str:
    return re.sub(r"\W+", "-", title.casefold())
