"""The stand-in as a server: HTTP on loopback, faults, and an account of what was asked."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from typing import NamedTuple, cast
from urllib.parse import parse_qsl, unquote

from sandbox.facebook.api import Api, Call, Target
from sandbox.facebook.faults import LISTING_FAULTS, Change, Endpoint, Fault, ListingFault
from sandbox.facebook.usage import Usage
from sandbox.facebook.world import World
from sandbox.http_server import Answer, HttpServer, QuietHandler, StandInServer

_DRIP_PIECES = 8


class Request(NamedTuple):
    """One request that came, and what became of it. It holds tokens: do not print it."""

    method: str
    endpoint: Endpoint
    url: str
    """Path and query, as they came over the wire."""
    parameters: Mapping[str, str]
    """Those of the URL, and of a form that was sent."""
    headers: Mapping[str, str]
    """By name in small letters."""
    status: int | None
    """None where the connection was cut instead."""


@dataclass(eq=False)
class FacebookServer(StandInServer):
    """A Graph API that has a port and answers inside its context."""

    world: World = field(repr=False)
    """What it serves; may change meanwhile."""
    port: int = 0
    """0 for a free one."""
    hourly_app_limit: int | None = None
    """Requests with tokens of apps and users; None for as many as come."""
    daily_page_limit: int | None = None
    """Requests with tokens of pages."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970: decides which versions and metrics there are, and when tokens expire."""
    faults: list[Fault] = field(default_factory=list)
    """What goes wrong, and may be added to at any time: the first for an endpoint that is not used up."""
    changes: list[Change] = field(default_factory=list)
    """What happens to the world while clients read; likewise."""
    requests: list[Request] = field(default_factory=list, init=False, repr=False)
    """All that came, oldest first."""

    def __post_init__(self) -> None:
        self._lock, self._stopping = Lock(), Event()
        self.usage = Usage(self.clock, self.hourly_app_limit, self.daily_page_limit)
        self.api = Api(self.world, self.clock, self.usage)

    def request_counts(self) -> Counter[str]:
        """How many requests came, by endpoint."""
        return Counter(request.endpoint for request in list(self.requests))

    def open_http(self) -> HttpServer:
        """The HTTP server on its port."""
        self._stopping.clear()
        return _HttpServer(self)

    def end_waiting(self) -> None:
        """End the waiting of slow answers."""
        self._stopping.set()

    def respond(self, method: str, url: str, form: str, headers: Mapping[str, str], origin: str) -> "_Response | None":
        """What goes over the wire; None where the connection is cut instead."""
        path, _, query = url.partition("?")
        target = self.api.target_of(unquote(path))
        parameters = dict(parse_qsl(query, keep_blank_values=True) + parse_qsl(form, keep_blank_values=True))
        with self._lock:
            fault = next(
                (fault for fault in self.faults if fault.endpoint == target.endpoint and fault.strikes()), None
            )
        if fault and fault.kind == "slow":
            self._stopping.wait(fault.seconds)
        answer = None
        if fault is None or fault.kind != "cut":
            listing = cast("ListingFault", fault.kind) if fault and fault.kind in LISTING_FAULTS else None
            authorizations = [headers["authorization"]] if "authorization" in headers else []
            answer = self._failure(fault, target) or self.api.answer(
                Call(method, target, origin, parameters, authorizations), listing
            )
        with self._lock:
            status = answer.status if answer else None
            self.requests.append(Request(method, target.endpoint, url, parameters, headers, status))
            due = [change for change in self.changes if change.endpoint == target.endpoint and change.is_due()]
        for change in due:
            change.apply(self.world)
        return None if answer is None else _spoiled(answer, fault)

    def _failure(self, fault: Fault | None, target: Target) -> Answer | None:
        if fault is None or fault.kind not in {"error", "bad-gateway"}:
            return None
        if fault.kind == "bad-gateway":
            return Answer(502, b"<html><h1>Sorry, something went wrong.</h1></html>", "text/html; charset=utf-8")
        answer = self.api.refused(fault.error, target)
        return replace(answer, headers={**answer.headers, **dict(fault.headers)})

    def wait(self, seconds: float) -> None:
        """Wait, but not longer than the server is up."""
        self._stopping.wait(seconds)


class _Response(NamedTuple):
    answer: Answer
    promised_bytes: int
    seconds_between_pieces: float


def _spoiled(answer: Answer, fault: Fault | None) -> _Response:
    kind, half = fault.kind if fault else None, len(answer.body) // 2
    if kind in {"early-json", "truncate"}:
        promised = len(answer.body) if kind == "truncate" else half
        return _Response(replace(answer, body=answer.body[:half]), promised, 0)
    return _Response(answer, len(answer.body), fault.seconds if fault and kind == "drip" else 0)


class _HttpServer(HttpServer):
    """Whose handlers know the Graph API."""

    def __init__(self, owner: FacebookServer) -> None:
        self.owner = owner
        super().__init__(owner.port, _Handler)


class _Handler(QuietHandler):
    server: _HttpServer

    def _respond(self) -> None:
        form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
        headers = {name.lower(): value for name, value in self.headers.items()}
        origin = f"http://{self.headers.get('Host', self.server.host)}"
        response = self.server.owner.respond(self.command, self.path, form, headers, origin)
        if response is None:
            self.reset()
            return
        answer = response.answer
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(response.promised_bytes))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self._send(answer.body, response.seconds_between_pieces)
        self.close_connection |= response.promised_bytes > len(answer.body)

    def _send(self, body: bytes, seconds_between_pieces: float) -> None:
        if not seconds_between_pieces:
            self.wfile.write(body)
            return
        size = max(1, len(body) // _DRIP_PIECES)
        for start in range(0, len(body), size):
            self.wfile.write(body[start : start + size])
            self.wfile.flush()
            self.server.owner.wait(seconds_between_pieces)

    do_DELETE = do_GET = do_POST = _respond  # noqa: N815 - http.server's names
