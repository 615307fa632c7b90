"""How to show the numbers of messages and of people per episode, and of those who came back."""

from typing import NamedTuple

import numpy as np

from pipeline_lib.analysis.cells import Modes, Numbers, Shown, all_shown, all_withheld
from pipeline_lib.analysis.participation import MOST_EPISODES_TO_COMBINE, Participation
from pipeline_lib.analysis.privacy.messages import protected_messages
from pipeline_lib.analysis.privacy.over_time import told_slots
from pipeline_lib.analysis.privacy.returning import Returning, ReturningModes, protected_returning
from pipeline_lib.analysis.privacy.suppression import Flags, Suppression
from pipeline_lib.analysis.seasons import seasons


class Hidden(NamedTuple):
    """What is hidden of who took part."""

    episodes: Flags
    """Of which episodes the number of people is hidden."""
    returning: ReturningModes | None
    """How to show who came back; None: nothing of it is shown."""


def hidden_participation(counted: Participation, threshold: int) -> Hidden:
    """What is hidden of who took part.

    The number of people of an episode is, where few took part in it, or hardly anybody did not; or where those who came
    back would follow from it. Everybody took part in some episode: where few took part in two, the number of one nearly
    follows from those of the others, so that another one is hidden too.

    Args:
        counted: The numbers.
        threshold: The fewest people that a number may tell of.
    """
    people, everybody = counted.people.counts[:-1, 1], counted.people.counts[-1, 1]
    absent = everybody - people
    is_small = (people > 0) & (people < threshold)
    hidden: Flags = is_small | ((absent > 0) & (absent < threshold))
    nearly_follows = is_small.any() and everybody - people[~hidden].sum() > 1
    returning = None if hidden.any() else _protected_returning(counted, threshold)
    shown = np.flatnonzero(~hidden & (people > 0))
    if shown.size and (nearly_follows or (returning is None and not hidden.any())):
        hidden[shown[np.argmin(people[shown])]] = True
    return Hidden(hidden, returning)


def protected_participation(counted: Participation, hidden: Hidden, relevant: Flags, threshold: int) -> Participation:
    """The same numbers, each shown as it may be.

    Args:
        counted: The numbers.
        hidden: What is hidden of who took part.
        relevant: Of which episodes the number of relevant people is hidden.
        threshold: The fewest people that a number may tell of.
    """
    combinations, repeats = hidden.returning or (_blank(counted.loyalty), _blank(counted.repeats))
    if len(set().union(*counted.combinations)) > MOST_EPISODES_TO_COMBINE:
        # Only those that occur are listed, so that `<n` would not be none of them.
        counted, combinations = (
            _listing(counted, combinations == Shown.COUNT),
            combinations[combinations == Shown.COUNT],
        )
    return counted._replace(
        messages=Numbers(counted.messages.counts, _messages(counted, threshold), threshold),
        people=Numbers(counted.people.counts, _people(counted, hidden.episodes, relevant, threshold), threshold),
        withdrawn=Numbers(counted.withdrawn.counts, _withdrawn(counted, threshold), threshold),
        partly_reviewed=all_withheld(counted.partly_reviewed.counts),
        repeats=Numbers(counted.repeats.counts, repeats, threshold),
        loyalty=Numbers(counted.loyalty.counts, combinations, threshold),
    )


def _people(counted: Participation, opted_in: Flags, relevant: Flags, threshold: int) -> Modes:
    suppression = Suppression(counted.people.counts, threshold)
    hidden = np.zeros_like(suppression.is_hidden)
    hidden[:-1, 1], hidden[:-1, 2] = opted_in, relevant
    hidden[-1, 0] = _few_are_in_totals_alone(counted, threshold)
    suppression.hide(hidden)
    return suppression.modes


def _withdrawn(counted: Participation, threshold: int) -> Modes:
    """Whoever neither opted in nor withdrew said nothing: how many did follows from the totals and the withdrawn."""
    everybody, opted_in = counted.people.counts[-1, :2]
    withdrawn = counted.withdrawn.counts[0]
    if 0 < withdrawn < threshold:
        return np.array([Shown.SMALL], np.int8)
    are_few_silent = 0 < everybody - opted_in - withdrawn < threshold
    return np.array([Shown.WITHHELD if are_few_silent else Shown.COUNT], np.int8)


def _messages(counted: Participation, threshold: int) -> Modes:
    modes = np.zeros(counted.messages.counts.shape, np.int8)
    messages, senders = counted.messages.counts[:, 1:], counted.senders
    modes[:, 1:] = Suppression(messages, threshold, senders).modes
    modes[:-1, 1:] = protected_messages(messages[:-1], senders[:-1], threshold)
    modes[:-1, 1][_following_from_seasons(counted, threshold) & (modes[:-1, 1] == Shown.COUNT)] = Shown.WITHHELD
    total = Suppression(counted.messages.counts[-1:, :1], threshold)
    total.hide(np.array([[_few_are_in_totals_alone(counted, threshold)]]))
    modes[-1:, :1] = total.modes
    return modes


def _following_from_seasons(counted: Participation, threshold: int) -> Flags:
    """Of which episodes the opted-in messages would tell a small number, less those of a whole season or of all."""
    messages, senders = counted.messages.counts[:-1, 1], counted.senders[:-1, 0]
    parts = [[episode in season for episode in counted.episodes] for season in seasons(counted.episodes).values()]
    sums = np.array([[True] * len(messages), *parts], np.bool_).reshape(-1, len(messages))
    told = told_slots(messages, senders, sums, np.zeros((0, len(messages)), np.bool_), threshold)
    return ~told & (messages > 0)


def _listing(counted: Participation, are_listed: Flags) -> Participation:
    combinations = tuple(each for each, is_listed in zip(counted.combinations, are_listed, strict=True) if is_listed)
    return counted._replace(combinations=combinations, loyalty=all_shown(counted.loyalty.counts[are_listed]))


def _few_are_in_totals_alone(counted: Participation, threshold: int) -> bool:
    """Whether few people, who withdrew or said nothing, make the difference between everybody and who opted in."""
    everybody, opted_in = counted.people.counts[-1, :2]
    return bool(0 < everybody - opted_in < threshold)


def _protected_returning(counted: Participation, threshold: int) -> ReturningModes | None:
    people = Returning(counted.loyalty.counts, counted.repeats.counts)
    sizes = np.array([len(names) for names in counted.combinations], np.int64)
    times = np.bincount(sizes, weights=people.combinations, minlength=people.times.size + 1)[1:]
    if not np.array_equal(times, people.times):
        # A dataset has several codings with themes, and an episode counts as often: the two do not add up.
        return None
    return protected_returning([frozenset(names) for names in counted.combinations], people, threshold)


def _blank(numbers: Numbers) -> Modes:
    return np.full(numbers.counts.shape, Shown.WITHHELD, np.int8)
