"""Following a RapidPro listing from page to page (sources.md A.3)."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from pipeline_lib.model.lenient_json import parse_leniently
from pipeline_lib.sources.http.client import MalformedError

_ROOT = "/api/v2/"


class Page(NamedTuple):
    """One page of a listing."""

    results: list[dict[str, Any]]
    """JSON objects, as the server gave them."""
    next: str | None
    """Where the next page begins; None at the end. Opaque, and without host or token: it may be stored."""


class Answered(NamedTuple):
    """A page as it came: `next` is whatever the server wrote."""

    page: Page
    total: int | None
    """The number of items in the whole listing, if the server gives it."""


def path_of(endpoint: str, question: Mapping[str, str]) -> str:
    """Path and query of a listing's first page."""
    query = f"?{urlencode(question)}" if question else ""
    return f"{_ROOT}{endpoint}.json{query}"


def place_in(listing: str, link: str, host: str) -> str | None:
    """Path and query of a link to another page of the same listing; None if it leads elsewhere.

    Args:
        listing: Path and query of the listing's first page.
        link: A URL, or a path and query. Its scheme and port are ignored: proxies confuse them.
        host: Name of the server.
    """
    try:
        first, split = urlsplit(listing), urlsplit(link)
    except ValueError:
        return None
    is_elsewhere = split.hostname not in {None, host}
    asked_for = parse_qsl(first.query, keep_blank_values=True)
    linked = parse_qsl(split.query, keep_blank_values=True)
    # A server whose link lacks our query would go on with everybody's runs.
    if is_elsewhere or split.path != first.path or not set(asked_for) <= set(linked):
        return None
    return f"{split.path}?{split.query}"


def read_object(body: bytes) -> dict[str, Any]:
    """An answer that is one JSON object.

    Raises:
        MalformedError: It is not one.
    """
    try:
        answer = parse_leniently(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise MalformedError
    return answer


def read_page(body: bytes) -> Answered:
    """An answer that is a page.

    Raises:
        MalformedError: It is not one.
    """
    answer = read_object(body)
    results, link, total = answer.get("results"), answer.get("next"), answer.get("count")
    if not isinstance(results, list) or not all(isinstance(item, dict) for item in results):
        raise MalformedError
    if not (link is None or isinstance(link, str)):
        raise MalformedError
    return Answered(Page(results, link), total if isinstance(total, int) else None)
