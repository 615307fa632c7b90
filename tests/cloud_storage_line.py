"""A line to fake-gcs-server that breaks when it is told to, and does what Google does and the server does not.

The server ignores preconditions of uploads in pieces, and takes a question for how far one has come for its end: the
line takes the pieces itself, and makes the object of them in one request, whose precondition the server heeds.
"""

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any, Literal
from urllib.parse import parse_qs, quote, urlsplit
from uuid import uuid4

from pipeline_lib.storage import Storage
from pipeline_lib.storage.gcs import GcsObjects
from pipeline_lib.storage.object_store import ObjectStorage

PIECE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
BLOCK_BYTES = 256 * 2**10
When = Literal["arriving", "before", "after"]
"""Half of a request's body has come; all has, and nothing is done; it is done, and not answered."""


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
    line: "Line | None" = None
    gets_through: int | None = None
    """How many bytes of the answer do before the line breaks; None: all, -1: not even its status."""

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

    def forward(self) -> None:
        """Have the server answer, or in uploads in pieces the line."""
        if self.query.get("uploadType") == "resumable" and self.line is not None:
            self.line.take_piece(self)
        else:
            self.ask()

    def ask(self) -> None:
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
class Session:
    """An upload in pieces, as far as it has come."""

    begun: Exchange
    content: bytearray = field(default_factory=bytearray)
    is_done: bool = False

    @property
    def expected(self) -> str:
        """The generation that the object must have at the end."""
        return self.begun.query.get("ifGenerationMatch", "")


@dataclass
class Line:
    """What has gone through, and what shall happen to it."""

    url: str
    server: str
    seen: list[Exchange] = field(default_factory=list)
    faults: list[tuple[str, Callable[[Exchange], None]]] = field(default_factory=list)
    sessions: dict[str, Session] = field(default_factory=dict)
    """By upload id."""
    watch: Callable[[int, When], None] = lambda *_: None
    """Is told of each request, by its number from 1."""
    count: int = 0
    lock: Lock = field(default_factory=Lock, repr=False)

    def next_number(self) -> int:
        """The number of a request that begins to come."""
        with self.lock:
            self.count += 1
            return self.count

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
                return
        exchange.forward()

    def misses_its_generation(self, exchange: Exchange) -> bool:
        """Whether a resumable upload, at its start or its end, finds another generation than it is to."""
        if exchange.query.get("uploadType") != "resumable":
            return False
        session = Session(exchange) if exchange.method == "POST" else self.sessions.get(exchange.query["upload_id"])
        if session is None or session.is_done:
            return False
        if exchange.method == "PUT":
            piece = PIECE.fullmatch(exchange.headers["Content-Range"])
            if piece is None or int(piece[2]) + 1 != int(piece[3]):
                return False
        held = Exchange(self.server, "GET", object_path(session.begun), {}, b"")
        held.forward()
        return session.expected != (json.loads(held.answer)["generation"] if held.status == 200 else "0")

    def take_piece(self, exchange: Exchange) -> None:
        """Begin an upload in pieces, tell how far it has come, or take one; with the last the object is there."""
        if exchange.method == "POST":
            exchange.ask()
            if exchange.status != 200:
                return
            upload_id = uuid4().hex
            self.sessions[upload_id] = Session(exchange)
            exchange.answer_headers["Location"] = f"{self.url}{exchange.path}&upload_id={upload_id}"
            return
        session = self.sessions.get(exchange.query["upload_id"])
        if session is None:
            exchange.refuse(404)
            return
        piece = PIECE.fullmatch(exchange.headers["Content-Range"])
        if piece is not None and not session.is_done:
            if int(piece[1]) > len(session.content):
                exchange.refuse(400)
                return
            session.content[int(piece[1]) :] = exchange.body
        if not session.is_done and (piece is None or len(session.content) < int(piece[3])):
            exchange.refuse(308)
            if session.content:
                exchange.answer_headers["Range"] = f"bytes=0-{len(session.content) - 1}"
            return
        whole = self.whole(session)
        whole.forward()
        session.is_done = whole.status == 200
        exchange.refuse(whole.status, whole.answer)

    def whole(self, session: Session) -> Exchange:
        """What makes the object, if its generation is still the expected one; of one that is there, what tells it."""
        begun = session.begun
        if session.is_done:
            return Exchange(self.server, "GET", object_path(begun), {}, b"")
        path = begun.path.replace("uploadType=resumable", "uploadType=multipart")
        parts = [b"--cut\r\ncontent-type: application/json\r\n\r\n", begun.body]
        parts += [
            b"\r\n--cut\r\ncontent-type: application/octet-stream\r\n\r\n",
            bytes(session.content),
            b"\r\n--cut--",
        ]
        return Exchange(
            self.server, "POST", path, {"Content-Type": 'multipart/related; boundary="cut"'}, b"".join(parts)
        )

    def keep_part(self, exchange: Exchange) -> None:
        """Take what has come of a piece whose sender is gone: Google keeps whole blocks."""
        session = self.sessions.get(exchange.query.get("upload_id", ""))
        piece = PIECE.fullmatch(exchange.headers.get("Content-Range", ""))
        if session is not None and piece is not None and int(piece[1]) == len(session.content):
            session.content += exchange.body[: len(exchange.body) // BLOCK_BYTES * BLOCK_BYTES]


def object_path(exchange: Exchange) -> str:
    bucket = urlsplit(exchange.path).path.split("/")[-2]
    return f"/storage/v1/b/{bucket}/o/{quote(json.loads(exchange.body)['name'], safe='')}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "LineServer"

    def exchange(self) -> None:
        line, length = self.server.line, int(self.headers.get("Content-Length") or 0)
        number = line.next_number()
        body = self.rfile.read(length // 2)
        line.watch(number, "arriving")
        body += self.rfile.read(length - len(body))
        headers = {name.title(): value for name, value in self.headers.items()}
        exchange = Exchange(line.server, self.command, self.path, headers, body, line=line)
        if len(body) < length:
            line.keep_part(exchange)
            self.close_connection = True
            return
        line.watch(number, "before")
        line.carry(exchange)
        line.watch(number, "after")
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

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let go whoever hangs up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def running_line(server: str) -> Iterator[Line]:
    """A line to a server, which is named as `http://host:port`; it is up while the context lasts."""
    with LineServer(("127.0.0.1", 0), Handler) as running:
        running.line = Line(f"http://127.0.0.1:{running.server_port}", server.removeprefix("http://"))
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        try:
            yield running.line
        finally:
            running.shutdown()
            thread.join()


def objects_of(storage: Storage) -> GcsObjects:
    """What a storage on Cloud Storage keeps its files in."""
    assert isinstance(storage, ObjectStorage)
    assert isinstance(storage.objects, GcsObjects)
    return storage.objects
