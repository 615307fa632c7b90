"""What the Graph API's answers hold: objects, and pages of lists (sources.md D.4)."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from pipeline_lib.model.lenient_json import parse_leniently
from pipeline_lib.sources.http import MalformedError


class Page(NamedTuple):
    """One page of a list."""

    items: list[dict[str, Any]]
    """JSON objects, as Meta gave them."""
    is_last: bool
    """Whether the list ends here as it should: no link leads on."""
    is_stuck: bool = False
    """Whether the list ends here because it leads nowhere: back to a page that was read, or on to nothing for ever."""


class Answered(NamedTuple):
    """A page as it came."""

    items: list[dict[str, Any]]
    after: str | None
    """The next page's cursor; empty where there is a link without one."""


def read_object(body: bytes) -> dict[str, Any]:
    """An answer that is one JSON object.

    Raises:
        MalformedError: It is none.
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
        MalformedError: It is none.
    """
    answer = read_object(body)
    items, paging = answer.get("data"), answer.get("paging")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise MalformedError
    if not isinstance(paging, dict) or not isinstance(paging.get("next"), str):
        return Answered(items, None)
    return Answered(items, _after(paging))


def _after(paging: Mapping[str, Any]) -> str:
    """The cursor to go on from, from the link, which is what leads on, or else beside it; empty where there is none."""
    cursors = paging.get("cursors")
    beside = cursors.get("after") if isinstance(cursors, dict) else None
    try:
        linked = parse_qs(urlsplit(paging["next"]).query).get("after", [""])[0]
    except ValueError:
        linked = ""
    return linked or (beside if isinstance(beside, str) else "")
