"""Every number that a project publishes, counted once: tables, charts and maps show what stands here."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pipeline_lib.analysis.cells import Modes, Numbers, Shown, all_shown
from pipeline_lib.analysis.codings import Analysed, all_codings, any_opted_in, demographics, episodes, surveys
from pipeline_lib.analysis.distributions import (
    Distribution,
    Population,
    distribution_of,
    partly_reviewed,
    population_of,
    shown_as,
)
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.analysis.maps.containment import beside, lives_elsewhere
from pipeline_lib.analysis.messages import EngagementTypes, MessageCounts, engagement_types, traffic_counts
from pipeline_lib.analysis.participation import Participation, participation_of
from pipeline_lib.analysis.privacy.answers import kinds_of
from pipeline_lib.analysis.privacy.messages import protected_messages
from pipeline_lib.analysis.privacy.participation import hidden_participation, protected_participation
from pipeline_lib.analysis.privacy.protection import Counted, Protection, margins_of
from pipeline_lib.analysis.privacy.suppression import Flags
from pipeline_lib.config.pipeline import AutomatedAnalysis
from pipeline_lib.model.coding_plan import CodingPlans


class EngagementNumbers(NamedTuple):
    """The messages to an episode, by what their senders said of how they take part."""

    coding: Analysed
    """Of the engagement plan that stands where the episode's stands among the research questions."""
    numbers: Numbers
    """A row per code of the coding. Columns: messages that opted in, relevant ones."""


class Published(NamedTuple):
    """The numbers of people. Nobody who withdrew is in any but the totals of all messages and all people."""

    participation: Participation
    themes: tuple[Distribution, ...]
    """Per episode, the people who opted in to any; by each coding of a survey, then by the places of maps of themes. A
    theme counts relevant people, but as the predecessors counted."""
    demographics: tuple[Distribution, ...]
    """Per coding of a demographic, the people who opted in to any demographic."""
    places: tuple[Distribution, ...]
    """Per coding whose codes are places of maps, the people who opted in to any episode."""
    elsewhere: Mapping[str, Population]
    """By the key of such a coding, those of these people who are known to live in none of its places, where other
    codings can tell that; empty where small numbers are hidden, since these would tell of them."""
    cross_tabs: tuple[Distribution, ...]
    """Per cross-tab, the people who opted in to any episode, by its other coding."""
    traffic: Numbers
    """A row per label. Columns: messages that opted in, relevant ones."""
    engagement_types: tuple[EngagementNumbers, ...]


def publish(frames: Frames, plans: CodingPlans, asked: AutomatedAnalysis, *, as_predecessor: bool = False) -> Published:
    """Counts what the plans and the config ask for, and hides what may not be shown.

    Args:
        frames: The messages and the people.
        plans: The project's.
        asked: What the config asks for.
        as_predecessor: Whether a theme counts people who are not relevant too, as something that they said waits for a
            coder: its share of the relevant ones can be more than all of them.
    """
    codings = {coding.key: coding for coding in all_codings(plans)}
    shown, places = episodes(plans), [codings[each.analysis_file_key] for each in plans.maps]
    of_theme_maps = [codings[each.analysis_file_key] for each in plans.maps if each.level in asked.theme_map_levels]
    by = list({coding.key: coding for coding in (*surveys(plans), *of_theme_maps)}.values())
    cross_tabs = [(codings[table.rows], codings[table.columns]) for table in asked.cross_tabs]
    crossed = [coding for pair in cross_tabs for coding in pair]
    opted_in = frames.individuals.filter(any_opted_in(shown))
    people = population_of(opted_in, [*shown, *by, *places, *crossed], as_predecessor=as_predecessor)
    described = population_of(frames.individuals.filter(any_opted_in(demographics(plans))), demographics(plans))
    traffic = traffic_counts(frames.messages, shown, asked.traffic_labels or ())
    types = engagement_types(frames, plans)
    published = Published(
        participation=participation_of(frames, shown, as_predecessor=as_predecessor),
        themes=tuple(
            replace(
                distribution_of(people, coding, by),
                partly_reviewed=None if as_predecessor else partly_reviewed(opted_in, coding),
            )
            for coding in shown
        ),
        demographics=tuple(distribution_of(described, coding) for coding in demographics(plans)),
        places=tuple(distribution_of(people, coding) for coding in places),
        elsewhere={
            coding.key: population_of(opted_in.filter(elsewhere), shown, as_predecessor=as_predecessor)
            for coding in places
            if asked.small_cell_threshold is None
            and (elsewhere := lives_elsewhere(coding, beside(coding, plans))) is not None
        },
        cross_tabs=tuple(distribution_of(people, rows, [columns]) for rows, columns in cross_tabs),
        traffic=all_shown(traffic.messages),
        engagement_types=tuple(EngagementNumbers(each.coding, all_shown(each.counts.messages)) for each in types),
    )
    threshold = asked.small_cell_threshold
    if threshold is None:
        return published
    shown_people = _of_people(published, people, described, threshold)
    return shown_people._replace(
        traffic=_of_messages(traffic, threshold),
        engagement_types=tuple(
            EngagementNumbers(each.coding, _of_types(each, shown_people.participation, threshold)) for each in types
        ),
    )


