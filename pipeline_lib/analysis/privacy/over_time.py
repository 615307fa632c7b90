"""Numbers of messages hour by hour or day by day, of which other tables and graphs know sums."""

import numpy as np

from pipeline_lib.analysis.cells import Counts
from pipeline_lib.analysis.privacy.suppression import Flags

_NOTHING = 1e-9


def told_slots(messages: Counts, people: Counts, sums: Flags, secrets: Flags, threshold: int) -> Flags:
    """Of which slots the number of messages may be told.

    A slot of few people tells how much each of them wrote. Where sums of slots are known, what is not told may follow
    from them; then a slot more is not told: the one with the fewest messages in a sum that gave it away.

    Args:
        messages: Messages per slot.
        people: How many people sent them.
        sums: A row per sum of messages that is known elsewhere, a column per slot: whether it is a part.
        secrets: The same of sums that are not to be known.
        threshold: The fewest people that a number may tell of.
    """
    told: Flags = people >= threshold
    slots = np.eye(len(messages), dtype=np.bool_)[(messages > 0) & ~told]
    targets = np.concatenate([slots, secrets[(secrets @ messages) > 0]])
    # One without messages is no cover: where all that is not told of a sum is nothing, each part is.
    has_messages = messages > 0
    # What follows from the sums alone, such as a day from a week less its other days, no slot can hide.
    targets = targets[~_following(targets[:, has_messages], sums[:, has_messages])]
    while told.any():
        is_hidden = ~told & has_messages
        following = _following(targets[:, is_hidden], sums[:, is_hidden])
        if not following.any():
            break
        giving_away = np.unique([_smallest_sum_with(target, told, sums) for target in targets[following]], axis=0)
        for parts in giving_away:
            candidates = np.flatnonzero(told & parts)
            told[candidates[np.argsort(messages[candidates], kind="stable")[:1]]] = False
    return told


def _following(targets: Flags, sums: Flags) -> Flags:
    """Which sums of slots can be worked out from the known ones: those that are made of them, times numbers.

    Args:
        targets: A row per sum, a column per slot: whether it is a part.
        sums: The known ones, of the same slots.
    """
    wanted, known = targets.T.astype(np.float64), sums.T.astype(np.float64)
    made, *_ = np.linalg.lstsq(known, wanted, rcond=None)
    follows: Flags = np.abs(known @ made - wanted).max(axis=0, initial=0) < _NOTHING
    return follows


def _smallest_sum_with(target: Flags, shown: Flags, sums: Flags) -> Flags:
    """The known sum of the fewest slots that has a part of the target, and another that is shown."""
    has_both = (sums & target).any(axis=1) & (sums & shown).any(axis=1)
    candidates = sums[has_both]
    if not len(candidates):
        return shown
    smallest: Flags = candidates[np.argmin(candidates.sum(axis=1))]
    return smallest
