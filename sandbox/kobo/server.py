"""A KoboToolbox server for tests: HTTP on loopback, faults, and an account of what was asked."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from sandbox.http_server import Answer, HttpServer, QuietHandler, StandInServer
from sandbox.kobo.api import Api, Target, refused, target_of
from sandbox.kobo.faults import Change, Endpoint, Fault
from sandbox.kobo.model import World

TOKEN = "0b0b70c5" * 5
"""What the server takes unless it is told otherwise."""


class Request(NamedTuple):
    """One request that came, and what became of it."""

    endpoint: Endpoint
    uid: str
    parameters: Mapping[str, str]
    status: int | None
    """None where the connection was cut instead."""


@dataclass(eq=False)
class KoboServer(StandInServer):
    """A server that has a port and answers inside its context."""

    world: World = field(repr=False)
    """What it serves; may change meanwhile."""
    port: int = 0
    """0 for a free one."""
    token: str = field(default=TOKEN, repr=False)
    """The only one that it takes."""
    faults: list[Fault] = field(default_factory=list)
    """What goes wrong, and may be added to at any time: the first for an endpoint that is not used up."""
    changes: list[Change] = field(default_factory=list)
    """What happens to the forms while clients read; likewise."""
    requests: list[Request] = field(default_factory=list, init=False, repr=False)
    """All that came, oldest first."""

    def __post_init__(self) -> None:
        self._lock, self._api = Lock(), Api(self.world, self.token)

    def open_http(self) -> HttpServer:
        """The HTTP server on its port."""
        return _HttpServer(self)

    def request_counts(self) -> Counter[str]:
        """How many requests came, by endpoint."""
        return Counter(request.endpoint for request in list(self.requests))

    def respond(self, target: Target, origin: str, authorization: str | None) -> "_Response | None":
        """What goes over the wire; None where the connection is cut instead."""
        with self._lock:
            struck = (fault for fault in self.faults if fault.endpoint == target.endpoint and fault.strikes())
            fault = next(struck, None)
        kind = fault.kind if fault else None
        answer = _failure(fault) if fault else None
        if answer is None and kind != "cut":
            answer = self._api.answer(target, origin, authorization, kind)
        with self._lock:
            status = answer.status if answer else None
            self.requests.append(Request(target.endpoint, target.uid, target.parameters, status))
            due = [change for change in self.changes if change.endpoint == target.endpoint and change.is_due()]
        for change in due:
            change.apply(self.world)
        if answer is None:
            return None
        sent = answer.body[: len(answer.body) // 2] if kind in {"early-json", "truncate"} else answer.body
        return _Response(answer, sent, len(answer.body) if kind == "truncate" else len(sent))


class _Response(NamedTuple):
    answer: Answer
    body: bytes
    promised_bytes: int


def _failure(fault: Fault) -> Answer | None:
    if not fault.kind.isdigit():
        return None
    status = int(fault.kind)
    if status >= 500:  # noqa: PLR2004 - what stands before the server answers for it, in HTML
        return Answer(status, b"<html><h1>Gateway Time-out</h1></html>", "text/html")
    answer = refused(status, "canary of the server's own words")
    if status != 429 or fault.retry_after is None:  # noqa: PLR2004 - too many requests
        return answer
    return Answer(status, answer.body, headers={"Retry-After": str(fault.retry_after)})


class _HttpServer(HttpServer):
    """Whose handlers know the server."""

    def __init__(self, owner: KoboServer) -> None:
        self.owner = owner
        super().__init__(owner.port, _Handler)


class _Handler(QuietHandler):
    server: _HttpServer

    def _respond(self) -> None:
        path, _, query = self.path.partition("?")
        target = target_of(unquote(path), dict(parse_qsl(query, keep_blank_values=True)))
        origin = f"http://{self.headers.get('Host', self.server.host)}"
        response = self.server.owner.respond(target, origin, self.headers.get("Authorization"))
        if response is None:
            self.reset()
            return
        self.send_response(response.answer.status)
        self.send_header("Content-Type", response.answer.content_type)
        self.send_header("Content-Length", str(response.promised_bytes))
        for name, value in response.answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body)
        self.close_connection |= response.promised_bytes > len(response.body)

    do_GET = _respond  # noqa: N815 - http.server's name
