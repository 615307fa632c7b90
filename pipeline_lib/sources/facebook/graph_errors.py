"""The Graph API's errors, by code and subcode, and what to do about each (sources.md D.3).

Meta's own messages are never quoted: they may name objects, people and tokens. The codes were checked against Meta's
page of limits and errors on 2026-11-29, except 1, 2 and 190, which are on no current page.
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import NamedTuple

import orjson

from pipeline_lib.errors import FatalSourceError, Problem

THROTTLED = frozenset({4, 17, 32, 341, 613, 80001})
"""Too many requests: of the app, the user or the page, over a custom limit or that of a business use case."""

TRANSIENT = frozenset({1, 2})
"""Something went wrong at Meta."""

PERMANENT = frozenset({3, 10, 100, 102, 104, 190, 368, 803, *range(200, 300)})
"""A retry gets the same answer, whatever `is_transient` says."""

DEAD_TOKEN = frozenset({102, 190})
"""No request with this token will succeed any more."""

MISSING = frozenset({(100, 33), (803, None)})
"""The object does not exist, or this token may not see it; by code and subcode, None for any."""

_NEW_TOKEN = "make a new one (docs/facebook.md, The token) and put it where TokenFileURL leads"  # noqa: S105 - advice

_ADVICE: Mapping[tuple[int, int | None], str] = MappingProxyType({
    (190, 458): f"the app was removed by the person who had authorised it: {_NEW_TOKEN}",
    (190, 459): "the account must log in on facebook.com first: Meta wants to see its owner",
    (190, 460): f"the account's password has changed: {_NEW_TOKEN}",
    (190, 463): f"it has expired: {_NEW_TOKEN}",
    (190, 464): "the account is not confirmed: its owner must log in on facebook.com",
    (190, 467): f"it is not valid any more: {_NEW_TOKEN}",
    (190, None): _NEW_TOKEN,
    (102, None): _NEW_TOKEN,
    (104, None): "the app wants requests to be signed: switch off its setting Require App Secret",
    (3, None): "the app lacks a permission: give it the Pages API (docs/facebook.md, The token)",
    (10, None): "give the token pages_read_engagement and pages_read_user_content, of a person with the task MODERATE",
    (100, 33): "check that it exists, and that this page's token may see it",
    (100, None): "the request is wrong: try another APIVersion, or tell the maintainers of this project",
    (368, None): "Meta has blocked the app or the page for a while: see its Page Quality and App Dashboard",
    (803, None): "check that it exists, and that it is written as in its address",
})  # fmt: skip
"""What to do, by code and subcode, None for any."""

_PERMISSIONS = "give the token the permissions of docs/facebook.md, of a person with a role on the page"


class GraphError(NamedTuple):
    """The codes of an answer's `error`, without its message."""

    code: int
    subcode: int | None
    is_transient: bool

    @property
    def told(self) -> str:
        """The codes, for an error's text."""
        return f"error {self.code}" + (f" (subcode {self.subcode})" if self.subcode is not None else "")

    @property
    def advice(self) -> str:
        """What to do about it."""
        by_code = _PERMISSIONS if HTTPStatus.OK <= self.code < HTTPStatus.MULTIPLE_CHOICES else "see docs/facebook.md"
        return _ADVICE.get((self.code, self.subcode)) or _ADVICE.get((self.code, None), by_code)


class GraphRefusedError(FatalSourceError):
    """The Graph API refuses a request, and will refuse it again."""

    def __init__(self, problem: Problem, error: GraphError) -> None:
        super().__init__(problem)
        self.error = error

    @property
    def is_missing(self) -> bool:
        """Whether the requested object does not exist, or this token may not see it."""
        return bool({(self.error.code, self.error.subcode), (self.error.code, None)} & MISSING)

    @property
    def is_dead_token(self) -> bool:
        """Whether no request with this token will succeed any more."""
        return self.error.code in DEAD_TOKEN


def read_error(body: bytes) -> GraphError | None:
    """An answer's `error`; None if it has none."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict) or type(error.get("code")) is not int:
        return None
    subcode = error.get("error_subcode")
    return GraphError(error["code"], subcode if type(subcode) is int else None, error.get("is_transient") is True)
