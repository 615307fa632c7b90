"""What Meta counts for posts and reels, and until when it did: data that Meta changes, with the day of the check.

Meta removes a metric from all versions of its API on one day, and then refuses every request that names it: the figures
that the predecessors requested are gone. The metric nearest to each is requested instead, and the output says so.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

CHECKED_ON = date(2026, 11, 29)
"""When the table was compared with Meta's changelog and with reports of its users (sources.md D.2)."""


class Metric(NamedTuple):
    """One metric of Meta's insights."""

    name: str
    ended_on: date | None = None
    """The first day on which it is refused, whatever the version; None while it is available."""
    is_another: str = ""
    """What it counts, where that is not quite what the column says."""


IMPRESSIONS, UNIQUE_IMPRESSIONS, ENGAGED_USERS = "Post Impressions", "Unique Post Impressions", "Post Engaged Users"
"""The columns that only insights can fill."""

_VIEWS = "counted are views, since Meta counts no impressions any more"
_VIEWERS = "counted are viewers, since Meta counts the people whom a post reached no more"

POST_METRICS: Mapping[str, tuple[Metric, ...]] = MappingProxyType({
    IMPRESSIONS: (
        Metric("post_impressions", date(2025, 11, 15)),
        Metric("post_media_view", is_another=_VIEWS),
    ),
    UNIQUE_IMPRESSIONS: (
        Metric("post_impressions_unique", date(2026, 6, 15)),
        Metric("post_total_media_view_unique", is_another=_VIEWERS),
    ),
    ENGAGED_USERS: (Metric("post_engaged_users", date(2024, 3, 14)),),
})  # fmt: skip
"""By column, what to request for a post; the first metric that is still available counts."""

REEL_METRICS: Mapping[str, tuple[Metric, ...]] = MappingProxyType({
    IMPRESSIONS: (Metric("blue_reels_play_count", is_another="counted are plays, as of every reel"),),
    UNIQUE_IMPRESSIONS: (Metric("post_impressions_unique"),),
    ENGAGED_USERS: (),
})  # fmt: skip
"""The same for a reel, whose insights have an edge of their own."""


def metric_on(metrics: tuple[Metric, ...], today: date) -> Metric | None:
    """The metric to request on a day; None where none is left."""
    return next((metric for metric in metrics if metric.ended_on is None or today < metric.ended_on), None)