def _of_messages(counts: MessageCounts, threshold: int) -> Numbers:
    return Numbers(counts.messages, protected_messages(counts.messages, counts.people, threshold), threshold)


def _of_types(types: EngagementTypes, participation: Participation, threshold: int) -> Numbers:
    """The messages of an episode by their senders' codes, whose sum the episode's own number of messages is."""
    rows = [place for place, each in enumerate(participation.episodes) if each.dataset == types.question]
    if (participation.messages.modes[rows] != Shown.COUNT).any():
        return Numbers(types.counts.messages, np.full_like(types.counts.messages, Shown.WITHHELD, np.int8), threshold)
    return _of_messages(types.counts, threshold)


def _of_people(published: Published, people: Population, described: Population, threshold: int) -> Published:
    """The numbers of people, each shown as it may be; the same number may stand in several tables."""
    participation = published.participation
    few = hidden_participation(participation, threshold)
    margins = margins_of(
        people.profiles, described.profiles, _telling_who_took_part(few.episodes, participation, people), threshold
    )
    distributions = (*published.themes, *published.places, *published.cross_tabs)
    counted = [Counted(each.coding, each.by) for each in distributions]
    protection = Protection(people.profiles, margins.people, counted)

    def shown(them: Iterable[Distribution]) -> tuple[Distribution, ...]:
        return tuple(shown_as(each, protection.modes(each.coding, each.by), threshold) for each in them)

    def overall(coding: Analysed) -> Modes:
        name = coding.dataset.name
        return margins.described[name].modes[described.profiles[name].columns(coding), None]

    relevant = [protection.modes(episode, ())[0, 0] != Shown.COUNT for episode in participation.episodes]
    return published._replace(
        participation=protected_participation(participation, few, np.array(relevant, np.bool_), threshold),
        themes=shown(published.themes),
        demographics=tuple(shown_as(each, overall(each.coding), threshold) for each in published.demographics),
        places=shown(published.places),
        cross_tabs=shown(published.cross_tabs),
    )


def _telling_who_took_part(hidden: Flags, participation: Participation, people: Population) -> dict[str, Flags]:
    """The columns from which the number of people of an episode would follow, where that is hidden, by dataset.

    Those who did not take part; and what bounds the number from below: the relevant ones, and the most frequent theme.
    """
    columns: dict[str, Flags] = {}
    for episode, is_hidden in zip(participation.episodes, hidden, strict=True):
        profiles = people.profiles[episode.dataset.name]
        kinds, own = kinds_of(profiles), np.zeros(profiles.has.shape[1], np.bool_)
        own[profiles.columns(episode)] = is_hidden
        telling = own & (kinds.idle | kinds.relevant)
        themes = np.where(own & kinds.normal, profiles.counts(), 0)
        telling[np.argmax(themes)] |= themes.max() > 0
        columns[episode.dataset.name] = columns.get(episode.dataset.name, np.zeros_like(own)) | telling
    return columns
