"""Pages, posts and comments as JSON, with the fields that are asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sandbox.facebook.errors import NO_SUCH_FIELD, GraphRefusal
from sandbox.facebook.fields import Field, parsed_fields
from sandbox.facebook.model import Attachment, Comment, Page, Person, Post
from sandbox.facebook.tokens import Viewer
from sandbox.facebook.world import World

SITE = "https://www.facebook.com"
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S+0000"
_ABSENT = object()
"""What has no value is left out of an answer."""


@dataclass(frozen=True)
class Reading:
    """One request's view of the world."""

    world: World
    viewer: Viewer
    root: str
    """Scheme, host and version: what links begin with."""
    today: date


EdgeField = Callable[[Reading, Any, Field], object]
"""What a list in the place of a field is."""


def rendered(reading: Reading, item: Any, fields: tuple[Field, ...], edges: Mapping[str, EdgeField]) -> dict[str, Any]:
    """A page, post or comment; its id is always there.

    Raises:
        GraphRefusal: A field is asked for that its type does not have.
    """
    kind = type(item)
    values, shown = _VALUES[kind], {}
    for field in fields or _USUAL[kind]:
        if field.name in edges:
            value = edges[field.name](reading, item, field)
        elif field.name in values:
            value = values[field.name](reading, item, field.fields)
        elif field.name in _WITHOUT_VALUE[kind]:
            continue
        else:
            raise GraphRefusal(NO_SUCH_FIELD.about(field.name))
        if value is not _ABSENT:
            shown[field.alias] = value
    if kind is not Comment or reading.viewer.sees_id(item):
        shown["id"] = item.id
    return shown


def attachment(item: Attachment, fields: tuple[Field, ...]) -> dict[str, object]:
    """What is attached, and what is attached to that."""
    target = {"id": item.target, "url": item.target_url}
    nested = next((field.fields for field in fields if field.name == "subattachments"), fields)
    values: dict[str, object] = {
        "description": item.description,
        "media": item.media,
        "media_type": item.media_type,
        "subattachments": attachments(item.subattachments, nested) if item.subattachments else None,
        "target": {name: value for name, value in target.items() if value is not None},
        "title": item.title,
        "type": item.type,
        "unshimmed_url": item.url,
        "url": item.url,
    }
    return {name: value for name, value in _chosen(values, fields, "media_type", "unshimmed_url").items() if value}


def attachments(items: tuple[Attachment, ...], fields: tuple[Field, ...]) -> dict[str, object]:
    """A list of what is attached."""
    return {"data": [attachment(item, fields) for item in items]}


def written_time(moment: datetime) -> str:
    """A moment as Facebook writes it."""
    return moment.astimezone(UTC).strftime(_TIME_FORMAT)


def _chosen(values: Mapping[str, object], fields: tuple[Field, ...], *unusual: str) -> dict[str, object]:
    """What is asked for; without a wish, all but what has to be asked for."""
    if not fields:
        return {name: value for name, value in values.items() if name not in unusual}
    unknown = next((field.name for field in fields if field.name not in values), None)
    if unknown is not None:
        raise GraphRefusal(NO_SUCH_FIELD.about(unknown))
    return {field.alias: values[field.name] for field in fields}


def _person(person: Person | Page, fields: tuple[Field, ...]) -> dict[str, object]:
    chosen = _chosen({"name": person.name, "id": person.id}, fields)
    return {**chosen, "id": person.id}


def _post_from(reading: Reading, post: Post, fields: tuple[Field, ...]) -> object:
    return _person(post.visitor or reading.world.pages[post.page], fields)


def _comment_from(reading: Reading, comment: Comment, fields: tuple[Field, ...]) -> object:
    if not reading.viewer.sees_author(comment):
        return None if reading.viewer.app.shows_unnamed_authors_as_null else _ABSENT
    return _person(comment.author or _page(reading, comment), fields)


def _parent(reading: Reading, comment: Comment, fields: tuple[Field, ...]) -> object:
    parent = reading.world.comment(comment.parent) if comment.parent else None
    return _ABSENT if parent is None else rendered(reading, parent, fields, {})


