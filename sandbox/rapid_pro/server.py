"""A RapidPro server for tests and the demo: HTTP/1.1 with keep-alive, one thread a connection."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from typing import NamedTuple
from urllib.parse import parse_qsl

from sandbox.http_server import Answer, HttpServer, QuietHandler, StandInServer
from sandbox.rapid_pro.api import Api
from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.downloads import Downloads
from sandbox.rapid_pro.faults import Change, Fault, FaultKind, Throttle
from sandbox.rapid_pro.generations import UNICEF, Generation
from sandbox.rapid_pro.service import DOWNLOAD, Service, Target, target_of, throttled

TOKEN = "5a4db0c5" * 5
"""What the server takes unless it is told otherwise."""


class Request(NamedTuple):
    """One request that came, and what became of it."""

    method: str
    endpoint: str
    path: str
    parameters: Mapping[str, str]
    status: int | None
    """None where the connection was cut instead."""


@dataclass(eq=False)
class RapidProServer(StandInServer):
    """One workspace's server, which has a port and answers inside its context."""

    database: Database = field(repr=False)
    """What it serves; may change meanwhile."""
    generation: Generation = UNICEF
    port: int = 0
    """0 for a free one."""
    token: str = field(default=TOKEN, repr=False)
    """The only one that it takes."""
    hourly_limit: int | None = None
    """Requests a scope; None for as many as come."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970, for the limit and for the age of links."""
    faults: list[Fault] = field(default_factory=list)
    """What goes wrong, and may be added to at any time: the first for an endpoint that is not used up."""
    changes: list[Change] = field(default_factory=list)
    """What happens to the data while clients read; likewise."""
    requests: list[Request] = field(default_factory=list, init=False, repr=False)
    """All that came, oldest first."""

    def __post_init__(self) -> None:
        self._lock, self._stopping = Lock(), Event()
        throttle = None if self.hourly_limit is None else Throttle(self.hourly_limit, self.clock)
        self._service = Service(Api(self.database, self.generation, Downloads(self.clock)), self.token, throttle)

    def request_counts(self) -> Counter[str]:
        """How many requests came, by endpoint; `download` for archives' files."""
        return Counter(request.endpoint for request in list(self.requests))

    def open_http(self) -> HttpServer:
        """The HTTP server on its port."""
        self._stopping.clear()
        return _HttpServer(self)

    def end_waiting(self) -> None:
        """End the waiting of slow answers."""
        self._stopping.set()

    def respond(self, method: str, target: Target, origin: str, authorizations: list[str]) -> "_Response | None":
        """What goes over the wire; None where the connection is cut instead."""
        with self._lock:
            fault = next(
                (fault for fault in self.faults if fault.endpoint == target.endpoint and fault.strikes()), None
            )
        kind = fault.kind if fault else None
        if fault and kind == "slow":
            self._stopping.wait(fault.seconds)
        answer = _failure(fault) if fault else None
        if answer is None and kind != "cut":
            answer = self._service.answer(method, target, origin, authorizations)
        with self._lock:
            parameters = {} if target.endpoint == DOWNLOAD else dict(parse_qsl(target.query_string))
            status = answer.status if answer else None
            self.requests.append(Request(method, target.endpoint, target.path, parameters, status))
            due = [change for change in self.changes if change.endpoint == target.endpoint and change.is_due()]
        for change in due:
            change.apply(self.database)
        return None if answer is None else _spoiled(answer, kind)


class _Response(NamedTuple):
    answer: Answer
    promised_bytes: int


def _failure(fault: Fault) -> Answer | None:
    if not fault.kind.isdigit():
        return None
    if fault.kind == "429":
        return throttled(fault.retry_after)
    return Answer(int(fault.kind), b"Server Error. Site administrators have been notified.", "text/html")


def _spoiled(answer: Answer, kind: FaultKind | None) -> _Response:
    body = answer.body
    half = len(body) // 2
    if kind in {"early-json", "truncate"}:
        return _Response(replace(answer, body=body[:half]), len(body) if kind == "truncate" else half)
    if kind == "corrupt":
        body = body[:half] + bytes([body[half] ^ 1]) + body[half + 1 :]
    return _Response(replace(answer, body=body), len(body))


class _HttpServer(HttpServer):
    """Whose handlers know the workspace's server."""

    def __init__(self, owner: RapidProServer) -> None:
        self.owner = owner
        super().__init__(owner.port, _Handler)


class _Handler(QuietHandler):
    server: _HttpServer

    def _respond(self) -> None:
        self.close_connection |= self.command != "GET"  # what a body may have left unread is not taken for a request
        origin = f"http://{self.headers.get('Host', self.server.owner.host)}"
        authorizations = self.headers.get_all("Authorization", [])
        response = self.server.owner.respond(self.command, target_of(self.path), origin, authorizations)
        if response is None:
            self.reset()
            return
        answer = response.answer
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(response.promised_bytes))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)
        self.close_connection |= response.promised_bytes > len(answer.body)

    do_DELETE = do_GET = do_PATCH = do_POST = do_PUT = _respond  # noqa: N815 - http.server's names
