"""All numbers that a project publishes, as released: tables, charts, maps and the report show these."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.disclosure.release import Cell, Released
from pipeline_lib.model.code_scheme import Code
from pipeline_lib.model.coding_plan import Dataset


class Participation(NamedTuple):
    """Numbers of messages and people."""

    episodes: tuple[Analysed, ...]
    messages: Released
    """A row per episode and one for all. Columns: all (0 but in the last row), opted in, labelled, relevant."""
    people: Released
    """A row per episode and one for all. Columns: all (0 but in the last row), opted in, relevant."""
    withdrawn: Cell
    """How many people withdrew."""
    partly_reviewed: Released
    """How many people gave a theme and are not relevant, since something that they said waits for a coder: per episode,
    then those among them who are relevant to no episode."""
    repeats: Released
    """How many people opted in to one episode, to two, and so on; an episode with several codings is one, but the
    predecessors counted each coding."""
    repeated: Cell
    """How many people opted in to two or more."""
    shows: tuple[Dataset, ...]
    """The research questions, in the order of the plans."""
    first_and_repeat: Released
    """A row per show: the people who opted in to it, those of them who opted in to none of the shows before it, and
    those who did. The predecessors' people are those with a text of the show, whatever its codes."""
    combinations: tuple[tuple[str, ...], ...]
    """Names of datasets."""
    loyalty: Released
    """How many people opted in to just the datasets of each combination."""

    @property
    def opted_in(self) -> Cell:
        """How many people opted in to any episode."""
        return self.people.cell(len(self.episodes), 1)


@dataclass(frozen=True)
class Distribution:
    """The people who have each code of one coding."""

    coding: Analysed
    by: tuple[Analysed, ...]
    """Other codings, each with its share of the columns."""
    numbers: Released
    """Rows: the relevant people, then those who have each of `coding.codes`. Columns: all of them, then those who have
    each code of each coding in `by`."""
    partly_reviewed: Released | None = None
    """The people who are in none of these numbers of relevant people and themes, since something that they said waits
    for a coder: those who gave any theme, then those who gave each. None if the numbers of themes include them, as the
    predecessors' did."""

    @property
    def relevant(self) -> Cell:
        """How many people are relevant."""
        return self.numbers.cell(0, 0)

    @property
    def overall(self) -> dict[str, Cell]:
        """How many people have each code, by its StringValue, in the scheme's order."""
        return {code.string_value: self.numbers.cell(1 + n, 0) for n, code in enumerate(self.coding.codes)}

    def among(self, by: Analysed, code: str | None = None) -> dict[str, Cell]:
        """How many people have a code, or are relevant if none is given, by the StringValues of another coding."""
        values = [each.string_value for each in self.coding.codes]
        row = 0 if code is None else 1 + values.index(code)
        columns = self.columns(by)
        return {value.string_value: self.numbers.cell(row, columns[n]) for n, value in enumerate(by.codes)}

    def columns(self, by: Analysed) -> range:
        """Which columns are those of another coding."""
        start = 1
        for each in self.by:
            if each.key == by.key:
                return range(start, start + len(each.codes))
            start += len(each.codes)
        raise KeyError(by.key)


class Elsewhere(NamedTuple):
    """The people who are known to live in none of the places of a map."""

    people: Cell
    """Those who opted in to any episode."""
    by_episode: Mapping[str, Released]
    """By the key of an episode: the relevant ones, then those who have each of its codes."""


class EngagementNumbers(NamedTuple):
    """The messages to an episode, by what their senders said of how they take part."""

    coding: Analysed
    """A coding of the engagement plan that pairs, by position, with the episode among the research questions."""
    numbers: Released
    """A row per code of the coding. Columns: messages that opted in, relevant ones."""


class Slot(NamedTuple):
    """What came in within a week, a day or an hour."""

    start: datetime
    """In local time."""
    opted_in: Cell
    relevant: Cell
    people: Cell
    """Who sent those that opted in."""


class Sample(NamedTuple):
    """Messages that have a code."""

    episode: Analysed
    code: Code
    texts: tuple[str, ...]


class Published(NamedTuple):
    """The numbers of people. People who withdrew are only in the totals of all messages and all people."""

    participation: Participation
    themes: tuple[Distribution, ...]
    """Per episode, the people who opted in to any; by each coding of a survey, then by the places of maps of themes. A
    theme counts relevant people only, unless the predecessors' quirks are kept."""
    demographics: tuple[Distribution, ...]
    """Per coding of a demographic, the people who opted in to any demographic."""
    described: Cell
    """How many people these are."""
    places: tuple[Distribution, ...]
    """Per coding whose codes are places of maps, the people who opted in to any episode."""
    elsewhere: Mapping[str, Elsewhere]
    """By the key of a coding of `places`."""
    cross_tabs: tuple[Distribution, ...]
    """Per cross-tab, the people who opted in to any episode, by its other coding."""
    traffic: Released
    """A row per label. Columns: messages that opted in, relevant ones."""
    engagement_types: tuple[EngagementNumbers, ...]
    weeks: Mapping[str, tuple[Slot, ...]]
    """By season, from the first week that has messages to the last."""
    slots: tuple[Slot, ...]
    """For all episodes, from the first day, or hour, that has messages to the last."""
    slot_length: timedelta
    samples: tuple[Sample, ...]
    """Some messages of every code."""
    impact: tuple[Sample, ...]
    """The messages about the conversation and its effects."""
    threshold: int | None
    """The smallest number that is released; None if all numbers are released unchanged. With a threshold, numbers are
    perturbed too."""
