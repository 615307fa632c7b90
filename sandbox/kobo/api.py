"""What the API v2 answers: a form, and the submissions of one, page by page."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson

from sandbox.http_server import Answer
from sandbox.kobo.faults import Endpoint, FaultKind
from sandbox.kobo.model import Form, World
from sandbox.kobo.query import QueryError, fits, parsed
from sandbox.kobo.render import form_json, submission_json

DEFAULT_LIMIT, MOST = 100, 1000
"""Of 2026; servers of before gave 30,000 at once, and an administrator may set other limits."""

_PATH = re.compile(r"/api/v2/assets/(?P<uid>[^/]+)/(?P<data>data/)?")


class Target(NamedTuple):
    """What a request is for."""

    endpoint: Endpoint
    uid: str
    parameters: Mapping[str, str]


def target_of(path: str, parameters: Mapping[str, str]) -> Target:
    """The target of a path; of endpoint "" for what the server does not have."""
    found = _PATH.fullmatch(path)
    if found is None:
        return Target("", "", parameters)
    return Target("data" if found["data"] else "form", found["uid"], parameters)


class Api:
    """The endpoints over one server's forms."""

    def __init__(self, world: World, token: str) -> None:
        self.world, self._token = world, token
        self._page_before: list[dict[str, Any]] = []

    def answer(self, target: Target, origin: str, authorization: str | None, fault: FaultKind | None) -> Answer:
        """What a request is answered, whatever is wrong with it."""
        if authorization != f"Token {self._token}":
            return refused(401, "Invalid token." if authorization else "Authentication credentials were not provided.")
        form = self.world.forms.get(target.uid)
        if not target.endpoint or form is None or not form.is_shared:
            return refused(404, "Not found.")  # also to whoever may not see it
        if target.parameters.get("format") != "json":
            return Answer(200, b"<html>a page for people</html>", "text/html")
        try:
            with self.world.lock:
                shown = form_json(form) if target.endpoint == "form" else self._page(form, target, origin, fault)
        except QueryError as error:
            return refused(400, str(error))
        return Answer(200, orjson.dumps(shown))

    def _page(self, form: Form, target: Target, origin: str, fault: FaultKind | None) -> dict[str, Any]:
        asked = target.parameters
        query, order = parsed(asked.get("query"), "query"), parsed(asked.get("sort"), "sort")
        fields, start = parsed(asked.get("fields"), "fields"), int(asked.get("start", "0"))
        limit = min(int(asked.get("limit", DEFAULT_LIMIT)), MOST)
        found = [each for each in (submission_json(s, form) for s in form.submissions.values()) if fits(each, query)]
        for key, direction in reversed(order.items()):
            found.sort(key=lambda each, key=key: each[key], reverse=direction < 0)  # type: ignore[misc]
        page = found[start : start + limit]
        if fields:
            page = [{key: each[key] for key in fields if key in each} for each in page]
        if fault == "page-repeated":
            page = self._page_before
        if fault == "order-lost":
            page = page[::-1]
        self._page_before = page
        count = len(found) + (3 if fault == "count-lies" else 0)
        more = {**asked, "limit": str(limit), "start": str(start + limit)}
        has_more = start + limit < count
        link = f"{origin}/api/v2/assets/{form.uid}/data/?{urlencode(more)}" if has_more else None
        return {"count": count, "next": link, "previous": None, "results": page}


def refused(status: int, detail: str) -> Answer:
    """A refusal in the words of the server's framework."""
    return Answer(status, orjson.dumps({"detail": detail}))
