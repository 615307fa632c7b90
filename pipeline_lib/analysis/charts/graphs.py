"""The graphs of a project: each has a name, a description in words, and a function that draws it."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple, TypeVar

from matplotlib.figure import Figure

from pipeline_lib.analysis.charts.bars import Bar, Row, draw_bars
from pipeline_lib.analysis.charts.captions import (
    About,
    episode_title,
    hour,
    is_longer_than_a_year,
    numeral,
    readable,
    short_day,
    title_of,
)
from pipeline_lib.analysis.charts.figure_layout import Words
from pipeline_lib.analysis.charts.heatmap import HeatmapColumn, HeatmapRow, Share, draw_heatmap
from pipeline_lib.analysis.charts.legend import Key
from pipeline_lib.analysis.charts.style import OTHER, PALETTE, BarStyle, bar_styles
from pipeline_lib.analysis.charts.traffic import Promotion, Slot, draw_traffic
from pipeline_lib.analysis.charts.weeks import Week, draw_weeks
from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.analysis.coverage import part_of
from pipeline_lib.analysis.published_numbers import Distribution, Published
from pipeline_lib.analysis.seasons import seasons
from pipeline_lib.config.automated_analysis import AutomatedAnalysis, TrafficLabel
from pipeline_lib.disclosure.release import Cell, percent
from pipeline_lib.model.code_scheme import Code, ControlCode
from pipeline_lib.model.coding_plan import DatasetKind

OPTED_IN, LABELLED, RELEVANT = (
    BarStyle(PALETTE[4], "////"),
    BarStyle(PALETTE[2], "\\\\\\\\"),
    BarStyle(PALETTE[0]),
)
"""From the widest to the narrowest: the same in every graph."""

_REST = re.compile(r"other([ _-]|$)", re.IGNORECASE)
_MOST_COLUMNS, _MOST_ROWS = 10, 40
_SAID_AT_MOST = 40

RowT = TypeVar("RowT")


class Graph(NamedTuple):
    """One graph."""

    name: str
    """The name of its files, without an extension."""
    section: str
    """Its section in the report."""
    words: Words
    numbers: str
    """What it shows, in words, for those who cannot see it."""
    draw: Callable[..., Figure]
    """Takes a `layout`: how wide it is to be."""


class Contents(NamedTuple):
    """The data that graphs are drawn from."""

    published: Published
    asked: AutomatedAnalysis
    about: About


def graphs_of(contents: Contents) -> Iterator[Graph]:
    """All graphs, in the order of the report."""
    yield from _weeks(contents)
    yield from _traffic(contents)
    yield from _episodes(contents)
    yield from _seasons(contents)
    yield from _themes(contents)
    yield from _demographics(contents)


def _weeks(contents: Contents) -> Iterator[Graph]:
    for season, episodes in seasons(contents.published.participation.episodes).items():
        weeks = [
            Week(each.start.date(), each.opted_in, each.people, _part(contents.about, each.start, timedelta(weeks=1)))
            for each in contents.published.weeks[season]
        ]
        with_year = bool(weeks) and is_longer_than_a_year(weeks[0].start, weeks[-1].start)
        words = Words(
            f"Messages and individuals per week: {season}",
            f"Messages that opted in to {_listed(episodes)}, and the individuals who sent them; weeks begin on Monday",
            contents.about.caption(
                "Somebody who wrote in several weeks is counted in each of them.",
                _parts_sentence("week", [(short_day(week.start, with_year=with_year), week.part) for week in weeks]),
                _empty_sentence("week", contents.published),
            ),
        )
        said = [
            f"{week.start}{f' ({week.part})' if week.part else ''}: {week.messages.text} messages, "
            f"{week.individuals.text} individuals"
            for week in weeks
        ]
        yield Graph(
            f"weeks_{season.replace(' ', '_')}", "Over time", words, _said(said), partial(draw_weeks, words, weeks)
        )


def _traffic(contents: Contents) -> Iterator[Graph]:
    labels = contents.asked.traffic_labels or ()
    promotions = [
        _promotion(label, contents.published.traffic.cells(place), contents.about) for place, label in enumerate(labels)
    ]
    length = contents.published.slot_length
    slots = [
        Slot(each.start, each.opted_in, each.relevant, _part(contents.about, each.start, length))
        for each in contents.published.slots
    ]
    each_slot, dated = ("hour", hour) if length < timedelta(days=1) else ("day", short_day)
    with_year = bool(slots) and is_longer_than_a_year(slots[0].start, slots[-1].start)
    words = Words(
        f"Traffic: messages per {each_slot}" + (", and promotions" if promotions else ""),
        "Messages that opted in to any episode" + ("; the time of each promotion is shaded" if promotions else ""),
        contents.about.caption(
            f"Times are those of UTC{contents.about.start:%z}.",
            _parts_sentence(each_slot, [(dated(slot.start, with_year=with_year), slot.part) for slot in slots]),
            _covered_sentence(promotions),
            _empty_sentence(each_slot, contents.published),
        ),
    )
    said = [
        f"{each.label}{_covered(each)}: {each.opted_in.text} messages, {each.relevant.text} relevant"
        for each in promotions
    ]
    said = said or [f"{slot.start:%Y-%m-%d %H:%M}: {slot.opted_in.text} messages" for slot in slots]
    yield Graph("traffic", "Over time", words, _said(said), partial(draw_traffic, words, slots, length, promotions))


def _promotion(label: TrafficLabel, cells: Sequence[Cell], about: About) -> Promotion:
    zone = about.start.tzinfo
    start, end = (time.astimezone(zone).replace(tzinfo=None) for time in (label.start_date, label.end_date))
    covered = about.coverage.share_of(label.start_date, label.end_date)
    opted_in, relevant = cells
    return Promotion(label.label, start, end, opted_in, relevant, covered)


def _part(about: About, start: date, length: timedelta) -> str:
    """How much of a week, a day or an hour is covered, if not all of it; its start is in local time."""
    begin = datetime(*start.timetuple()[:4], tzinfo=about.start.tzinfo)
    share = about.coverage.share_of(begin, begin + length)
    whole, unit = {7: (7, "days"), 1: (24, "hours"), 0: (60, "minutes")}[length.days]
    return part_of(1.0 if share is None else share, whole, unit)


def _parts_sentence(unit: str, parts: Sequence[tuple[str, str]]) -> str:
    """Says which weeks, days or hours are not whole."""
    told = [f"{start} ({part})" for start, part in parts if part]
    return f"Paler, where the project began, ended or was counted within the {unit}: {', '.join(told)}." if told else ""


def _empty_sentence(unit: str, published: Published) -> str:
    """Says what a missing bar means."""
    few = published.threshold
    return f"No bar stands for a {unit} in which fewer than {few} people wrote." if few is not None else ""


def _covered(promotion: Promotion) -> str:
    return "" if promotion.covered is None or promotion.covered >= 1 else f" ({promotion.covered:.0%} covered)"


def _covered_sentence(promotions: Sequence[Promotion]) -> str:
    """Says which promotions are covered only in part by the project's dates and by what had been received."""
    told = [f"{place}{_covered(each)}" for place, each in enumerate(promotions, start=1) if _covered(each)]
    beyond = "Promotions that reach beyond the project's dates, or beyond what had been received"
    return f"{beyond}: {', '.join(told)}." if told else ""


