"""Content on its way: in one request with its metadata, or by a session piece by piece."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sandbox.drive.model import Account, Refusal

PIECE_BYTES = 256 * 1024
"""Every piece but the last is so long, or a multiple of it."""

_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-(?P<last>\d+)|\*)/(?P<size>\d+)")


@dataclass(frozen=True)
class Wish:
    """What somebody wants to create or to update."""

    account: Account
    item_id: str | None
    """Of the file to update; None for one to create."""
    metadata: dict[str, Any]
    media_type: str
    query: Mapping[str, str]
    everywhere: bool
    """Whether shared drives are meant as well."""


@dataclass
class Session:
    """A resumable upload."""

    wish: Wish
    received: bytearray = field(default_factory=bytearray, repr=False)
    made_id: str | None = None
    """The item's, once all has come."""


@dataclass
class Sessions:
    """All uploads that were begun."""

    by_id: dict[str, Session] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def begin(self, session: Session) -> str:
        """The id under which pieces are to come."""
        upload_id = f"canary-upload-{next(self._numbers)}"
        self.by_id[upload_id] = session
        return upload_id

    def found(self, upload_id: str) -> Session:
        """A session that was begun and has not expired."""
        if upload_id not in self.by_id:
            raise Refusal(404, "notFound", "The upload session was not found.")
        return self.by_id[upload_id]


def take_piece(session: Session, content_range: str, body: bytes, *, cut: bool = False) -> bool:
    """Keeps what has come; whether that is all.

    Args:
        session: The upload.
        content_range: The request's header; empty for everything at once.
        body: What came.
        cut: Whether only half of it came.

    Raises:
        Refusal: The piece is not the next one, or of another length.
    """
    match = _RANGE.fullmatch(content_range or f"bytes 0-{len(body) - 1}/{len(body)}") if content_range or body else None
    if match is None and content_range:
        raise Refusal(400, "badRequest", "Failed to parse Content-Range header.")
    if match is None:  # an empty file
        return True
    size = int(match["size"])
    if match["first"] is None:
        return len(session.received) == size
    if int(match["first"]) != len(session.received) or int(match["last"]) - int(match["first"]) + 1 != len(body):
        raise Refusal(400, "badRequest", "The piece is not the one that follows.")
    is_last = int(match["last"]) + 1 == size
    if not is_last and len(body) % PIECE_BYTES:
        raise Refusal(400, "badRequest", "The piece's length is no multiple of 256 KiB.")
    session.received += body[: len(body) // 2 // PIECE_BYTES * PIECE_BYTES] if cut else body
    return is_last and not cut


def parts_of(content_type: str, body: bytes) -> tuple[dict[str, Any], bytes, str]:
    """Metadata, content and the content's type, of a body of two parts.

    Raises:
        Refusal: It has not these two.
    """
    match = re.search(r'boundary="?([^";]+)"?', content_type)
    parts = body.split(b"--" + match[1].encode())[1:-1] if match else []
    if len(parts) != 2:  # noqa: PLR2004 - as the API's documentation says
        raise Refusal(400, "badContent", "Multipart must have two parts.")
    _, metadata = _part(parts[0])
    headers, content = _part(parts[1])
    media_type = re.search(rb"(?im)^content-type:\s*(\S+)", headers)
    return as_object(metadata), content, media_type[1].decode() if media_type else ""


def as_object(text: bytes) -> dict[str, Any]:
    """Metadata; empty where there is none.

    Raises:
        Refusal: It is none.
    """
    try:
        metadata = json.loads(text or b"{}")
    except ValueError:
        metadata = None
    if not isinstance(metadata, dict):
        raise Refusal(400, "parseError", "Parse Error")
    return metadata


def _part(part: bytes) -> tuple[bytes, bytes]:
    """Headers and content, without the line ends that belong to the boundaries."""
    inside = re.sub(rb"\A\r?\n|\r?\n\Z", b"", part)
    match = re.search(rb"\r?\n\r?\n", inside)
    return (inside[: match.start()], inside[match.end() :]) if match else (b"", inside)
