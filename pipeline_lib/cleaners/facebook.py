"""What the JSON of a Facebook comment says of the post and of what it answers (semantics.md 10)."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import polars as pl

_POST_TYPES: Mapping[str, str] = MappingProxyType(
    {"video_inline": "video", "video_direct_response": "video", "photo": "photo"}
)


def comment_reply_to(parents: pl.Series) -> pl.Series:
    """`post` where the comment's `parent` is `{}`, `comment` where it is any other object, null where it is none."""
    bare = parents.str.strip_chars()
    inside = bare.str.strip_prefix("{").str.strip_suffix("}").str.strip_chars()
    is_object = bare.str.starts_with("{") & bare.str.ends_with("}") & (bare.str.len_bytes() > 1)
    answers = pl.select(
        pl.when(is_object & (inside == "")).then(pl.lit("post")).when(is_object).then(pl.lit("comment"))
    )
    return answers.to_series()


def post_type(posts: pl.Series) -> pl.Series:
    """`video` or `photo` where all of the post's attachments are of this kind; null if mixed, of another kind, none.

    An album is of the same kind as its pictures; an album that lists no pictures is of another kind.
    """
    return pl.Series([_post_type(post) for post in posts], dtype=pl.String)


def _post_type(post: str) -> str | None:
    try:
        parsed = json.loads(post)
    except (ValueError, RecursionError):
        return None
    kinds = {_POST_TYPES.get(kind) for kind in _attachment_types(parsed)}
    return kinds.pop() if len(kinds) == 1 else None


def _attachment_types(post: Any) -> list[str]:
    match post:
        case {"attachments": {"data": [*attachments]}}:
            return [kind for attachment in attachments for kind in _kinds_in(attachment)]
        case _:
            return []


def _kinds_in(attachment: Any) -> list[str]:
    match attachment:
        case {"type": "album", "subattachments": {"data": [_, *_] as pictures}}:
            return [str(picture.get("type")) if isinstance(picture, dict) else "" for picture in pictures]
        case {"type": kind}:
            return [str(kind)]
        case _:
            return [""]
