"""Pages of a list: cursors, links to the pages before and after, and what goes wrong with them (sources.md D.4)."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sandbox.facebook.errors import INVALID_CURSOR, INVALID_PARAMETER, GraphRefusal
from sandbox.facebook.faults import ListingFault
from sandbox.facebook.world import Ordered

DEFAULT_LIMIT = 25
LARGEST_LIMIT = 100
_START = "start"


class Edge(NamedTuple):
    """A list that is asked for."""

    ordered: Ordered
    is_shown: Callable[[Any], bool]
    render: Callable[[Any], object]
    url: str
    """Where it is, without parameters."""
    parameters: Mapping[str, str]
    """As the client gave them."""
    token: str
    refuses_large_limits: bool = False
    """Whether a `limit` above the largest is an error, or is taken for the largest."""


def page_of(edge: Edge, fault: ListingFault | None = None) -> dict[str, object]:
    """The page that the parameters `limit`, `after` and `before` ask for, as JSON's `data` and `paging`.

    What is not shown takes up room on its page, which is then shorter: Facebook filters afterwards.

    Raises:
        GraphRefusal: A parameter is none, or a cursor's item is gone.
    """
    limit = _limit(edge)
    if not limit:
        return {"data": []}
    start, end = _range(edge, limit)
    after_link = None
    match fault:
        case "overlap":
            start = max(0, start - 1)
        case "short":
            end = min(end, start + max(1, limit // 2))
        case "loop":
            after_link = edge.parameters.get("after", "")
        case "empty":
            after_link = _same_place(edge.parameters.get("after"))
            end = start
        case "repeat" if end >= len(edge.ordered.items):
            after_link = ""
    items = edge.ordered.items[start:end]
    data = [edge.render(item) for item in items if edge.is_shown(item)]
    if not items and after_link is None:
        return {"data": data}
    cursors = {"before": _cursor(items[0].id), "after": _cursor(items[-1].id)} if items else {}
    if after_link is None and end < len(edge.ordered.items):
        after_link = cursors["after"]
    links = {
        "next": None if after_link is None else _link(edge, limit, "after", after_link),
        "previous": _link(edge, limit, "before", cursors["before"]) if items and start else None,
    }
    return {"data": data, "paging": {"cursors": cursors, **{name: link for name, link in links.items() if link}}}


def _limit(edge: Edge) -> int:
    text = edge.parameters.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdecimal()):
        raise GraphRefusal(INVALID_PARAMETER.about("The limit must be a non-negative integer"))
    if edge.refuses_large_limits and int(text) > LARGEST_LIMIT:
        raise GraphRefusal(INVALID_PARAMETER.about(f"The limit must not exceed {LARGEST_LIMIT}"))
    return min(int(text), LARGEST_LIMIT)


def _range(edge: Edge, limit: int) -> tuple[int, int]:
    """From where to where the page is, as places in the list."""
    after, before = edge.parameters.get("after"), edge.parameters.get("before")
    if after:
        start = _place(edge.ordered, after) + 1
        return start, min(len(edge.ordered.items), start + limit)
    if before:
        end = _place(edge.ordered, before)
        return max(0, end - limit), end
    return 0, min(len(edge.ordered.items), limit)


def _place(ordered: Ordered, cursor: str) -> int:
    """Where a cursor's item stands; -1 for before the first."""
    item_id = _content(cursor)[1]
    if item_id == _START:
        return -1
    if item_id not in ordered.places:
        raise GraphRefusal(INVALID_CURSOR)
    return ordered.places[item_id]


def _same_place(cursor: str | None) -> str:
    """Another cursor that leads where this one does."""
    mark, item_id = _content(cursor) if cursor else ("", _START)
    return _cursor(item_id, f"{mark}-")


def _cursor(item_id: str, mark: str = "") -> str:
    return base64.urlsafe_b64encode(f"{mark}|{item_id}".encode()).decode()


def _content(cursor: str) -> tuple[str, str]:
    try:
        mark, _, item_id = base64.urlsafe_b64decode(cursor).decode().rpartition("|")
    except (binascii.Error, UnicodeDecodeError):
        raise GraphRefusal(INVALID_CURSOR) from None
    return mark, item_id


def _link(edge: Edge, limit: int, direction: str, cursor: str) -> str:
    """The link to another page, with the token in it, as Facebook gives it."""
    kept = {name: value for name, value in edge.parameters.items() if name not in {"after", "before", "access_token"}}
    given = {"access_token": edge.token, **kept, "limit": str(limit)}
    return f"{edge.url}?{urlencode(given | ({direction: cursor} if cursor else {}))}"
