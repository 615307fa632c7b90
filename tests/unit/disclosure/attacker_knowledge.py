"""What somebody knows who has read what a project publishes: its numbers, and how they hang together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise, product
from typing import NamedTuple
from unittest.mock import patch

from pipeline_lib.analysis import release as room
from pipeline_lib.analysis.codings import Analysed, surveys
from pipeline_lib.analysis.published_numbers import Distribution, Published, Slot
from pipeline_lib.config.automated_analysis import TrafficLabel
from pipeline_lib.disclosure.perturbation_tables import PerturbationTable
from pipeline_lib.disclosure.release import Cell, Counts, MessageCounts, Released, release_messages, release_people
from pipeline_lib.model.coding_plan import CodingPlans
from tests.unit.analysis.conftest import REGIONS
from tests.unit.disclosure.invented_projects import ASKED, Person, invented_frames

Group = frozenset[tuple[str, str]]
"""People with each of some codes, by AnalysisFileKey, or something else that they have in common; with `MESSAGES`,
what they sent."""
Terms = Mapping[Group, int]
"""Groups whose numbers are added up, each with a factor."""

EVERYBODY: Group = frozenset()
"""Those who opted in to any episode."""
MESSAGES = ("messages", "")

TABLES, GRAPHS, MAPS, FIGURES, OF_MESSAGES = "tables", "graphs", "maps", "figures", "messages"
SOURCES = {
    "tables": {TABLES},
    "graphs": {GRAPHS},
    "maps": {MAPS},
    "the report": {FIGURES, GRAPHS, MAPS},
    "numbers of messages": {OF_MESSAGES},
    "a night": {TABLES, GRAPHS, MAPS, FIGURES, OF_MESSAGES},
}
"""What stands where: the report shows graphs, maps and figures of its own. Numbers of messages are those of tables,
graphs and the report, with the numbers of people that stand beside them."""


class Told(NamedTuple):
    """A number that is published."""

    terms: Terms
    """What it is the number of."""
    value: int | None
    """None where it is not released."""
    text: str
    perturbations: tuple[int, ...]
    """How many times each perturbation of the table is added to it; whoever attacks is told."""
    sources: frozenset[str]


class Rules(NamedTuple):
    """How numbers of groups hang together."""

    equal: Sequence[Terms]
    """They add up to nothing."""
    at_most_zero: Sequence[Terms]


class Night(NamedTuple):
    """What is published, and the truth."""

    told: Sequence[Told]
    true: Mapping[Group, int]
    rules: Rules
    samples: Mapping[Group, tuple[int, int]]
    """How many messages there are at least and at most of which samples are shown."""

    def of(self, source: str) -> "Night":
        """What somebody knows of it who has a part."""
        return self._replace(told=[told for told in self.told if told.sources & SOURCES[source]])


@dataclass(frozen=True)
class _Spied(Cell):
    """A cell that carries the truth."""

    true: int = 0
    senders: int = 0
    further: int = 0
    """How many messages beyond the first one were sent by who sent most."""


@dataclass(frozen=True)
class _Spying(Released):
    """Released numbers of which the truth is kept."""

    counts: Counts | MessageCounts | None = None

    def cell(self, *place: int) -> Cell:
        shown, counts = super().cell(*place), self.counts
        if isinstance(counts, MessageCounts):
            senders, further = int(counts.senders.people[place]), int(counts.most_further[place])
            return _Spied(shown.text, shown.count, shown.is_perturbed, int(counts.messages[place]), senders, further)
        assert counts is not None
        return _Spied(shown.text, shown.count, shown.is_perturbed, int(counts.people[place]))


def _spying_people(counts: Counts, table: PerturbationTable | None) -> Released:
    shown = release_people(counts, table)
    return _Spying(shown._numbers, shown._threshold, counts)


def _spying_messages(counts: MessageCounts, table: PerturbationTable | None) -> Released:
    shown = release_messages(counts, table)
    return _Spying(shown._numbers, shown._threshold, counts)


def publish_night(plans: CodingPlans, people: Sequence[Person], table: PerturbationTable) -> Night:
    """What a night publishes of some people."""
    with (
        patch.object(room, "release_people", _spying_people),
        patch.object(room, "release_messages", _spying_messages),
    ):
        published = room.release_numbers(invented_frames(plans, people), plans, ASKED, table=table)
    known = _Known(plans, published)
    known.read()
    _Rulebook(plans, known).write()
    rules, samples = Rules(known.equal, known.at_most_zero), dict(known.samples(table.largest_deviation))
    return Night(list(known.told.values()), known.true, rules, samples)


def _of(*codes: tuple[str, str]) -> Group:
    return frozenset(codes)


def _sent(group: Group) -> Group:
    return group | {MESSAGES}


class _Known:
    """Reads all numbers that are published."""

    def __init__(self, plans: CodingPlans, published: Published) -> None:
        self.plans, self.published, self.shown = plans, published, published.participation
        self.told: dict[frozenset[tuple[Group, int]], Told] = {}
        self.true: dict[Group, int] = {}
        self.equal: list[Terms] = []
        self.at_most_zero: list[Terms] = []

    def read(self) -> None:
        """Reads table after table, graph after graph, and the maps."""
        for themes in self.published.themes:
            self._themes(themes)
        for cross_tab in self.published.cross_tabs:
            self._distribution(cross_tab, TABLES)
        for demographic in self.published.demographics:
            self._distribution(demographic, TABLES, GRAPHS, context=("described", ""))
        self._people(_of(("described", "")), self.published.described, GRAPHS)
        for places in self.published.places:
            for code in places.coding.themes:
                self._people(_of((places.coding.key, code.string_value)), places.overall[code.string_value], MAPS)
        self._participation()
        self._over_time()
        for types in self.published.engagement_types:
            key = self.shown.episodes[0].key
            for row, code in enumerate(types.coding.codes):
                for column, what in enumerate(("answered", "relevant")):
                    group = self.senders(key, what) | {("types", code.string_value)}
                    self._messages(group, types.numbers.cell(row, column), TABLES)

    def answered(self, key: str) -> Group:
        """Those who opted in to an episode; of one alone they are everybody."""
        return _of((key, "answered")) if len(self.shown.episodes) > 1 else EVERYBODY

    def senders(self, key: str, what: str) -> Group:
        """Those who sent an episode's messages that have been labelled or are relevant: not only relevant people."""
        if len(self.shown.episodes) == 1:
            key = "all"
        if what == "answered":
            return EVERYBODY if key == "all" else self.answered(key)
        return _of(("sent", f"{key} {what}"))

    def times(self, times: int) -> Group:
        """Those who opted in to so many episodes."""
        sets = [names for names in self.shown.combinations if len(names) == times]
        return self.just(sets[0]) if len(sets) == 1 else _of(("times", str(times)))

    def several(self) -> Group:
        """Those who opted in to two or more."""
        return self.times(2) if len(self.shown.episodes) == 2 else _of(("times", "several"))

    def just(self, names: Sequence[str]) -> Group:
        """Those who opted in to these datasets and no other."""
        return EVERYBODY if len(self.shown.episodes) == 1 else _of(("just", str(names)))

    def slots_of(self, label: TrafficLabel) -> list[int]:
        """Which slots a range of time is made of."""
        start, end = (time.replace(tzinfo=None) for time in (label.start_date, label.end_date))
        return [n for n, slot in enumerate(self.published.slots) if start <= slot.start < end]

    def range_of(self, number: int, label: TrafficLabel) -> Group:
        """Those who wrote in a range of time, which may be one slot."""
        slots = self.slots_of(label)
        return self.slot(slots[0]) if len(slots) == 1 else _of(("range", str(number)))

    def slot(self, number: int) -> Group:
        """Those who wrote within a day or an hour."""
        return _of(("slot", str(self.published.slots[number].start)))

    def week(self, number: int) -> Group:
        """Those who wrote in a week."""
        return _of(("week", str(number))) if len(self.weeks) > 1 else EVERYBODY

    @property
    def weeks(self) -> Sequence[Slot]:
        """All weeks: the invented projects have one season."""
        return self.published.weeks["all episodes"]

    def samples(self, deviation: int) -> Iterator[tuple[Group, tuple[int, int]]]:
        """How many messages with a code there are at least and at most, as the size of its sample tells."""
        sizes = {(each.episode.key, each.code.string_value): len(each.texts) for each in self.published.samples}
        for themes in self.published.themes:
            for value, cell in themes.overall.items():
                size, told = sizes.get((themes.coding.key, value), 0), (cell.count or 0) - deviation
                most = told - 1 if size == 0 and told > 0 else 10**4
                yield _of((themes.coding.key, value), ("sample", "")), (size, most)

    def _people(self, group: Group, cell: Cell, *sources: str) -> None:
        assert isinstance(cell, _Spied)
        self.true[group] = cell.true
        self._tell(Told({group: 1}, cell.count, cell.text, (1,), frozenset(sources)))

    def _messages(self, group: Group, cell: Cell, *sources: str, people: Cell | None = None) -> None:
        """Reads a number of messages; where that of their senders stands beside it, what it says beyond that."""
        assert isinstance(cell, _Spied)
        self.true[group], self.true[_sent(group)] = cell.senders, cell.true
        where = frozenset({*sources, OF_MESSAGES})
        if people is None or people.count is None or cell.count is None:
            self._tell(Told({_sent(group): 1}, cell.count, cell.text, (1, cell.further), where))
        else:
            beyond = cell.count - people.count
            self._tell(Told({_sent(group): 1, group: -1}, beyond, str(beyond), (cell.further,), where))

    def _tell(self, told: Told) -> None:
        """The same people are the same number wherever they are told of."""
        terms = frozenset(told.terms.items())
        before = self.told.setdefault(terms, told)
        assert before[:4] == told[:4], (before, told)
        self.told[terms] = told._replace(sources=told.sources | before.sources)

    def _themes(self, themes: Distribution) -> None:
        self._distribution(themes, TABLES)
        rows = ["relevant", *(code.string_value for code in themes.coding.themes)]
        for row in rows:
            overall = themes.relevant if row == "relevant" else themes.overall[row]
            self._people(_of((themes.coding.key, row)), overall, MAPS)
        for value, cell in themes.overall.items():
            if value not in {"NA", "NS"}:
                self._people(_of((themes.coding.key, value)), cell, GRAPHS)
        self._people(_of((themes.coding.key, "relevant")), themes.relevant, GRAPHS)
        for places in self.published.places:
            for row in rows:
                among = themes.among(places.coding, None if row == "relevant" else row)
                for code in places.coding.themes:
                    group = _of((themes.coding.key, row), (places.coding.key, code.string_value))
                    self._people(group, among[code.string_value], MAPS)
        assert themes.partly_reviewed is not None
        any_of_them, *by_theme = themes.partly_reviewed.cells()
        self._people(_of((themes.coding.key, "partly reviewed")), any_of_them, TABLES, GRAPHS)
        for code, cell in zip(themes.coding.themes, by_theme, strict=True):
            self._people(_of((themes.coding.key, f"partly {code.string_value}")), cell, TABLES)

    def _distribution(self, shown: Distribution, *sources: str, context: tuple[str, str] | None = None) -> None:
        rows = ["relevant", *(code.string_value for code in shown.coding.codes)]
        columns = [None, *((by.key, code.string_value) for by in shown.by for code in by.codes)]
        for (row, code), (column, other) in product(enumerate(rows), enumerate(columns)):
            group = _of((shown.coding.key, code), *(each for each in (other, context) if each is not None))
            self._people(group, shown.numbers.cell(row, column), *sources)

    def _participation(self) -> None:
        shown, last = self.shown, len(self.shown.episodes)
        keys = [episode.key for episode in shown.episodes]
        for number, key in enumerate([*keys, "all" if last > 1 else keys[0]]):
            _, answered, relevant = shown.people.cells(number)
            is_total = number == last
            group = EVERYBODY if is_total else self.answered(key)
            where = (TABLES, MAPS, GRAPHS, FIGURES) if is_total else (TABLES, GRAPHS)
            beside = (TABLES, FIGURES) if is_total else where
            self._people(group, answered, *where, OF_MESSAGES)
            self._people(_of((key, "relevant")), relevant, *beside, OF_MESSAGES)
            _, opted_in, labelled, relevant_ones = shown.messages.cells(number)
            self._messages(group, opted_in, *where, people=answered)
            self._messages(self.senders(key, "labelled"), labelled, *beside)
            self._messages(self.senders(key, "relevant"), relevant_ones, *beside)
            if is_total and last > 1:
                partly = shown.partly_reviewed.cell(last)
                self._people(_of(("all", "partly reviewed")), partly, TABLES, FIGURES)
        everyone, received = shown.people.cell(last, 0), shown.messages.cell(last, 0)
        assert isinstance(everyone, _Spied)
        self._people(_of(("everyone", "")), everyone, TABLES, OF_MESSAGES)
        self._messages(_of(("sent", "anything")), received, TABLES, FIGURES)
        self._people(_of(("withdrawn", "")), shown.withdrawn, FIGURES)
        self._people(self.several(), shown.repeated, FIGURES)
        for times, cell in enumerate(shown.repeats.cells(), start=1):
            self._people(self.times(times), cell, TABLES)
        for names, cell in zip(shown.combinations, shown.loyalty.cells(), strict=True):
            self._people(self.just(names), cell, TABLES)

    def _over_time(self) -> None:
        for number, week in enumerate(self.weeks):
            self._people(self.week(number), week.people, GRAPHS, OF_MESSAGES)
            self._messages(self.week(number), week.opted_in, GRAPHS, people=week.people)
        for number, slot in enumerate(self.published.slots):
            self._messages(self.slot(number), slot.opted_in, GRAPHS)
            self._messages(self.slot(number) | {("sent", "relevant")}, slot.relevant, GRAPHS)
        for number, label in enumerate(ASKED.traffic_labels or ()):
            group = self.range_of(number, label)
            opted_in, relevant = self.published.traffic.cells(number)
            self._messages(group, opted_in, TABLES, GRAPHS)
            self._messages(group | {("sent", "relevant")}, relevant, TABLES, GRAPHS)


