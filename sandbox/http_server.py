"""What the stand-in servers have in common: HTTP/1.1 on loopback that knows its connections, to end them."""

import socket
import struct
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Condition, Thread
from types import TracebackType
from typing import Any, Self

ADDRESS = "127.0.0.1"
_CLOSING_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """What goes back to the client."""

    status: int
    body: bytes = field(repr=False)
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpServer(ThreadingHTTPServer):
    """One thread a connection; connections that clients keep open can be ended."""

    request_queue_size = 64

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self.failures: list[BaseException] = []
        """What the server itself did wrong, oldest first."""
        self._connections: set[Any] = set()
        self._ended = Condition()
        super().__init__((ADDRESS, port), handler)

    @property
    def host(self) -> str:
        """`host:port`."""
        return f"{ADDRESS}:{self.server_address[1]}"

    def start(self) -> None:
        """Answer from now on."""
        # Tests start more than a thousand, and each of them waits that long for its end.
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End what is still open and wait until its threads have noticed."""
        self.shutdown()
        self._thread.join(_CLOSING_SECONDS)
        self.server_close()
        with self._ended:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.wait_until_alone()

    def wait_until_alone(self) -> bool:
        """Wait until every client has gone, and what it had asked for is done; whether that is so."""
        with self._ended:
            return self._ended.wait_for(lambda: not self._connections, _CLOSING_SECONDS)

    def server_bind(self) -> None:
        """Take the port."""
        TCPServer.server_bind(self)  # HTTPServer's own asks the machine's resolver for a name, which may take seconds

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember a new connection, and serve it."""
        with self._ended:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection."""
        request.close()
        with self._ended:
            self._connections.discard(request)
            self._ended.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's signature
        """Keep what went wrong here; connections that break are the clients' business."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError | TimeoutError):
            self.failures.append(error)


class StandInServer:
    """A stand-in that has a port and answers inside its context."""

    def open_http(self) -> HttpServer:
        """The HTTP server on its port, which does not answer yet."""
        raise NotImplementedError

    def end_waiting(self) -> None:
        """End whatever its answers wait for, since it is to stop; nothing unless a stand-in has such."""

    @property
    def host(self) -> str:
        """`host:port`, as the setting takes it that leads clients here."""
        return self._http.host

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://{self.host}"

    def wait_until_alone(self) -> bool:
        """As the HTTP server's."""
        return self._http.wait_until_alone()

    def __enter__(self) -> Self:
        self._http = self.open_http()
        self._http.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end_waiting()
        self._http.stop()
        if self._http.failures and error is None:
            raise self._http.failures[0]


class QuietHandler(BaseHTTPRequestHandler):
    """Keeps connections open, answers in one go, and logs nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and a short body go out together

    def reset(self) -> None:
        """Make the end of the connection a reset rather than a polite end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: a log of requests would hold what they ask for."""
