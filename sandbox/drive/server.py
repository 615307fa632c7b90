"""The stand-in as a server: HTTP on loopback, faults, and an account of what was asked."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.drive.api import Answer, Api, Call, refused
from sandbox.drive.faults import Fault
from sandbox.drive.model import Refusal
from sandbox.drive.store import Store
from sandbox.drive.tokens import Tokens
from sandbox.http_server import HttpServer, QuietHandler, StandInServer


class Request(NamedTuple):
    """One request that came, and what became of it."""

    method: str
    """`files.list`, …; `upload` for a piece of a resumable one, `token` for OAuth's."""
    query: dict[str, str]
    status: int | None
    """None where the connection ended instead."""
    body_bytes: int


When = Literal["arriving", "before", "after"]
"""Half of a request's body has come; all has, and nothing is done; it is done, and not answered."""

Watch = Callable[[int, When], None]
"""Is told of each request, by its number from 1."""


@dataclass(eq=False)
class DriveServer(StandInServer):
    """A Drive that has a port and answers inside its context."""

    store: Store = field(default_factory=Store)
    """What is on it; may change meanwhile."""
    port: int = 0
    """0 for a free one."""
    faults: list[Fault] = field(default_factory=list)
    """What goes wrong, and may be added to at any time: the first for a method that is not used up."""
    requests: list[Request] = field(default_factory=list, init=False, repr=False)
    """All that came, oldest first."""
    watch: Watch | None = None

    def __post_init__(self) -> None:
        self.tokens = Tokens(self.store)
        self.api = Api(self.store, self.tokens)
        self._lock, self._count = Lock(), 0

    def request_counts(self) -> Counter[str]:
        """How many requests came, by method."""
        return Counter(request.method for request in list(self.requests))

    def open_http(self) -> HttpServer:
        """The HTTP server on its port."""
        return _HttpServer(self)

    def tell(self, number: int, when: When) -> None:
        """Tell whoever watches."""
        if self.watch is not None:
            self.watch(number, when)

    def next_number(self) -> int:
        """The number of a request that begins to come."""
        with self._lock:
            self._count += 1
            return self._count

    def respond(self, number: int, call: Call) -> Answer | None:
        """What goes over the wire; None where the connection ends instead."""
        with self._lock:
            fault = next((fault for fault in self.faults if fault.method == call.method and fault.strikes()), None)
        self.tell(number, "before")
        with self._lock:
            answer = self._done(call, fault)
            status = answer.status if answer else None
            self.requests.append(Request(call.method, dict(call.query), status, len(call.body)))
        self.tell(number, "after")
        return answer

    def _done(self, call: Call, fault: Fault | None) -> Answer | None:
        match fault and fault.kind:
            case "cut":
                return None
            case "refuse" if fault is not None:
                headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
                return refused(Refusal(fault.status, fault.reason, "canary of Google's own words"), headers)
            case "expire":
                self.api.sessions.by_id.clear()
        answer = self.api.answer(call, cut=fault is not None and fault.kind == "cut-upload")
        return None if fault is not None and fault.kind in {"lose-answer", "cut-upload"} else answer


class _HttpServer(HttpServer):
    """Whose handlers know the Drive."""

    def __init__(self, owner: DriveServer) -> None:
        self.owner = owner
        super().__init__(owner.port, _Handler)


class _Handler(QuietHandler):
    server: _HttpServer

    def _respond(self) -> None:
        number, length = self.server.owner.next_number(), int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length // 2)
        self.server.owner.tell(number, "arriving")
        body += self.rfile.read(length - len(body))
        if len(body) < length:  # whoever sent it is gone
            self.close_connection = True
            return
        target, headers = urlsplit(self.path), {name.lower(): value for name, value in self.headers.items()}
        verb, query = self.command, target.query
        if "x-http-method-override" in headers:  # how the official client sends URLs that are too long
            verb, query, body = headers["x-http-method-override"], body.decode(), b""
        origin = f"http://{self.headers.get('Host', self.server.host)}"
        call = Call(verb, unquote(target.path), dict(parse_qsl(query)), headers, body, origin)
        answer = self.server.owner.respond(number, call)
        if answer is None:
            self.reset()
            return
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    do_DELETE = do_GET = do_PATCH = do_POST = do_PUT = _respond  # noqa: N815 - http.server's names
