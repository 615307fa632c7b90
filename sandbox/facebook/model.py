"""What the Graph API knows of pages, posts and comments (sources.md D). Nothing of a person stands in a repr."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

PEOPLES_CONTENT = "pages_read_user_content"
PAGES_CONTENT = "pages_read_engagement"
INSIGHTS = "read_insights"
SCOPES = (PAGES_CONTENT, PEOPLES_CONTENT, "pages_show_list", INSIGHTS)
"""What a token needs to read all that is here."""
TASKS = ("ANALYZE", "MODERATE")
"""What the person behind a token may do on the page: metrics, and comments' ids."""

Visibility = Literal["visible", "hidden", "filtered"]
"""`hidden`: by the page; `filtered`: by Facebook, or by the author's privacy settings."""


@dataclass(frozen=True)
class App:
    """An application that tokens are issued to."""

    id: str
    name: str
    secret: str = field(repr=False)
    has_advanced_access: bool = True
    """Without it, authors are shown only who have a role on the app."""
    people_with_roles: frozenset[str] = field(default=frozenset(), repr=False)
    """By page-scoped id."""
    shows_unnamed_authors_as_null: bool = False
    """`from` is null rather than absent."""


@dataclass(frozen=True)
class Token:
    """An access token. Once `dead`, it is refused with that subcode of error 190."""

    value: str = field(repr=False)
    app: str
    page: str | None
    """None for the token of a user or of the app."""
    kind: Literal["PAGE", "USER", "SYSTEM_USER", "APP"] = "PAGE"
    scopes: tuple[str, ...] = SCOPES
    tasks: tuple[str, ...] = TASKS
    user: str = field(default="100000000000001", repr=False)
    issued_at: int = 1_735_700_000
    expires_at: int = 0
    """Seconds since 1970; 0 for never."""
    data_access_expires_at: int = 0
    dead: Literal[458, 460, 463, 467] | None = None
    """The app was removed; the password changed; expired; invalid."""


@dataclass(frozen=True)
class Page:
    """A Facebook page."""

    id: str
    name: str
    username: str | None = None
    fan_count: int = 5000
    followers_count: int = 5200
    ranks_comments: bool = False
    """Whether comments come in order of relevance, whatever order is asked for."""


@dataclass(frozen=True)
class Person:
    """Somebody who comments, as one page sees them."""

    id: str = field(repr=False)
    """Page-scoped: the same person has another one on another page."""
    name: str = field(repr=False)


@dataclass(frozen=True)
class Attachment:
    """What a post or a comment shows beside its text."""

    type: str
    """`photo`, `video_inline`, `album`, `share`, `sticker`, …: Facebook adds new ones without notice."""
    media_type: str | None = None
    target: str | None = None
    """Id of what is attached."""
    target_url: str | None = None
    url: str | None = None
    title: str | None = field(default=None, repr=False)
    description: str | None = field(default=None, repr=False)
    media: Mapping[str, object] | None = field(default=None, repr=False)
    subattachments: tuple["Attachment", ...] = ()
    """An album's pictures."""


@dataclass(frozen=True)
class Post:
    """What a page, or a visitor of it, has published."""

    id: str
    """`<page>_<post>`."""
    page: str
    created_at: datetime
    message: str | None = field(default=None, repr=False)
    """None where there is no text: the field is then absent."""
    updated_at: datetime | None = None
    """When a comment came last, or the text was changed; None for when it was created."""
    attachments: tuple[Attachment, ...] = ()
    reactions: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """How many, by LIKE, LOVE, CARE, HAHA, WOW, SAD and ANGRY."""
    share_count: int = 0
    metrics: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """What insights say, by metric; the others are 0."""
    video: str | None = None
    """A reel's own id, by which it is found too."""
    visitor: Person | None = field(default=None, repr=False)
    """Who wrote it, where that is not the page."""
    is_published: bool = True


@dataclass(frozen=True)
class Comment:
    """A comment on a post, or a reply to one."""

    id: str
    """`<post part>_<comment part>`."""
    post: str
    created_at: datetime
    message: str | None = field(default="", repr=False)
    """Empty for a sticker or a picture alone."""
    author: Person | None = field(default=None, repr=False)
    """None for the page itself."""
    parent: str | None = None
    """Id of the comment that is answered."""
    attachment: Attachment | None = None
    like_count: int = 0
    visibility: Visibility = "visible"
    message_tags: tuple[Mapping[str, object], ...] = field(default=(), repr=False)
    left_out: frozenset[str] = frozenset()
    """Fields that are missing although they are asked for, such as `message` or `created_time`."""