def _episodes(contents: Contents) -> Iterator[Graph]:
    participation = contents.published.participation
    names = [title_of(episode) for episode in participation.episodes]
    for name, what, series, numbers, columns, meaning, whom in (
        (
            "messages_per_episode",
            "Messages",
            (("opted in", OPTED_IN), ("labelled", LABELLED), ("relevant", RELEVANT)),
            participation.messages,
            (1, 2, 3),
            "Opted in: says something, and its sender stayed; labelled: has been reviewed; relevant: has a theme",
            "messages that opted in to any episode.",
        ),
        (
            "participants_per_episode",
            "Participants",
            (("opted in", OPTED_IN), ("relevant", RELEVANT)),
            participation.people,
            (1, 2),
            "Opted in: said something, did not withdraw; relevant: all of it has been reviewed, and some has a theme",
            "participants who opted in to any episode. Somebody who took part in several is counted in each of them.",
        ),
    ):
        rows = [
            Row(
                label,
                tuple(
                    Bar(numbers.cell(place, column), style) for (_, style), column in zip(series, columns, strict=True)
                ),
            )
            for place, label in enumerate(names)
        ]
        words = Words(
            f"{what} per episode",
            meaning,
            contents.about.caption(f"n = {numeral(numbers.cell(len(names), 1))} {whom}"),
        )
        keys = [Key(text, *style) for text, style in series]
        yield Graph(name, "Participation", words, _said_of(rows), partial(draw_bars, words, rows, keys))


def _themes(contents: Contents) -> Iterator[Graph]:
    themes = bar_styles(code.string_value for shown in contents.published.themes for code in shown.coding.themes)
    participation = contents.published.participation
    for number, shown in enumerate(contents.published.themes):
        episode = title_of(shown.coding)
        opted_in = numeral(participation.people.cell(number, 1))
        words = Words(
            f"Themes: {episode}",
            f"{_givers(shown)} who gave each theme, with their share of the relevant ones; in grey, other codes of all "
            "who opted in",
            contents.about.caption(
                f"n = {numeral(shown.relevant)} relevant participants, of {opted_in} who opted in to the episode. "
                "One participant may have several themes.",
                base_sentence(shown),
            ),
        )
        rows = _distribution(shown, themes, idle=False)
        yield from _bars(f"themes_{shown.coding.key}", "Themes", words, rows)
        yield from _by_demographics(shown, contents.about)


