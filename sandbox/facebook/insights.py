"""Metrics of posts and reels, and the days on which Meta took some of them away (sources.md D.2)."""

import json
from collections.abc import Iterable, Mapping
from datetime import date

from sandbox.facebook.errors import INVALID_METRIC, INVALID_PARAMETER, GraphRefusal
from sandbox.facebook.model import Post

LEAST_FANS = 100
"""A page with fewer likes has no metrics."""

_REMOVED_2024 = date(2024, 3, 14)
_REMOVED_2025 = date(2025, 11, 15)
_REMOVED_2026 = date(2026, 6, 15)

POST_METRICS: Mapping[str, date | None] = {
    "post_clicks": None,
    "post_engaged_users": _REMOVED_2024,
    "post_impressions": _REMOVED_2025,
    "post_impressions_fan": _REMOVED_2025,
    "post_impressions_nonviral": _REMOVED_2025,
    "post_impressions_organic": _REMOVED_2025,
    "post_impressions_organic_unique": _REMOVED_2026,
    "post_impressions_paid": _REMOVED_2025,
    "post_impressions_paid_unique": _REMOVED_2026,
    "post_impressions_unique": _REMOVED_2026,
    "post_impressions_viral": _REMOVED_2025,
    "post_media_view": None,
    "post_reactions_anger_total": None,
    "post_reactions_by_type_total": None,
    "post_reactions_haha_total": None,
    "post_reactions_like_total": None,
    "post_reactions_love_total": None,
    "post_reactions_sorry_total": None,
    "post_reactions_wow_total": None,
    "post_total_media_view_unique": None,
    "post_video_views": None,
}
"""When each metric of a post stopped being one, in all versions; None for those that are."""

REEL_METRICS: Mapping[str, date | None] = {
    "blue_reels_play_count": None,
    "fb_reels_replay_count": None,
    "fb_reels_total_plays": None,
    "post_impressions_unique": None,
    "post_video_avg_time_watched": None,
    "post_video_likes_by_reaction_type": None,
    "post_video_social_actions": None,
    "post_video_view_time": None,
}
"""Those of a reel."""

_BY_REACTION = {
    "post_reactions_like_total": "LIKE",
    "post_reactions_love_total": "LOVE",
    "post_reactions_wow_total": "WOW",
    "post_reactions_haha_total": "HAHA",
    "post_reactions_sorry_total": "SAD",
    "post_reactions_anger_total": "ANGRY",
}
_DICTIONARIES = {"post_reactions_by_type_total", "post_video_likes_by_reaction_type", "post_video_social_actions"}


def insights(post: Post, edge: str, parameters: Mapping[str, str], today: date, fans: int) -> dict[str, object]:
    """The answer of `insights` or of a reel's `video_insights`.

    Raises:
        GraphRefusal: One of the metrics is none (any more): then there is none of the others either.
    """
    known = REEL_METRICS if edge == "video_insights" else POST_METRICS
    valid = {name for name, removed_on in known.items() if removed_on is None or today < removed_on}
    names = _names(parameters.get("metric", "")) or (sorted(valid) if edge == "video_insights" else [])
    if not names:
        raise GraphRefusal(INVALID_PARAMETER.about("The parameter metric is required"))
    if not valid.issuperset(names):
        raise GraphRefusal(INVALID_METRIC)
    period = parameters.get("period", "lifetime")
    if period != "lifetime" or fans < LEAST_FANS:
        return {"data": []}
    subject = post.video if edge == "video_insights" and post.video else post.id
    return {"data": [_metric(post, subject, edge, name) for name in names]}


def _metric(post: Post, subject: str, edge: str, name: str) -> dict[str, object]:
    return {
        "name": name,
        "period": "lifetime",
        "values": [{"value": _value(post, name)}],
        "title": name.replace("_", " ").capitalize(),
        "description": "",
        "id": f"{subject}/{edge}/{name}/lifetime",
    }


def _value(post: Post, name: str) -> object:
    if name in _DICTIONARIES:
        return {kind.lower(): count for kind, count in post.reactions.items() if count}
    if name in _BY_REACTION:
        return post.reactions.get(_BY_REACTION[name], 0)
    return post.metrics.get(name, 0)


def _names(text: str) -> list[str]:
    """Metrics as a list in JSON, as Meta's own client writes them, or with commas between."""
    if text.startswith("["):
        try:
            return [str(name) for name in _list(json.loads(text))]
        except ValueError:
            raise GraphRefusal(INVALID_METRIC) from None
    return [name.strip() for name in text.split(",") if name.strip()]


def _list(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else [value]