def _page(reading: Reading, comment: Comment) -> Page:
    return reading.world.pages[reading.world.posts[comment.post].page]


def _comment_count(reading: Reading, comment: Comment, _: tuple[Field, ...]) -> object:
    replies = reading.world.replies(comment).items
    hidden = reading.world.serves_hidden
    return sum(1 for reply in replies if reading.viewer.sees(reply, serves_hidden=hidden))


def _comment_link(_: Reading, comment: Comment, __: tuple[Field, ...]) -> object:
    return f"{_post_link(comment.post)}?comment_id={comment.id.rpartition('_')[2]}"


def _post_link(post_id: str) -> str:
    page, _, post = post_id.rpartition("_")
    return f"{SITE}/{page}/posts/{post}"


def _there(value: object) -> object:
    return _ABSENT if value is None else value


_Values = Mapping[str, Callable[[Reading, Any, tuple[Field, ...]], object]]

_PAGE: _Values = {
    "fan_count": lambda _, page, __: page.fan_count,
    "followers_count": lambda _, page, __: page.followers_count,
    "id": lambda _, page, __: page.id,
    "link": lambda _, page, __: f"{SITE}/{page.username or page.id}",
    "name": lambda _, page, __: page.name,
    "username": lambda _, page, __: _there(page.username),
}

_POST: _Values = {
    "attachments": lambda _, post, fields: attachments(post.attachments, fields) if post.attachments else _ABSENT,
    "created_time": lambda _, post, __: written_time(post.created_at),
    "from": _post_from,
    "id": lambda _, post, __: post.id,
    "is_published": lambda _, post, __: post.is_published,
    "message": lambda _, post, __: _there(post.message),
    "permalink_url": lambda _, post, __: f"{SITE}/reel/{post.video}" if post.video else _post_link(post.id),
    "shares": lambda _, post, __: {"count": post.share_count} if post.share_count else _ABSENT,
    "updated_time": lambda _, post, __: written_time(post.updated_at or post.created_at),
}

_COMMENT: _Values = {
    "attachment": lambda _, each, fields: attachment(each.attachment, fields) if each.attachment else _ABSENT,
    "attachments": lambda _, each, fields: attachments((each.attachment,), fields) if each.attachment else _ABSENT,
    "comment_count": _comment_count,
    "created_time": lambda _, each, __: (
        written_time(each.created_at) if "created_time" not in each.left_out else _ABSENT
    ),
    "from": _comment_from,
    "id": lambda reading, each, _: each.id if reading.viewer.sees_id(each) else _ABSENT,
    "is_hidden": lambda _, each, __: each.visibility == "hidden",
    "like_count": lambda _, each, __: each.like_count,
    "message": lambda _, each, __: each.message if "message" not in each.left_out else _ABSENT,
    "message_tags": lambda _, each, __: list(each.message_tags) or _ABSENT,
    "object": lambda _, each, __: {"id": each.post},
    "parent": _parent,
    "permalink_url": _comment_link,
}

_VALUES: Mapping[type, _Values] = {Page: _PAGE, Post: _POST, Comment: _COMMENT}
_USUAL: Mapping[type, tuple[Field, ...]] = {
    Page: parsed_fields("name"),
    Post: parsed_fields("created_time,message"),
    Comment: parsed_fields("created_time,from,message"),
}
_WITHOUT_VALUE: Mapping[type, frozenset[str]] = {
    Page: frozenset({"about", "category", "category_list", "cover", "description", "location", "picture", "website"}),
    Post: frozenset(
        {"actions", "application", "full_picture", "icon", "is_hidden", "message_tags", "parent_id", "picture", "place"}
        | {"privacy", "properties", "status_type", "story", "story_tags", "target", "to", "via"}
    ),
    Comment: frozenset(
        {"admin_creator", "application", "can_comment", "can_hide", "can_like", "can_remove", "can_reply_privately"}
        | {"is_private", "live_broadcast_timestamp", "private_reply_conversation", "user_likes"}
    ),
}
"""Fields that Meta has and this world has nothing for."""
