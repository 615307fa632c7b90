"""What the stand-in servers' command lines have in common: serve until somebody ends it."""

import signal
import sys
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, Protocol

_ENDINGS = frozenset({signal.SIGINT, signal.SIGTERM})


class StandIn(AbstractContextManager[Any], Protocol):
    """A server that answers inside its context."""

    port: int

    @property
    def host(self) -> str:
        """`host:port`."""


def block_endings() -> None:
    """Keeps SIGINT and SIGTERM until `serve_until_ended` waits for them; to be called before any thread starts."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)  # in all threads, so that only sigwait takes them


def serve_until_ended(server: StandIn, setting: str) -> None:
    """Serve, and print the setting that leads clients there; a port that cannot be had ends the program with a word."""
    with ExitStack() as running:
        try:
            running.enter_context(server)
        except OSError as error:
            sys.exit(f"port {server.port}: {error.strerror}; choose another with --port, or none for a free one")
        print(f"export {setting}={server.host}", flush=True)  # noqa: T201 - what was asked for
        signal.sigwait(_ENDINGS)


def write_secret(path: Path, secret: str) -> None:
    """Write a file that only its owner reads; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(f"{secret}\n", encoding="utf-8")