def _by_demographics(shown: Distribution, about: About) -> Iterator[Graph]:
    """The shares of a theme among women, among men, and so on, where an episode has themes broken down by few codes."""
    by = [each for each in shown.by if _tells_people_apart(each)]
    if not by:
        return
    words = Words(
        f"Themes by who gave them: {title_of(shown.coding)}",
        f"{_givers(shown)} who gave each theme, in per cent of each group's relevant ones, whose number is in brackets",
        about.caption("One participant may have several themes. Shares of few people say little."),
    )
    groups = [(each, code, shown.among(each)[code.string_value]) for each in by for code in each.themes]
    columns = [HeatmapColumn(f"{_label(code)} ({numeral(cell)})", title_of(each)) for each, code, cell in groups]
    rows = []
    for theme in codes_in_order(shown):
        if theme.is_normal:
            given = {each.key: shown.among(each, theme.string_value) for each in by}
            shares = [_share(given[each.key][code.string_value], whole) for each, code, whole in groups]
            rows.append((_label(theme), shares))
    labels = [_label(code) for _, code, _ in groups]
    said = [
        f"{theme}: {', '.join(f'{label} {share.text}' for label, share in zip(labels, shares, strict=True))}"
        for theme, shares in rows
    ]
    heatmap_rows = [HeatmapRow(theme, tuple(shares)) for theme, shares in rows]
    yield from _heatmaps(f"themes_{shown.coding.key}_by_demographics", words, columns, heatmap_rows, said)


def _heatmaps(
    name: str, words: Words, columns: Sequence[HeatmapColumn], rows: Sequence[HeatmapRow], said: Sequence[str]
) -> Iterator[Graph]:
    """A graph, or several of the same shades where there are more rows than can be read on a page.

    A part has the columns that its rows have cells in.
    """
    parts = _in_parts(rows)
    if len(parts) == 1:
        yield Graph(name, "Themes", words, _said(said), partial(draw_heatmap, words, columns, rows))
        return
    first = 0
    for number, part in enumerate(parts, start=1):
        end = first + len(part)
        titled = words._replace(title=f"{words.title}, themes {first + 1} to {end}")
        used = [place for place in range(len(columns)) if any(row.cells[place] is not None for row in part)]
        own = [row._replace(cells=tuple(row.cells[place] for place in used)) for row in part]
        draw = partial(draw_heatmap, titled, [columns[place] for place in used], own, among=rows)
        yield Graph(f"{name}_part_{number}", "Themes", titled, _said(said[first:end]), draw)
        first = end


def _tells_people_apart(coding: Analysed) -> bool:
    """Whether a graph can show themes by it: a demographic of few codes, which are no places, since maps show those."""
    dataset = coding.dataset
    return dataset.kind is DatasetKind.DEMOGRAPHIC and not dataset.levels and len(coding.themes) <= _MOST_COLUMNS


def _share(part: Cell, whole: Cell) -> Share:
    share = percent(part, whole)
    return (
        Share(f"{float(share):.0f}%", float(share))
        if share[:1].isdigit()
        else Share(share, 0.0 if whole.count == 0 else None)
    )


def _givers(shown: Distribution) -> str:
    return "Participants" if shown.partly_reviewed is None else "Relevant participants"


def base_sentence(shown: Distribution) -> str:
    """Says how many people gave a theme but are not relevant, or that themes count them too."""
    if shown.partly_reviewed is None:
        return "A theme counts participants who are not relevant too, if something that they said waits for a coder."
    partly = shown.partly_reviewed.cell(0)
    if partly.count is None or partly.count == 0:
        return ""
    gave = "participant gave" if partly.count == 1 else "participants gave"
    return (
        f"{numeral(partly)} more {gave} a theme, but something that they said waits for a coder: no theme counts them."
    )


def _demographics(contents: Contents) -> Iterator[Graph]:
    for shown in contents.published.demographics:
        words = Words(
            f"Demographics: {title_of(shown.coding)}",
            "Participants by what they said of themselves, with their share of those who said it; other codes in grey",
            contents.about.caption(
                f"n = {numeral(shown.relevant)} participants who said it, of {numeral(contents.published.described)} "
                "who answered any question about themselves."
            ),
        )
        own = bar_styles(code.string_value for code in shown.coding.themes)
        rows = _distribution(shown, own, idle=True)
        yield from _bars(f"demographics_{shown.coding.key}", "Demographics", words, rows)


