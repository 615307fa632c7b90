"""Numbers of messages that share something, and of the people who sent them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline_lib.analysis.codings import Analysed, all_codings, any_opted_in, any_relevant, episodes
from pipeline_lib.analysis.counting.people import Keys, record_keys_of
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.config.automated_analysis import TrafficLabel
from pipeline_lib.disclosure.release import Counts, MessageCounts
from pipeline_lib.model.coding_plan import CodingPlans


class EngagementTypes(NamedTuple):
    """The messages to an episode, by what their senders said of how they take part."""

    coding: Analysed
    """A coding of the engagement plan that pairs, by position, with the episode among the research questions."""
    counts: MessageCounts
    """A row per code of the coding. Columns: those that opted in, and those of them that are relevant."""


def traffic_counts(frames: Frames, shown: Sequence[Analysed], labels: Sequence[TrafficLabel]) -> MessageCounts:
    """The messages to any episode within each label's range of time; none where it ends before it starts (Q18).

    Returns:
        A row per label. Columns: those that opted in, and those of them that are relevant.
    """
    opted_in = _opted_in(frames.messages, shown)
    sent_at = pl.col("sent_at")
    groups = [opted_in.filter((sent_at >= label.start_date) & (sent_at < label.end_date)) for label in labels]
    return opted_in_and_relevant(groups, record_keys_of(frames.individuals))


def engagement_types(frames: Frames, plans: CodingPlans) -> list[EngagementTypes]:
    """The messages to each episode that has an engagement plan, by their senders' codes; the two pair by position."""
    types, keys = [], record_keys_of(frames.individuals)
    for plan, question in zip(plans.engagement, plans.research_questions, strict=False):
        opted_in = _opted_in(frames.messages, [each for each in episodes(plans) if each.dataset == question])
        for coding in all_codings(plans):
            if coding.dataset == plan:
                codes = frames.individuals[coding.key].list.first().gather(opted_in["participant"])
                groups = [opted_in.filter(codes == code.string_value) for code in coding.codes]
                types.append(EngagementTypes(coding, opted_in_and_relevant(groups, keys)))
    return types


def message_counts(senders: Sequence[Sequence[pl.Series]], width: int, keys: Keys) -> MessageCounts:
    """Numbers of messages, each from its messages' senders: their rows in the frame of individuals.

    Args:
        senders: Rows of columns.
        width: How many columns there are.
        keys: The record keys of all people.
    """
    cells = [series for row in senders for series in row]
    shape = len(senders), width
    messages = np.array([series.len() for series in cells], np.int64)
    if keys is None:
        people = np.array([series.n_unique() for series in cells], np.int64)
        nothing = np.zeros(shape, np.int64)
        return MessageCounts(messages.reshape(shape), Counts(people.reshape(shape), nothing), nothing, nothing)
    of_everybody = max(1, len(keys))
    sent_by = np.concatenate([np.empty(0, np.int64), *(series.cast(pl.Int64).to_numpy() for series in cells)])
    pairs, sent = np.unique(np.repeat(np.arange(len(cells)), messages) * of_everybody + sent_by, return_counts=True)
    cell, sender = pairs // of_everybody, pairs % of_everybody
    has_further = sent > 1
    most_further = np.zeros(len(cells), np.int64)
    np.maximum.at(most_further, cell, sent - 1)

    def total(cell: NDArray[np.int64], weights: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        return np.rint(np.bincount(cell, weights, len(cells))).astype(np.int64).reshape(shape)

    return MessageCounts(
        messages.reshape(shape),
        Counts(total(cell), total(cell, keys[sender])),
        total(cell[has_further], keys[sender[has_further]]),
        most_further.reshape(shape),
    )


def _opted_in(messages: pl.DataFrame, shown: Sequence[Analysed]) -> pl.DataFrame:
    return messages.filter(any_opted_in(shown)).select("participant", "sent_at", relevant=any_relevant(shown))


def opted_in_and_relevant(groups: Sequence[pl.DataFrame], keys: Keys) -> MessageCounts:
    """A row per group of messages, which have the columns `participant` and `relevant`; all of them have opted in."""
    return message_counts([(each["participant"], each.filter("relevant")["participant"]) for each in groups], 2, keys)
