"""The attachments of posts and comments, by kind alone: everything else in Meta's answers may lead to people."""

from typing import Any, TypeAlias

OTHER = "other"
"""The kind of every attachment of an unknown kind."""

KINDS = frozenset({
    "album", "animated_image_autoplay", "animated_image_share", "animated_image_video",
    "animated_image_video_autoplay", "avatar", "commerce_product_item", "cover_photo", "event", "fallback",
    "file_upload", "file_upload_preview", "fun_fact_stack", "gallery", "gif", "life_event", "link", "map",
    "multi_share", "multi_share_no_end_card", "multi_share_search_end_card", "music_aggregation",
    "native_templates", "new_album", "note", "offer", "og_composer_simple", "photo", "photos", "profile_media",
    "question", "reel", "share", "share_severe_false", "shared_story", "sticker", "story", "streaming_unavailable",
    "topic", "unavailable", "video", "video_autoplay", "video_direct_response", "video_direct_response_autoplay",
    "video_inline", "video_share", "video_share_highlighted", "video_share_youtube", "visual_poll",
})  # fmt: skip
"""The kinds that the API has been seen to return. They are Meta's words; any other word is not kept."""

Kinds: TypeAlias = list[tuple[str, list[str]]]
"""Each attachment's kind, and the kinds of the attachments in it, such as an album's photos."""


def kinds_of(given: Any) -> Kinds:
    """The kinds of the attachments that a post (`{"data": […]}`) or a comment (one object) has.

    An unknown kind becomes `other`, and so does an invalid attachment.
    """
    if isinstance(given, dict) and isinstance(given.get("data"), list):
        return [_kinds_in(attachment) for attachment in given["data"]]
    return [_kinds_in(given)] if given else []


def unknown_count(kinds: Kinds) -> int:
    """How many attachments are of an unknown kind."""
    return sum([outer, *inner].count(OTHER) for outer, inner in kinds)


def as_json(kinds: Kinds) -> dict[str, Any]:
    """The kept parts of attachments, as the predecessors' raw data have them."""
    return {"data": [_as_json(outer, inner) for outer, inner in kinds]}


def _kinds_in(attachment: Any) -> tuple[str, list[str]]:
    if not isinstance(attachment, dict):
        return OTHER, []
    inner = attachment.get("subattachments")
    parts = inner.get("data") if isinstance(inner, dict) else None
    return _kind(attachment), [_kind(part) for part in parts] if isinstance(parts, list) else []


def _kind(attachment: Any) -> str:
    kind = attachment.get("type") if isinstance(attachment, dict) else None
    return kind if isinstance(kind, str) and kind in KINDS else OTHER


def _as_json(kind: str, parts: list[str]) -> dict[str, Any]:
    return {"type": kind, **({"subattachments": {"data": [{"type": part} for part in parts]}} if parts else {})}
