"""Where notices arrive in tests: a mail server and an address on the web, on this machine."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from email.message import EmailMessage


class MailServer(ThreadingTCPServer):
    """Takes every e-mail, as a server of SMTP does, or answers something else to a command."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _MailHandler)
        self.mails: list[EmailMessage] = []
        self.answers: dict[bytes, str] = {}
        """By the command's first four letters."""

    def connection(self, **extra: Any) -> str:
        """The Airflow connection to it."""
        fields = {"disable_ssl": True, "disable_tls": True, "from_email": "pipeline@example.org"} | extra
        return json.dumps({"conn_type": "smtp", "host": "127.0.0.1", "port": self.server_address[1], "extra": fields})


class _MailHandler(StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline().strip().upper():
            if line == b"QUIT":
                return self._say("221 bye")
            if line == b"DATA":
                self._say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
            self._say(self.server.answers.get(line[:4], "250 ok"))
        return None

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class WebServer(ThreadingHTTPServer):
    """Takes every POST, or answers with another status."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _WebHandler)
        self.requests: list[tuple[str, str | None, dict[str, Any]]] = []
        """Path, authorization and document of each."""
        self.status = 200
        self.busy_count = 0
        """How many of the next requests are told to come again in a second."""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _WebHandler(BaseHTTPRequestHandler):
    server: WebServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, self.headers["Authorization"], json.loads(body)))
        if self.server.busy_count > 0:
            self.server.busy_count -= 1
            self.send_response(429)
            self.send_header("Retry-After", "1")
            self.end_headers()
            return
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", f"{self.server.url}/elsewhere")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Says nothing."""


@contextmanager
def serving(server: MailServer | WebServer) -> Iterator[None]:
    """Serve for as long as the block lasts."""
    thread = Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
