"""A line to fake-gcs-server that breaks when it is told to, and does what Google does and the server does not."""

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from google.cloud.storage.retry import DEFAULT_RETRY

from pipeline_lib.storage import gcs

LAST_CHUNK = re.compile(r"bytes \d+-(\d+)/(\d+)")


@dataclass
class Exchange:
    """One request and its answer, on their way."""

    server: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int = 0
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""
    gets_through: int | None = None
    """How many bytes of the answer do before the line breaks; None: all, -1: not even its status."""

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

    def forward(self) -> None:
        """Have the server answer."""
        connection = HTTPConnection(self.server, timeout=600)
        try:
            connection.request(self.method, self.path, self.body, self.headers)
            response = connection.getresponse()
            self.status, self.answer = response.status, response.read()
            self.answer_headers = {name.title(): value for name, value in response.getheaders()}
        finally:
            connection.close()

    def refuse(self, status: int, answer: bytes = b"{}") -> None:
        """Answer in the server's place."""
        self.status, self.answer, self.answer_headers = status, answer, {"Content-Type": "application/json"}


@dataclass
class Line:
    """What has gone through, and what shall happen to it."""

    url: str
    server: str
    seen: list[Exchange] = field(default_factory=list)
    faults: list[tuple[str, Callable[[Exchange], None]]] = field(default_factory=list)
    sessions: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of resumable uploads: the object, and the generation that it must have at the end, by upload id."""

    def next_time(self, where: str, *faults: Callable[[Exchange], None]) -> None:
        """What happens to the next requests whose method and path match."""
        self.faults += [(where, fault) for fault in faults]

    def carry(self, exchange: Exchange) -> None:
        self.seen.append(exchange)
        if self.misses_its_generation(exchange):
            exchange.refuse(412)
            return
        for fault in self.faults:
            if re.search(fault[0], f"{exchange.method} {exchange.path}"):
                self.faults.remove(fault)
                fault[1](exchange)
                break
        else:
            exchange.forward()
        self.remember_session(exchange)

    def misses_its_generation(self, exchange: Exchange) -> bool:
        """Whether a resumable upload, at its start or its end, finds another generation than it is to."""
        query = exchange.query
        if query.get("uploadType") != "resumable":
            return False
        if exchange.method == "POST":
            path, expected = object_path(exchange), query.get("ifGenerationMatch", "")
        else:
            chunk = LAST_CHUNK.fullmatch(exchange.headers["Content-Range"])
            if chunk is None or int(chunk[1]) + 1 != int(chunk[2]):
                return False
            path, expected = self.sessions[query["upload_id"]]
        held = Exchange(self.server, "GET", path, {}, b"")
        held.forward()
        return expected != (json.loads(held.answer)["generation"] if held.status == 200 else "0")

    def remember_session(self, exchange: Exchange) -> None:
        location = exchange.answer_headers.get("Location", "")
        if location:
            session = parse_qs(urlsplit(location).query)["upload_id"][0]
            self.sessions[session] = (object_path(exchange), exchange.query.get("ifGenerationMatch", ""))
            exchange.answer_headers["Location"] = location.replace(f"http://{self.server}", self.url)


def object_path(exchange: Exchange) -> str:
    bucket = urlsplit(exchange.path).path.split("/")[-2]
    return f"/storage/v1/b/{bucket}/o/{quote(json.loads(exchange.body)['name'], safe='')}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "LineServer"

    def exchange(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        line = self.server.line
        exchange = Exchange(
            line.server, self.command, self.path, {name.title(): value for name, value in self.headers.items()}, body
        )
        line.carry(exchange)
        if exchange.gets_through == -1:
            self.close_connection = True
            return
        self.send_response(exchange.status)
        for name, value in exchange.answer_headers.items():
            if name not in {"Content-Length", "Transfer-Encoding", "Date", "Connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(exchange.answer)))
        self.end_headers()
        self.wfile.write(exchange.answer[: exchange.gets_through])
        self.close_connection = exchange.gets_through is not None

    do_GET = do_POST = do_PUT = do_DELETE = exchange  # noqa: N815 - the standard library's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class LineServer(ThreadingHTTPServer):
    daemon_threads = True
    line: Line

    def handle_error(self, request: object, client_address: object) -> None:
        """Let go whoever hangs up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What passes by itself does so at once; a file of 9 MiB goes in three chunks."""
    monkeypatch.setattr(gcs, "_RETRY", DEFAULT_RETRY.with_delay(initial=0.001, maximum=0.001).with_timeout(60))
    monkeypatch.setattr(gcs, "_CHUNK_BYTES", 4 * 2**20)


@pytest.fixture
def impatient(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not pass soon never does."""
    monkeypatch.setattr(gcs, "_RETRY", gcs._RETRY.with_timeout(0.5))


@pytest.fixture
def line(quick: None, gcs_bucket: str, gcs_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """Clients that are made in the test speak over it."""
    with LineServer(("127.0.0.1", 0), Handler) as server:
        server.line = Line(f"http://127.0.0.1:{server.server_port}", gcs_url.removeprefix("http://"))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.line.url)
        try:
            yield server.line
        finally:
            server.shutdown()
            thread.join()
