"""Parses the Graph API's answers: objects, and pages of lists (sources.md D.4)."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from pipeline_lib.model.lenient_json import parse_leniently
from pipeline_lib.sources.http.client import MalformedError


class Page(NamedTuple):
    """One page of a list."""

    items: list[dict[str, Any]]
    """JSON objects, as Meta gave them."""
    is_last: bool
    """Whether the list properly ends here, with no link to another page."""
    is_stuck: bool = False
    """Whether the list is broken off here, as its links never end: they lead to an earlier page, or to empty pages."""


class Answered(NamedTuple):
    """A page as it came."""

    items: list[dict[str, Any]]
    after: str | None
    """The next page's cursor; empty if that page is linked but has no cursor, None if there is no link."""


def read_object(body: bytes) -> dict[str, Any]:
    """An answer that is one JSON object.

    Raises:
        MalformedError: It is not one.
    """
    try:
        answer = parse_leniently(body)
    except ValueError:
        raise MalformedError from None
    if not isinstance(answer, dict):
        raise MalformedError
    return answer


def read_page(body: bytes) -> Answered:
    """An answer that is a page of a list.

    Raises:
        MalformedError: It is not one.
    """
    answer = read_object(body)
    items, paging = answer.get("data"), answer.get("paging")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise MalformedError
    if not isinstance(paging, dict) or not isinstance(paging.get("next"), str):
        return Answered(items, None)
    return Answered(items, _after(paging))


def _after(paging: Mapping[str, Any]) -> str:
    """The next page's cursor: the one in the link, else the one beside the link, else empty."""
    cursors = paging.get("cursors")
    beside = cursors.get("after") if isinstance(cursors, dict) else None
    try:
        linked = parse_qs(urlsplit(paging["next"]).query).get("after", [""])[0]
    except ValueError:
        linked = ""
    return linked or (beside if isinstance(beside, str) else "")
