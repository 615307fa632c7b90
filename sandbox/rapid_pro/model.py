"""What a RapidPro workspace holds, as far as its API shows it (sources.md A.4 and A.5).

Things point to flows and contacts by uuid: the server shows a flow's current name and a contact's current number.
Nothing of a person stands in a repr.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

ALL_RESPONSES = "All Responses"
"""The only category of a result that takes every answer as it is."""


@dataclass(frozen=True)
class Workspace:
    """The workspace itself."""

    uuid: str
    name: str
    anon: bool = False
    """Whether addresses are masked."""
    country: str = "SO"
    languages: tuple[str, ...] = ("som",)
    timezone: str = "Africa/Mogadishu"


@dataclass(frozen=True)
class Result:
    """A named answer that a flow may save."""

    key: str
    name: str
    node: str
    categories: tuple[str, ...] = (ALL_RESPONSES,)


@dataclass(frozen=True)
class Flow:
    """A questionnaire."""

    uuid: str
    name: str
    created_on: datetime
    modified_on: datetime
    results: tuple[Result, ...] = ()
    archived: bool = False
    type: Literal["message", "voice", "background", "survey"] = "message"


@dataclass(frozen=True)
class Contact:
    """A person; once deleted, only uuid and times are left to see."""

    id: int
    """Orders those that were modified at the same time; never shown, but for anonymous workspaces' `ref`."""
    uuid: str
    created_on: datetime
    modified_on: datetime
    urns: tuple[str, ...] = field(default=(), repr=False)
    """Highest priority first."""
    name: str | None = field(default=None, repr=False)
    language: str | None = None
    status: Literal["active", "blocked", "stopped", "archived"] = "active"
    last_seen_on: datetime | None = None
    deleted: bool = False


@dataclass(frozen=True)
class Value:
    """One result of a run; null where an answer had no text."""

    name: str
    value: str | None = field(repr=False)
    category: str
    node: str
    time: datetime
    input: str | None = field(repr=False)
    """What the person wrote, where the value is only what a rule matched."""
    nanoseconds: int = 0
    """Beyond the microseconds of `time`, 0 to 999: listings cut them off, archives round them."""


@dataclass(frozen=True)
class Step:
    """A node that a run passed."""

    node: str
    time: datetime


@dataclass(frozen=True)
class Run:
    """One contact's way through one flow."""

    id: int
    uuid: str
    flow: str
    contact: str
    created_on: datetime
    modified_on: datetime
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    """By the results' keys."""
    exited_on: datetime | None = None
    exit_type: str | None = None
    """completed, interrupted, expired or failed; null while the contact may still answer."""
    responded: bool = True
    path: tuple[Step, ...] = ()
    start: str | None = None
    """Uuid of the start that brought it about, where somebody pressed a button."""

    @property
    def status(self) -> str:
        """What the run counts as in its flow's listing."""
        return self.exit_type or "waiting"


@dataclass(frozen=True)
class Message:
    """One text, received or sent."""

    id: int
    uuid: str
    contact: str
    direction: Literal["in", "out"]
    text: str = field(repr=False)
    created_on: datetime
    modified_on: datetime
    flow: str | None = None
    attachments: tuple[str, ...] = field(default=(), repr=False)
    """As `image/jpeg:https://…`."""
    status: Literal["queued", "handled", "wired", "sent", "delivered", "read", "errored", "failed"] = "handled"
    visibility: Literal["visible", "archived", "deleted"] = "visible"
    sent_on: datetime | None = None