def _bars(name: str, section: str, words: Words, rows: Sequence[Row]) -> Iterator[Graph]:
    """A graph, or several to one scale where there are more bars than can be read on a page, such as constituencies.

    Codes that nobody has are left out then.
    """
    if len(rows) > _MOST_ROWS:
        own = [row for row in rows if any(bar.cell.count != 0 for bar in row.bars)]
        left_out = f"Codes that nobody has are left out: {len(rows) - len(own)}."
        words = words._replace(caption=(left_out, *words.caption)) if len(own) < len(rows) else words
        rows = own
    parts = _in_parts(rows)
    if len(parts) == 1:
        yield Graph(name, section, words, _said_of(rows), partial(draw_bars, words, rows))
        return
    for number, part in enumerate(parts, start=1):
        titled = words._replace(title=f"{words.title}, part {number} of {len(parts)}")
        draw = partial(draw_bars, titled, part, among=rows)
        yield Graph(f"{name}_part_{number}", section, titled, _said_of(part), draw)


def _in_parts(rows: Sequence[RowT]) -> list[Sequence[RowT]]:
    """The rows in as few parts as can be read on a page each, all but the last of one length."""
    count = max(1, -(-len(rows) // _MOST_ROWS))
    length = max(1, -(-len(rows) // count))
    return [rows[first : first + length] for first in range(0, count * length, length)]


def _distribution(shown: Distribution, themes: dict[str, BarStyle], *, idle: bool) -> list[Row]:
    """A bar per code: all normal ones, then the others that occur.

    Args:
        shown: The numbers.
        themes: The style of each normal code.
        idle: Whether to show those who said nothing.
    """
    rows = []
    for code in codes_in_order(shown):
        cell = shown.overall[code.string_value]
        if code.is_normal:
            rows.append(Row(_label(code), (Bar(cell, themes[code.string_value], shown.relevant),)))
        elif cell.count != 0 and (idle or not _is_idle(code)):
            rows.append(Row(_label(code), (Bar(cell, BarStyle(OTHER)),)))
    return rows


def codes_in_order(shown: Distribution) -> list[Code]:
    """Normal codes, the largest first unless the scheme's order means something, then the others in the scheme's order.

    What says that it is the rest, such as `other_theme`, is the last of the normal ones.
    """
    sizes = {value: cell.count or 0 for value, cell in shown.overall.items()}

    def place(code: Code) -> tuple[bool, bool, int]:
        if not code.is_normal:
            return True, False, 0
        if shown.coding.coding.ordinal:
            return False, False, 0
        return False, _REST.match(code.string_value) is not None, -sizes[code.string_value]

    return sorted(shown.coding.codes, key=place)


def _seasons(contents: Contents) -> Iterator[Graph]:
    by_key = {shown.coding.key: shown for shown in contents.published.themes}
    for season, episodes in seasons(contents.published.participation.episodes).items():
        shown = [by_key[episode.key] for episode in episodes]
        parts = [shown[first : first + _MOST_COLUMNS] for first in range(0, len(shown), _MOST_COLUMNS)]
        for place, part in enumerate(parts, start=1):
            if len(shown) > 1:
                of = f", part {place} of {len(parts)}" if len(parts) > 1 else ""
                yield from _season(f"{season}{of}", part, contents.about)


def _season(season: str, shown: Sequence[Distribution], about: About) -> Iterator[Graph]:
    labels = {code.string_value: _label(code) for each in shown for code in codes_in_order(each) if code.is_normal}
    rows = [
        HeatmapRow(label, tuple(each.overall[value] if _has(each, value) else None for each in shown))
        for value, label in labels.items()
    ]
    words = Words(
        f"Themes over the season: {season}",
        f"{_givers(shown[0])} who gave each theme, by episode; empty where an episode has no such theme",
        about.caption("The darker a cell, the more participants. One participant may be in several cells."),
    )
    columns = [HeatmapColumn(title_of(each.coding)) for each in shown]
    said = [f"{row.label}: {', '.join(cell.text for cell in row.cells if cell is not None)}" for row in rows]
    yield from _heatmaps(re.sub(r"\W+", "_", f"themes_over_{season}"), words, columns, rows, said)


def _has(shown: Distribution, value: str) -> bool:
    return any(code.string_value == value for code in shown.coding.themes)


def _is_idle(code: Code) -> bool:
    return code.control_code in {ControlCode.NOT_AVAILABLE, ControlCode.SKIPPED}


def _label(code: Code) -> str:
    return readable(code.display_text or code.string_value)


def _listed(episodes: Sequence[Analysed]) -> str:
    names = list(dict.fromkeys(episode_title(episode.dataset) for episode in episodes))
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def _said_of(rows: Sequence[Row]) -> str:
    return _said([f"{row.label}: {', '.join(bar.cell.text for bar in row.bars)}" for row in rows])


def _said(sentences: Sequence[str]) -> str:
    rest = len(sentences) - _SAID_AT_MOST
    listed = "; ".join(sentences[:_SAID_AT_MOST]) + (f"; and {rest} more" if rest > 0 else "")
    return listed or "no data"
