"""All that a project publishes, as it is released: tables, charts, maps and the report show what stands here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from pipeline_lib.analysis.codings import Analysed
from pipeline_lib.disclosure.release import Cell, Released
from pipeline_lib.model.code_scheme import Code


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
    then of all those who are relevant to none."""
    repeats: Released
    """How many people opted in to one episode, to two, and so on; one with several codings is one, but the predecessors
    counted each."""
    repeated: Cell
    """How many people opted in to two or more."""
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
    for a coder: who gave any theme, then who gave each. None where they are among the numbers of themes, as the
    predecessors counted them."""

    @property
    def relevant(self) -> Cell:
        """How many people are relevant."""
        return self.numbers.cell(0, 0)

    @property
    def overall(self) -> dict[str, Cell]:
        """How many people have each code, by its StringValue, in the scheme's order."""
        return {code.string_value: self.numbers.cell(1 + n, 0) for n, code in enumerate(self.coding.codes)}

    def among(self, by: Analysed, code: str | None = None) -> dict[str, Cell]:
        """How many people have a code, or are relevant where there is none, by the StringValues of another coding."""
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
    """Of the engagement plan that stands where the episode's stands among the research questions."""
    numbers: Released
    """A row per code of the coding. Columns: messages that opted in, relevant ones."""


class Slot(NamedTuple):
    """What came in within a week, a day or an hour."""

    start: datetime
    """As a clock shows it there."""
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
    """The numbers of people. Nobody who withdrew is in any but the totals of all messages and all people."""

    participation: Participation
    themes: tuple[Distribution, ...]
    """Per episode, the people who opted in to any; by each coding of a survey, then by the places of maps of themes. A
    theme counts relevant people, but as the predecessors counted."""
    demographics: tuple[Distribution, ...]
    """Per coding of a demographic, the people who opted in to any demographic."""
    described: Cell
    """How many these are."""
    places: tuple[Distribution, ...]
    """Per coding whose codes are places of maps, the people who opted in to any episode."""
    elsewhere: Mapping[str, Elsewhere]
    """By the key of such a coding."""
    cross_tabs: tuple[Distribution, ...]
    """Per cross-tab, the people who opted in to any episode, by its other coding."""
    traffic: Released
    """A row per label. Columns: messages that opted in, relevant ones."""
    engagement_types: tuple[EngagementNumbers, ...]
    weeks: Mapping[str, tuple[Slot, ...]]
    """By season, from the first week that has messages to the last."""
    slots: tuple[Slot, ...]
    """Of all episodes, from the first day, or hour, that has messages to the last."""
    slot_length: timedelta
    samples: tuple[Sample, ...]
    """Of every code, some messages."""
    impact: tuple[Sample, ...]
    """The messages about the conversation and its effects."""
    threshold: int | None
    """The smallest number that is released; None where all are, as they are. With one, numbers are perturbed too."""
