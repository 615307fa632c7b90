"""Numbers of messages that share something, and of the people who sent them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from pipeline_lib.analysis.cells import Counts
from pipeline_lib.analysis.codings import Analysed, all_codings, any_opted_in, any_relevant, episodes
from pipeline_lib.analysis.frames import Frames
from pipeline_lib.config.pipeline import TrafficLabel
from pipeline_lib.model.coding_plan import CodingPlans, Dataset


class MessageCounts(NamedTuple):
    """A row per group of messages. Columns: those that opted in, and those of them that are relevant."""

    messages: Counts
    people: Counts
    """How many people sent them."""


class EngagementTypes(NamedTuple):
    """The messages to an episode, by what their senders said of how they take part."""

    coding: Analysed
    """Of the engagement plan that stands where the episode's stands among the research questions."""
    question: Dataset
    """The episode's."""
    counts: MessageCounts
    """A row per code of the coding."""


def traffic_counts(messages: pl.DataFrame, shown: Sequence[Analysed], labels: Sequence[TrafficLabel]) -> MessageCounts:
    """The messages to any episode within each label's range of time; none where it ends before it starts (Q18)."""
    opted_in = _opted_in(messages, shown)
    sent_at = pl.col("sent_at")
    return _counts([opted_in.filter((sent_at >= label.start_date) & (sent_at < label.end_date)) for label in labels])


def engagement_types(frames: Frames, plans: CodingPlans) -> list[EngagementTypes]:
    """The messages to each episode that has an engagement plan, by their senders' codes; the two pair by position."""
    types = []
    for plan, question in zip(plans.engagement, plans.research_questions, strict=False):
        opted_in = _opted_in(frames.messages, [each for each in episodes(plans) if each.dataset == question])
        for coding in all_codings(plans):
            if coding.dataset == plan:
                codes = frames.individuals[coding.key].list.first().gather(opted_in["participant"])
                groups = [opted_in.filter(codes == code.string_value) for code in coding.codes]
                types.append(EngagementTypes(coding, question, _counts(groups)))
    return types


def _opted_in(messages: pl.DataFrame, shown: Sequence[Analysed]) -> pl.DataFrame:
    return messages.filter(any_opted_in(shown)).select("participant", "sent_at", relevant=any_relevant(shown))


def _counts(groups: Sequence[pl.DataFrame]) -> MessageCounts:
    senders = [(group["participant"], group.filter("relevant")["participant"]) for group in groups]
    messages = [[column.len() for column in row] for row in senders]
    people = [[column.n_unique() for column in row] for row in senders]
    return MessageCounts(np.array(messages, np.int64).reshape(-1, 2), np.array(people, np.int64).reshape(-1, 2))
