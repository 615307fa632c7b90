"""Makes the published numbers from people and their messages: `counting` counts, `disclosure` releases."""

import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from pipeline_lib.analysis.codings import (
    Analysed,
    all_codings,
    any_opted_in,
    breakdowns,
    demographics,
    episodes,
    surveys,
)
from pipeline_lib.analysis.containment import beside
from pipeline_lib.analysis.counting.containment import lives_elsewhere
from pipeline_lib.analysis.counting.distributions import Population, partly_reviewed, population_of
from pipeline_lib.analysis.counting.messages import engagement_types, traffic_counts
from pipeline_lib.analysis.counting.new_and_returning import first_and_repeat, shows_of
from pipeline_lib.analysis.counting.over_time import WEEK, OverTime, over_time, slot_length
from pipeline_lib.analysis.counting.participation import MOST_EPISODES_TO_COMBINE, participation_of
from pipeline_lib.analysis.counting.samples import SizeOf, draw_samples
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.published_numbers import (
    Distribution,
    Elsewhere,
    EngagementNumbers,
    Participation,
    Published,
    Slot,
)
from pipeline_lib.analysis.seasons import seasons
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.disclosure.perturbation_tables import PerturbationTable
from pipeline_lib.disclosure.release import Counts, Released, release_messages, release_people
from pipeline_lib.model.code_scheme import Code
from pipeline_lib.model.coding_plan import CodingPlans

_MOST_OF_A_CODE = 100
"""Messages in a sample."""
_IMPACT = ("gratitude", "about_conversation", "impact")

Release = Callable[[Counts], Released]


def release_numbers(  # noqa: PLR0913 - what there is to count, and how; the last three have defaults
    frames: Frames,
    plans: CodingPlans,
    asked: AutomatedAnalysis,
    *,
    table: PerturbationTable | None = None,
    utc_offset: timedelta = timedelta(0),
    as_predecessor: bool = False,
) -> Published:
    """Counts what the plans and the config ask for, and releases it.

    Args:
        frames: The messages and the people; with a perturbation table, people have record keys.
        plans: The project's.
        asked: The analysis that the config asks for.
        table: The table that perturbs the numbers; None: they are released unchanged.
        utc_offset: The offset of the zone in which days and weeks begin.
        as_predecessor: Whether a theme also counts people who are not relevant because something that they said waits
            for a coder; its share of the relevant people can then be above 100.
    """
    release = partial(release_people, table=table)
    codings = {coding.key: coding for coding in all_codings(plans)}
    shown, places = episodes(plans), [codings[each.analysis_file_key] for each in plans.maps]
    of_theme_maps = [codings[each.analysis_file_key] for each in plans.maps if each.level in asked.theme_map_levels]
    by_of = {
        episode.key: tuple({each.key: each for each in (*breakdowns(plans, episode.dataset), *of_theme_maps)}.values())
        for episode in shown
    }
    by = {each.key: each for broken_down_by in by_of.values() for each in broken_down_by}
    cross_tabs = [(codings[each.rows], codings[each.columns]) for each in asked.cross_tabs]
    crossed = [coding for pair in cross_tabs for coding in pair]
    opted_in = frames.individuals.filter(any_opted_in(_asked(surveys(plans)) if plans.has_surveys_only else shown))
    people = population_of(opted_in, [*shown, *by.values(), *places, *crossed], as_predecessor=as_predecessor)
    described = population_of(frames.individuals.filter(any_opted_in(_asked(demographics(plans)))), demographics(plans))
    elsewhere = {
        coding.key: population_of(opted_in.filter(lives_there), shown, as_predecessor=as_predecessor)
        for coding in places
        if (lives_there := lives_elsewhere(coding, beside(coding, plans))) is not None
    }
    themes = tuple(
        Distribution(
            coding,
            by_of[coding.key],
            release(people.distribution(coding, by_of[coding.key])),
            None if as_predecessor else release(partly_reviewed(opted_in, coding)),
        )
        for coding in shown
    )
    traffic = traffic_counts(frames, shown, asked.traffic_labels or ())
    length = slot_length(frames.messages)
    # Q22: the predecessor compared names with ids, and never found a message.
    shown_impact = () if as_predecessor else shown
    individuals = None if as_predecessor else frames.individuals
    return Published(
        participation=_participation(frames, shown, table, as_predecessor=as_predecessor),
        themes=themes,
        demographics=tuple(_distribution(described, coding, (), release) for coding in demographics(plans)),
        described=release(described.people).cell(0),
        places=tuple(_distribution(people, coding, (), release) for coding in places),
        elsewhere={key: _elsewhere(them, shown, release) for key, them in elsewhere.items()},
        cross_tabs=tuple(_distribution(people, rows, [columns], release) for rows, columns in cross_tabs),
        traffic=release_messages(traffic, table),
        engagement_types=tuple(
            EngagementNumbers(each.coding, release_messages(each.counts, table))
            for each in engagement_types(frames, plans)
        ),
        weeks={
            season: _slots(over_time(frames, own, utc_offset, WEEK), table) for season, own in seasons(shown).items()
        },
        slots=_slots(over_time(frames, shown, utc_offset, length), table),
        slot_length=length,
        samples=tuple(
            draw_samples(frames.messages, shown, _size_of(themes, table, lambda _: _MOST_OF_A_CODE), individuals)
        ),
        impact=tuple(draw_samples(frames.messages, shown_impact, _size_of(themes, table, _of_impact))),
        threshold=None if table is None else table.threshold,
    )


