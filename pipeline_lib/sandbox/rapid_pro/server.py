"""A RapidPro server for tests and the demo: HTTP/1.1 with keep-alive, one thread a connection."""

import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Condition, Event, Lock, Thread
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl

from pipeline_lib.sandbox.rapid_pro.api import Api
from pipeline_lib.sandbox.rapid_pro.database import Database
from pipeline_lib.sandbox.rapid_pro.downloads import Downloads
from pipeline_lib.sandbox.rapid_pro.faults import Change, Fault, FaultKind, Throttle
from pipeline_lib.sandbox.rapid_pro.generations import UNICEF, Generation
from pipeline_lib.sandbox.rapid_pro.service import DOWNLOAD, Answer, Service, Target, target_of, throttled

TOKEN = "5a4db0c5" * 5
"""What the server takes unless it is told otherwise."""

_ADDRESS = "127.0.0.1"
_CLOSING_SECONDS = 60


class Request(NamedTuple):
    """One request that came, and what became of it."""

    method: str
    endpoint: str
    path: str
    parameters: Mapping[str, str]
    status: int | None
    """None where the connection was cut instead."""


@dataclass(eq=False)
class RapidProServer:
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

    @property
    def host(self) -> str:
        """`host:port`, as the setting `RAPIDPRO_EMULATOR_HOST` takes it: clients then talk to this server."""
        return f"{_ADDRESS}:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://{self.host}"

    def request_counts(self) -> Counter[str]:
        """How many requests came, by endpoint; `download` for archives' files."""
        return Counter(request.endpoint for request in list(self.requests))

    def __enter__(self) -> Self:
        self._stopping.clear()
        self._http = _HttpServer(self)
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._http.shutdown()
        self._thread.join(_CLOSING_SECONDS)
        self._http.server_close()
        self._http.close_connections(_CLOSING_SECONDS)
        if self._http.failures and error is None:
            raise self._http.failures[0]

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


class _HttpServer(ThreadingHTTPServer):
    """Knows its connections, so that those that clients keep open can be ended."""

    request_queue_size = 64

    def __init__(self, owner: RapidProServer) -> None:
        self.owner = owner
        self.failures: list[BaseException] = []
        self._connections: set[Any] = set()
        self._ended = Condition()
        super().__init__((_ADDRESS, owner.port), _Handler)

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer's own asks the machine's resolver for a name, which may take seconds

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._ended:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        request.close()
        with self._ended:
            self._connections.discard(request)
            self._ended.notify_all()

    def close_connections(self, seconds: float) -> None:
        """End what is still open and wait until its threads have noticed."""
        with self._ended:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._ended.wait_for(lambda: not self._connections, seconds)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's signature
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError | TimeoutError):
            self.failures.append(error)


class _Handler(BaseHTTPRequestHandler):
    server: _HttpServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and a short body go out together

    def _respond(self) -> None:
        self.close_connection |= self.command != "GET"  # what a body may have left unread is not taken for a request
        origin = f"http://{self.headers.get('Host', self.server.owner.host)}"
        authorizations = self.headers.get_all("Authorization", [])
        response = self.server.owner.respond(self.command, target_of(self.path), origin, authorizations)
        if response is None:
            self._reset()
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

    def _reset(self) -> None:
        """Make the end of the connection a reset rather than a polite end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: a log of requests would hold what they ask for."""
