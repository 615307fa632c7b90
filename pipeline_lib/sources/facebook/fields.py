"""Comments as Raw Data, with the fields that the predecessors' fetch gave them (sources.md D.1, semantics.md 10)."""

from typing import Any

import orjson
from msgspec import UNSET, UnsetType

from pipeline_lib.sources.facebook.attachments import Kinds, as_json
from pipeline_lib.sources.facebook.records import Comment
from pipeline_lib.trace.history import Update, encoded, history, metadata

_USER = "Facebook"
"""The user that a history names for changes by this source."""


def post_json(post_id: str, attachments: Kinds) -> dict[str, Any]:
    """A post as the fields of its comments show it."""
    return {"id": post_id, **({"attachments": as_json(attachments)} if attachments else {})}


def raw_data_line(comment: Comment, dataset: str, post: dict[str, Any], *, is_to_forget: bool) -> bytes:
    """A comment as a flat object with a line break; an edited one is a traced object with one update per edit.

    Args:
        comment: The comment.
        dataset: Its dataset's name, which is part of the fields' names.
        post: As `post_json` returns it.
        is_to_forget: Whether its author has deleted a comment, and counts as withdrawn until they are forgotten.
    """
    fields: dict[str, Any] = {
        "avf_facebook_id": comment.participant,
        f"{dataset}.id": comment.id,
        f"{dataset}.created_time": comment.created_at,
        **_message(dataset, comment.message),
        f"{dataset}.parent": {"id": comment.parent} if comment.parent else {},
        f"{dataset}.post": post,
    }
    if comment.attachments:
        fields[f"{dataset}.attachments"] = as_json(comment.attachments)
    if is_to_forget:
        fields["deleted_contact"] = True
    if not comment.edits:
        return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)
    updates = [Update(encoded(fields), metadata("fetch", _USER, comment.created_at))]
    updates += [
        Update(encoded(_message(dataset, edit.message)), metadata("edit", _USER, edit.seen_at))
        for edit in comment.edits
    ]
    return (history(updates).text + "\n").encode()


def _message(dataset: str, message: str | UnsetType | None) -> dict[str, Any]:
    return {} if message is UNSET else {f"{dataset}.message": message}
