"""What the emulators of Google's services have in common: a server on a free port, in a process group of its own."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import requests

_START_SECONDS = 600
_STOP_SECONDS = 10


def free_address() -> str:
    """`127.0.0.1:<port>`, with a port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@contextmanager
def running(name: str, command: Sequence[str], ready_url: str) -> Iterator[None]:
    """A server, from when it answers until the context ends, and no longer.

    Raises:
        RuntimeError: It does not start; names the server.
    """
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
    )
    try:
        _wait_until_ready(name, process, ready_url)
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_ready(name: str, process: "subprocess.Popen[bytes]", url: str) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{name} stopped at once, with exit code {process.returncode}")
        with suppress(requests.ConnectionError, requests.Timeout):
            if requests.get(url, timeout=30).ok:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{name} did not answer within {_START_SECONDS} seconds")