class _Rulebook:
    """What somebody knows of numbers who has read what the tables show."""

    def __init__(self, plans: CodingPlans, known: _Known) -> None:
        self._plans, self._known, self._published = plans, known, known.published

    def write(self) -> None:
        described = [(each.key, code.string_value) for each in surveys(self._plans) for code in each.codes]
        self._surveys()
        for table in self._published.cross_tabs:
            if table.by[0].dataset.is_survey:
                for code in table.by[0].codes:
                    self._survey(table.coding, ((table.by[0].key, code.string_value),))
                for code in table.coding.codes:
                    self._survey(table.by[0], ((table.coding.key, code.string_value),), is_column=True)
        for episode in self._known.shown.episodes:
            for context in [(), *((each,) for each in described)]:
                self._episode(episode, context)
            values = ["relevant", "answered", *(code.string_value for code in episode.codes)]
            for survey, value in product(surveys(self._plans), values):
                self._survey(survey, ((episode.key, value),), is_column=True)
        self._participation()
        self._messages()

    def _surveys(self) -> None:
        for survey in surveys(self._plans):
            self._survey(survey, ())
            self._survey(survey, (("described", ""),))
            for code in survey.themes if survey.dataset in self._plans.demographics else ():
                own = (survey.key, code.string_value)
                self._at_most([_of(own)], [_of(own, ("described", ""))])

    def _adds_up(self, parts: Iterable[Group], whole: Group) -> None:
        terms = dict.fromkeys(parts, 1)
        if list(terms) != [whole]:
            self._known.equal.append({whole: -1} | terms)

    def _at_most(self, parts: Iterable[Group], wholes: Iterable[Group]) -> None:
        parts, wholes = set(parts), set(wholes)
        if not parts <= wholes:
            self._known.at_most_zero.append(dict.fromkeys(wholes - parts, -1) | dict.fromkeys(parts - wholes, 1))

    def _participation(self) -> None:
        known, shown = self._known, self._known.shown
        sets = {names: known.just(names) for names in shown.combinations}
        self._adds_up(sets.values(), EVERYBODY)
        for number in range(1, shown.repeats.row_count + 1):
            self._adds_up([one for names, one in sets.items() if len(names) == number], known.times(number))
        if len(shown.episodes) > 1:
            self._adds_up([known.times(1), known.several()], EVERYBODY)
        for episode in shown.episodes:
            them = [one for names, one in sets.items() if episode.dataset.name in names]
            self._adds_up(them, known.answered(episode.key))
        self._at_most([EVERYBODY, _of(("withdrawn", ""))], [_of(("everyone", ""))])
        if len(shown.episodes) > 1:
            relevant = [_of((episode.key, "relevant")) for episode in shown.episodes]
            self._at_most([_of(("all", "relevant"))], relevant)
            for one in relevant:
                self._at_most([one], [_of(("all", "relevant"))])
            partly = [_of((episode.key, "partly reviewed")) for episode in shown.episodes]
            self._at_most([_of(("all", "partly reviewed"))], partly)
            self._at_most([_of(("all", "partly reviewed")), _of(("all", "relevant"))], [EVERYBODY])

    def _messages(self) -> None:
        """Messages of episodes, weeks, days and hours add up, their senders don't; nobody sent less than one."""
        known, keys = self._known, [episode.key for episode in self._known.shown.episodes]
        whats = ("answered", "labelled", "relevant")
        for what in whats:
            self._adds_up([_sent(known.senders(key, what)) for key in keys], _sent(known.senders("all", what)))
        for key in dict.fromkeys([*keys, "all"]):
            for wider, narrower in pairwise(whats):
                self._narrower(known.senders(key, narrower), known.senders(key, wider))
            self._at_most([_of((key, "relevant"))], [known.senders(key, "relevant")])
        self._narrower(EVERYBODY, _of(("sent", "anything")))
        self._over_time()
        for types, what in product(self._published.engagement_types, ("answered", "relevant")):
            whole = known.senders(keys[0], what)
            by_code = [whole | {("types", code.string_value)} for code in types.coding.codes]
            self._adds_up([_sent(one) for one in by_code], _sent(whole))
            self._adds_up(by_code, whole)  # everybody has one code
        for group in [group for group in known.true if MESSAGES in group]:
            self._at_most([group - {MESSAGES}], [group])
        for themes in self._published.themes:
            for code in themes.coding.themes:
                group = _of((themes.coding.key, code.string_value))
                self._at_most([group], [group | {("sample", "")}])

    def _over_time(self) -> None:
        known, is_relevant = self._known, {("sent", "relevant")}
        slots = [known.slot(number) for number in range(len(self._published.slots))]
        weeks = [known.week(number) for number in range(len(known.weeks))]
        self._parts_of(weeks, EVERYBODY)
        self._parts_of(slots, EVERYBODY)
        self._parts_of([slot | is_relevant for slot in slots], known.senders("all", "relevant"))
        for slot in slots:
            self._narrower(slot | is_relevant, slot)
        for number, week in enumerate(known.weeks):
            within = self._within(week.start, week.start + timedelta(weeks=1))
            self._parts_of([known.slot(each) for each in within], weeks[number])
        for number, label in enumerate(ASKED.traffic_labels or ()):
            within = known.slots_of(label)
            group = known.range_of(number, label)
            self._parts_of([slots[each] for each in within], group)
            self._parts_of([slots[each] | is_relevant for each in within], group | is_relevant)

    def _within(self, start: datetime, end: datetime) -> list[int]:
        return [number for number, slot in enumerate(self._published.slots) if start <= slot.start < end]

    def _narrower(self, part: Group, whole: Group) -> None:
        self._at_most([part], [whole])
        self._at_most([_sent(part)], [_sent(whole)])

    def _parts_of(self, parts: Sequence[Group], whole: Group) -> None:
        """Messages that are each in one of some parts; who sent them may be in several."""
        self._adds_up([_sent(part) for part in parts], _sent(whole))
        self._at_most([whole], parts)
        for part in parts:
            self._at_most([part], [whole])

    def _survey(self, survey: Analysed, context: Sequence[tuple[str, str]], *, is_column: bool = False) -> None:
        """Everybody has one code of a survey, and one of a region has its state."""
        codes = {code.string_value: _of((survey.key, code.string_value), *context) for code in survey.codes}
        self._adds_up(codes.values(), self._context(*context))
        if not is_column:
            themes = [codes[code.string_value] for code in survey.themes]
            self._adds_up(themes, _of((survey.key, "relevant"), *context))
        if survey.key == "region" and (not context or context[0][0] != "gender"):
            for state in dict.fromkeys(REGIONS.values()):
                inside = [codes[region] for region in REGIONS if REGIONS[region] == state]
                self._adds_up(inside, _of(("state", state), *context))

    def _context(self, *context: tuple[str, str]) -> Group:
        if len(context) == 1 and context[0][1] == "answered":
            return self._known.answered(context[0][0])
        return _of(*context)

    def _episode(self, episode: Analysed, context: Sequence[tuple[str, str]]) -> None:
        """Who has which codes of an episode, among all people or those with a code of a survey."""

        def of(value: str) -> Group:
            return self._context((episode.key, value), *context)

        codes = [code.string_value for code in episode.codes if code.string_value not in {"NA", "NS"}]
        themes = [code.string_value for code in episode.themes]
        others = [code for code in codes if code not in themes]
        if of("answered") == _of(*context):
            self._known.equal.append({of("NA"): 1, of("NS"): 1})
        else:
            self._adds_up([of("NA"), of("NS"), of("answered")], _of(*context))
        self._at_most([of("relevant")], [of(theme) for theme in themes])
        self._at_most([of("relevant"), of("NR")], [of("answered")])
        self._at_most([of("answered")], [of("relevant"), *(of(code) for code in others)])
        for code in codes:
            self._at_most([of(code)], [of("relevant") if code in themes else of("answered")])
        if not context:
            partly = _of((episode.key, "partly reviewed"))
            self._at_most([partly], [of("NR")])
            self._at_most([partly, of("relevant")], [of("answered")])
            by_theme = [_of((episode.key, f"partly {theme}")) for theme in themes]
            self._at_most([partly], by_theme)
            for one in by_theme:
                self._at_most([one], [partly])
