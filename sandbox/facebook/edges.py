"""Lists that belong to pages, posts and comments, as requests of their own and in the place of fields."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sandbox.facebook.errors import INVALID_PARAMETER, NO_SUCH_FIELD, GraphRefusal
from sandbox.facebook.faults import ListingFault
from sandbox.facebook.fields import Field, written_fields
from sandbox.facebook.insights import insights
from sandbox.facebook.listing import Edge, page_of
from sandbox.facebook.model import Comment, Page, Post
from sandbox.facebook.render import Reading, rendered
from sandbox.facebook.world import EVER

POSTS_EDGES = frozenset({"feed", "posts", "published_posts"})
REACTION_TYPES = ("LIKE", "LOVE", "CARE", "HAHA", "WOW", "SAD", "ANGRY")
_FILTERS = ("stream", "toplevel")
_ORDERS = ("chronological", "reverse_chronological")
_ZONE = ZoneInfo("America/Los_Angeles")
"""Meta's own: it is nowhere said in which zone a time without one is read."""
_NEVER = datetime.max.replace(tzinfo=UTC)
_YES = {"1", "true"}


class Asked(NamedTuple):
    """How a list is asked for."""

    edge: str
    parameters: Mapping[str, str]
    fields: tuple[Field, ...]
    """Of what it lists; empty for the usual."""
    fault: ListingFault | None = None


def node(reading: Reading, item: Page | Post | Comment, fields: tuple[Field, ...]) -> dict[str, Any]:
    """A page, a post or a comment, with lists among its fields."""
    return rendered(reading, item, fields, dict.fromkeys(_EDGES[type(item)], _as_field))


def edge_of(reading: Reading, item: Page | Post | Comment, asked: Asked) -> dict[str, Any]:
    """A list that is asked for by its path.

    Raises:
        GraphRefusal: The item has no such list, a parameter is wrong, or the token may not read it.
    """
    found = _EDGES[type(item)].get(asked.edge)
    if found is None:
        raise GraphRefusal(NO_SUCH_FIELD.about(asked.edge))
    return found(reading, item, asked)


def _posts(reading: Reading, page: Page, asked: Asked) -> dict[str, Any]:
    """Posts of a page, newest first."""
    reading.viewer.require_page_token()
    since, until = _instant(asked.parameters.get("since")) or EVER, _instant(asked.parameters.get("until")) or _NEVER
    edge = Edge(
        ordered=reading.world.page_posts(page.id, asked.edge, since, until),
        is_shown=lambda _: True,
        render=lambda post: node(reading, post, asked.fields),
        url=f"{reading.root}/{page.id}/{asked.edge}",
        parameters=asked.parameters,
        token=reading.viewer.token.value,
        refuses_large_limits=True,
    )
    return page_of(edge, asked.fault)


def _comments(reading: Reading, owner: Post | Comment, asked: Asked) -> dict[str, Any]:
    """Comments on a post, or replies to a comment; a summary counts those that are not shown too."""
    world, viewer, parameters = reading.world, reading.viewer, asked.parameters
    filter_ = _one_of(parameters, "filter", _FILTERS, "toplevel")
    order = _one_of(parameters, "order", _ORDERS, "chronological")
    since = _instant(parameters.get("since")) or EVER
    if isinstance(owner, Comment):
        ordered = everything = world.replies(owner)
    else:
        everything = world.listed(owner.id, filter_)
        ordered = world.listed(owner.id, filter_, newest_first=order == "reverse_chronological", since=since)
    edge = Edge(
        ordered=ordered,
        is_shown=lambda comment: viewer.sees(comment, serves_hidden=world.serves_hidden),
        render=lambda comment: node(reading, comment, asked.fields),
        url=f"{reading.root}/{owner.id}/comments",
        parameters=parameters,
        token=viewer.token.value,
    )
    found = page_of(edge, asked.fault) if viewer.token.kind == "PAGE" else {"data": []}
    is_ranked = isinstance(owner, Post) and world.pages[owner.page].ranks_comments
    counted = {"order": "ranked" if is_ranked else order, "total_count": len(everything.items), "can_comment": True}
    return found | _summary(parameters, counted)


def _reactions(_: Reading, item: Post | Comment, asked: Asked) -> dict[str, Any]:
    """How many reacted; by whom is not shown to pages."""
    likes = asked.edge == "likes"
    kind = "LIKE" if likes else _one_of(asked.parameters, "type", REACTION_TYPES, "")
    counts = {"LIKE": item.like_count} if isinstance(item, Comment) else item.reactions
    count = counts.get(kind, 0) if kind else sum(counts.values())
    beside = {"can_like": True, "has_liked": False} if likes else {"viewer_reaction": "NONE"}
    return {"data": []} | _summary(asked.parameters, {"total_count": count, **beside})


def _insights(reading: Reading, post: Post, asked: Asked) -> dict[str, Any]:
    """Metrics; a reel has them under another name."""
    if (asked.edge == "video_insights") != (post.video is not None):
        raise GraphRefusal(NO_SUCH_FIELD.about(asked.edge))
    reading.viewer.require_insights()
    fan_count = reading.world.pages[post.page].fan_count
    return insights(post, asked.edge, asked.parameters, reading.today, fan_count)


def _summary(parameters: Mapping[str, str], values: Mapping[str, object]) -> dict[str, Any]:
    """The summary as far as it is asked for: wholly, or some of it by name."""
    asked = parameters.get("summary", "")
    if not asked or asked in {"0", "false"}:
        return {}
    if asked in _YES:
        return {"summary": dict(values)}
    names = [name.strip() for name in asked.split(",")]
    unknown = next((name for name in names if name not in values), None)
    if unknown is not None:
        raise GraphRefusal(NO_SUCH_FIELD.about(unknown))
    return {"summary": {name: values[name] for name in names}}


def _one_of(parameters: Mapping[str, str], name: str, known: tuple[str, ...], usual: str) -> str:
    value = parameters.get(name, usual)
    if value not in {*known, usual}:
        raise GraphRefusal(INVALID_PARAMETER.about(f"{name} must be one of the following values: {', '.join(known)}"))
    return value


def _instant(text: str | None) -> datetime | None:
    """Seconds since 1970, or a date or time in ISO's form."""
    if not text:
        return None
    try:
        if text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise GraphRefusal(INVALID_PARAMETER.about("The value must be a valid date or time")) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=_ZONE)


def _as_field(reading: Reading, item: Page | Post | Comment, field: Field) -> dict[str, Any]:
    """A list in the place of a field, whose modifiers are what its parameters would be."""
    inner = {"fields": written_fields(field.fields)} if field.fields else {}
    return edge_of(reading, item, Asked(field.name, {**field.modifiers, **inner}, field.fields))


_EdgeReader = Callable[[Reading, Any, Asked], dict[str, Any]]
_OF_BOTH: Mapping[str, _EdgeReader] = {"comments": _comments, "likes": _reactions, "reactions": _reactions}
_EDGES: Mapping[type, Mapping[str, _EdgeReader]] = {
    Page: dict.fromkeys(POSTS_EDGES, _posts),
    Post: {**_OF_BOTH, "insights": _insights, "video_insights": _insights},
    Comment: _OF_BOTH,
}
