"""A server that answers as it is told, and time that passes as it is told."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest

from pipeline_lib.sources.http.retry_policy import Timing


class ProfileRequest(NamedTuple):
    path: str
    headers: Mapping[str, str]
    connection: tuple[str, int]
    body: bytes = b""


@dataclass
class Answer:
    body: bytes
    status: int
    headers: dict[str, str]
    cut_at: int | None
    """Bytes of the body after which the connection ends, whatever was announced."""
    is_silent: bool


@dataclass
class ScriptedServer:
    """Gives its answers in order, whatever is asked; the last one again and again."""

    host: str
    answers: list[Answer] = field(default_factory=list)
    asked: list[ProfileRequest] = field(default_factory=list)
    connections: list[socket.socket] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def answers_with(
        self,
        body: Any = b"{}",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        cut_at: int | None = None,
        is_silent: bool = False,
    ) -> "ScriptedServer":
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Length": str(len(content)), **(headers or {})}
        self.answers.append(Answer(content, status, sent, cut_at, is_silent))
        return self

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and a short body go out together
    script: ScriptedServer

    def setup(self) -> None:
        super().setup()
        self.script.connections.append(self.connection)

    def do_GET(self) -> None:
        self.answer(b"")

    def do_POST(self) -> None:
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body: bytes) -> None:
        self.script.asked.append(ProfileRequest(self.path, dict(self.headers), self.client_address, body))
        answer = self.script.answers.pop(0) if len(self.script.answers) > 1 else self.script.answers[0]
        if answer.is_silent:
            self.script.is_over.wait(600)
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: answer.cut_at])
        self.close_connection = answer.cut_at is not None or not answer.headers["Content-Length"]

    def log_message(self, *_arguments: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for them, so that no test leaves one behind

    def handle_error(self, *_arguments: Any) -> None:
        """A client may go away while it is answered."""


@pytest.fixture
def serve() -> Iterator[Callable[[], ScriptedServer]]:
    """Starts a server of the test's own on this machine."""
    started: list[tuple[_Server, ScriptedServer, threading.Thread]] = []

    def start() -> ScriptedServer:
        handler = type("Handler", (_Handler,), {"timeout": 600})
        server = _Server(("127.0.0.1", 0), handler)
        script = ScriptedServer(f"127.0.0.1:{server.server_address[1]}")
        handler.script = script  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        started.append((server, script, thread))
        return script

    yield start
    for server, script, thread in started:
        script.is_over.set()
        for connection in script.connections:
            with suppress(OSError):  # it is closed already
                connection.shutdown(socket.SHUT_RDWR)
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server(serve: Callable[[], ScriptedServer]) -> ScriptedServer:
    return serve()


@dataclass
class FakeTime:
    """Passes only while somebody sleeps."""

    seconds: float = 1000.0
    slept: list[float] = field(default_factory=list)
    started_at: datetime = datetime(2025, 5, 1, 12, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    @property
    def timing(self) -> Timing:
        return Timing(
            sleep=self.sleep,
            clock=lambda: self.seconds,
            now=lambda: self.started_at + timedelta(seconds=self.seconds - 1000),
            share=lambda: 1.0,
        )


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()
