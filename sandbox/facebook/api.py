"""From a request to its answer: which version, who asks, for what, and whether they may (sources.md D)."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import NamedTuple

from sandbox.facebook.edges import POSTS_EDGES, Asked, edge_of, node
from sandbox.facebook.errors import (
    INVALID_PARAMETER,
    NO_SUCH_ALIAS,
    NO_SUCH_OBJECT,
    NO_SUCH_PATH,
    UNSUPPORTED_METHOD,
    GraphError,
    GraphRefusal,
)
from sandbox.facebook.faults import Endpoint, ListingFault
from sandbox.facebook.fields import parsed_fields
from sandbox.facebook.model import Comment, Page, Post
from sandbox.facebook.render import Reading
from sandbox.facebook.tokens import Viewer, debugged, viewer_of
from sandbox.facebook.usage import Usage
from sandbox.facebook.versions import serving_version
from sandbox.facebook.world import World
from sandbox.http_server import Answer

_EDGES: Mapping[str, Endpoint] = {
    "comments": "comments",
    "insights": "insights",
    "likes": "reactions",
    "reactions": "reactions",
    "video_insights": "video_insights",
    **dict.fromkeys(POSTS_EDGES, "posts"),
}
_NAMED: Mapping[str, Endpoint] = {"debug_token": "debug_token", "me": "me"}
_NODES: Mapping[type, Endpoint] = {Page: "page", Post: "post", Comment: "comment"}
_LONGEST_PATH = 2
_JSON = "application/json; charset=UTF-8"


class Target(NamedTuple):
    """What a path leads to."""

    endpoint: Endpoint
    version: str | None
    subject: str
    """An id or a page's username; `me` for the token's own page."""
    edge: str


class Call(NamedTuple):
    """A request."""

    method: str
    """In capitals; `POST` with the parameter `method=get` counts as `GET`."""
    target: Target
    origin: str
    """Scheme and host by which the client reaches this server."""
    parameters: Mapping[str, str]
    """Those of the URL and of a form."""
    authorizations: Sequence[str]
    """Its `Authorization` headers."""


class Api:
    """The Graph API of one world."""

    def __init__(self, world: World, clock: Callable[[], float], usage: Usage) -> None:
        self.world, self.usage = world, usage
        self.served_version: str | None = None
        """The version that serves everything, whatever is asked for; None for the right one."""
        self._clock = clock

    def target_of(self, path: str) -> Target:
        """What a path leads to, whether or not that exists."""
        version, parts = None, [part for part in path.split("/") if part]
        if parts and parts[0][:1] == "v" and parts[0][1:2].isdecimal():
            version = parts.pop(0)
        subject, edge = (*parts, "", "")[:2]
        return Target(self._endpoint(parts, subject, edge), version, subject, edge)

    def _endpoint(self, parts: Sequence[str], subject: str, edge: str) -> Endpoint:
        if not parts or len(parts) > _LONGEST_PATH:
            return ""
        if edge:
            return _EDGES.get(edge, "")
        if subject in _NAMED:
            return _NAMED[subject]
        with self.world.lock:
            item = self._found(subject)
        if item is None:
            return "post" if _is_id(subject) else "page"
        return _NODES[type(item)]

    def answer(self, call: Call, fault: ListingFault | None = None) -> Answer:
        """What a request is answered, whatever is wrong with it.

        Args:
            call: The request.
            fault: What is wrong with the page of a list.
        """
        now = self._clock()
        version = self._serving(call.target)
        try:
            with self.world.lock:
                viewer = self._viewer(call, now)
                reading = Reading(self.world, viewer, f"{call.origin}/{version}", _day(now))
                found = self._found_by(reading, call, fault, now)
        except GraphRefusal as refusal:
            return self.refused(refusal.error, call.target)
        return Answer(200, _written(found), _JSON, self._headers(version))

    def _viewer(self, call: Call, now: float) -> Viewer:
        asked = call.parameters.get("method", call.method).upper() if call.method == "POST" else call.method
        if asked != "GET":
            raise GraphRefusal(UNSUPPORTED_METHOD.about(asked.lower()))
        viewer = viewer_of(self.world, call.authorizations, call.parameters.get("access_token"), now)
        throttled = self.usage.refusal(is_page=viewer.token.kind == "PAGE")
        if throttled is not None:
            raise GraphRefusal(throttled)
        return viewer

    def refused(self, error: GraphError, target: Target) -> Answer:
        """The answer for an error."""
        version = self._serving(target)
        headers = dict(self._headers(version))
        if error.code == 190:  # noqa: PLR2004 - Meta's number for a token that is not valid
            headers["WWW-Authenticate"] = f'OAuth "Facebook Platform" "invalid_token" "{error.message}"'
        trace_id = sha256(error.message.encode()).hexdigest()[:11]
        return Answer(error.status, _written(error.body(f"A{trace_id}")), _JSON, headers)

    def _serving(self, target: Target) -> str:
        """The version that answers."""
        return self.served_version or serving_version(target.version, _day(self._clock()))

    def _headers(self, version: str) -> Mapping[str, str]:
        page = next(iter(self.world.pages), "0")
        return {"facebook-api-version": version, **self.usage.headers(page)}

    def _found_by(self, reading: Reading, call: Call, fault: ListingFault | None, now: float) -> dict[str, object]:
        target, parameters = call.target, call.parameters
        if target.endpoint == "debug_token":
            if not parameters.get("input_token"):
                raise GraphRefusal(INVALID_PARAMETER.about("The parameter input_token is required"))
            return debugged(self.world, reading.viewer, parameters["input_token"], now)
        if not target.endpoint:
            raise GraphRefusal(NO_SUCH_PATH.about(f"/{target.edge or target.subject}"))
        item, fields = self._item(reading.viewer, target.subject), parsed_fields(parameters.get("fields", ""))
        if target.edge:
            return edge_of(reading, item, Asked(target.edge, parameters, fields, fault))
        return node(reading, item, fields)

    def _item(self, viewer: Viewer, subject: str) -> Page | Post | Comment:
        item = self._found((viewer.token.page or "") if subject == "me" else subject)
        if item is None:
            raise GraphRefusal((NO_SUCH_OBJECT if _is_id(subject) else NO_SUCH_ALIAS).about(subject))
        if isinstance(item, Comment):
            if not viewer.sees(item, serves_hidden=self.world.serves_hidden):
                raise GraphRefusal(NO_SUCH_OBJECT.about(subject))
            viewer.require_page(self.world.posts[item.post].page)
        elif isinstance(item, Post):
            viewer.require_page(item.page)
        elif subject != "me":
            viewer.require_page(item.id)
        return item

    def _found(self, subject: str) -> Page | Post | Comment | None:
        world = self.world
        page = world.pages.get(subject) or next(
            (each for each in world.pages.values() if each.username == subject), None
        )
        return page or world.posts.get(subject) or world.comment(subject) or world.reel(subject)


def _day(now: float) -> date:
    return datetime.fromtimestamp(now, UTC).date()


def _is_id(subject: str) -> bool:
    return subject.replace("_", "").isdecimal()


def _written(value: object) -> bytes:
    r"""JSON as Meta writes it: all but ASCII escaped, also half of a surrogate pair, and `\/` for a slash."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()
