"""What a Drive holds: accounts, shared drives, and items, which are folders and files."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

FOLDER = "application/vnd.google-apps.folder"
GOOGLES_OWN = "application/vnd.google-apps."
"""How the types begin of what has no bytes of its own: folders, shortcuts, Docs and Sheets."""

Role = Literal["reader", "writer", "fileOrganizer", "organizer", "owner"]
"""In a shared drive's members' list these are Viewer, Contributor, Content manager and Manager."""

CAN_EDIT: frozenset[Role | None] = frozenset({"writer", "fileOrganizer", "organizer", "owner"})
CAN_REMOVE: frozenset[Role | None] = frozenset({"organizer", "owner"})


class Refusal(Exception):  # noqa: N818 - it is an answer, no mistake
    """What the API answers instead."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message


def not_found(item_id: str) -> Refusal:
    """Of what is not there, or not to be seen by who asks."""
    return Refusal(404, "notFound", f"File not found: {item_id}.")


@dataclass(frozen=True)
class Account:
    """Who may ask."""

    email: str
    is_service_account: bool
    """It has no storage: whatever it owns would count against nothing, and is refused."""
    root_id: str
    """Of its My Drive."""


@dataclass(frozen=True)
class SharedDrive:
    """A drive that nobody owns; its id is that of its root folder as well."""

    drive_id: str
    name: str
    members: dict[str, Role]


@dataclass
class Item:
    """A folder or a file."""

    item_id: str
    name: str
    mime_type: str
    parent_id: str | None
    """None for a root."""
    owner: str | None
    """None in a shared drive."""
    drive_id: str | None
    content: bytes | None = field(default=None, repr=False)
    """None for what has no bytes of its own."""
    modified_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    version: int = 1
    is_trashed: bool = False
    shares: dict[str, Role] = field(default_factory=dict)
    """With whom it was shared by itself."""

    @property
    def is_folder(self) -> bool:
        """Whether it can hold others."""
        return self.mime_type == FOLDER

    @property
    def md5(self) -> str | None:
        """As the API tells it."""
        return None if self.content is None else hashlib.md5(self.content, usedforsecurity=False).hexdigest()

    @property
    def link(self) -> str:
        """To it, in a browser."""
        place = f"drive/folders/{self.item_id}" if self.is_folder else f"file/d/{self.item_id}/view?usp=drivesdk"
        return f"https://drive.google.com/{place}"