def _asked(codings: Sequence[Analysed]) -> Sequence[Analysed]:
    """Those that people answered, if there are any: nobody has said anything by having a mobile network."""
    return [each for each in codings if each.dataset.derived_from is None] or codings


def _participation(
    frames: Frames, shown: Sequence[Analysed], table: PerturbationTable | None, *, as_predecessor: bool
) -> Participation:
    counts = participation_of(frames, shown, as_predecessor=as_predecessor)
    loyalty, combinations = release_people(counts.loyalty, table), counts.combinations
    if len({each.dataset.name for each in shown}) > MOST_EPISODES_TO_COMBINE:
        # Only combinations that occur are listed; the released numbers must already say that they do.
        listed = [row for row, cell in enumerate(loyalty.cells()) if cell.count is not None]
        loyalty, combinations = loyalty.rows(listed), tuple(combinations[row] for row in listed)
    return Participation(
        episodes=tuple(shown),
        messages=release_messages(counts.messages, table),
        people=release_people(counts.people, table),
        withdrawn=release_people(counts.withdrawn, table).cell(0),
        partly_reviewed=release_people(counts.partly_reviewed, table),
        repeats=release_people(counts.repeats, table),
        repeated=release_people(counts.repeated, table).cell(0),
        shows=shows_of(shown),
        first_and_repeat=release_people(first_and_repeat(frames, shown, as_predecessor=as_predecessor), table),
        combinations=combinations,
        loyalty=loyalty,
    )


def _distribution(population: Population, coding: Analysed, by: Sequence[Analysed], release: Release) -> Distribution:
    return Distribution(coding, tuple(by), release(population.distribution(coding, by)))


def _elsewhere(population: Population, shown: Sequence[Analysed], release: Release) -> Elsewhere:
    by_episode = {coding.key: release(population.relevant_and_codes(coding)) for coding in shown}
    return Elsewhere(release(population.people).cell(0), by_episode)


def _slots(counted: OverTime, table: PerturbationTable | None) -> tuple[Slot, ...]:
    messages = release_messages(counted.counts, table)
    people = release_people(counted.counts.senders, table)
    return tuple(
        Slot(start, messages.cell(row, 0), messages.cell(row, 1), people.cell(row, 0))
        for row, start in enumerate(counted.starts)
    )


def _of_impact(code: Code) -> int:
    return sys.maxsize if code.string_value in _IMPACT else 0


def _size_of(themes: Sequence[Distribution], table: PerturbationTable | None, most_of: Callable[[Code], int]) -> SizeOf:
    """The size of a sample; with a perturbation table it follows from released numbers alone, or is 0.

    At least as many people have the code. If fewer messages have it, since others of these people wait for a coder, the
    sample would reveal the number of messages, so it is empty.
    """
    by_key = {shown.coding.key: shown for shown in themes}

    def size(episode: Analysed, code: Code, count: int) -> int:
        if table is None:
            return min(most_of(code), count)
        people = by_key[episode.key].overall[code.string_value].count
        told = 0 if people is None else min(most_of(code), max(0, people - table.largest_deviation))
        return told if told <= count else 0

    return size
