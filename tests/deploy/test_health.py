import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from sandbox.emulator import free_address

HEALTH = Path(__file__).parents[2] / "deploy/health.py"

TOLD = {
    "metadatabase": {"status": "healthy"},
    "scheduler": {"status": "healthy", "latest_scheduler_heartbeat": "2025-09-13T12:00:00+00:00"},
    "triggerer": {"status": None},
    "dag_processor": {"status": "unhealthy"},
}


@pytest.fixture(scope="module")
def api_server() -> Iterator[str]:
    """An address that tells the health of Airflow's parts as its API server does."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/api/v2/monitor/health" else 404)
            self.end_headers()
            self.wfile.write(json.dumps(TOLD).encode())

        def log_message(self, *_arguments: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.005,))
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def check(*parts: str, api: str = "127.0.0.1:9", broker: str = "127.0.0.1:9") -> tuple[int, str]:
    """The check's exit code, and all that it prints."""
    environment = {
        "AIRFLOW__CELERY__BROKER_URL": f"redis://:secret@{broker}/0",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{api}/execution/",
        "PATH": os.environ["PATH"],
    }
    ended = subprocess.run(
        [sys.executable, str(HEALTH), *parts], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("metadatabase", (0, "metadatabase: well\n")),
        ("scheduler", (0, "scheduler: well\n")),
        ("dag_processor", (1, "dag_processor: not well\n")),
        ("triggerer", (1, "triggerer: not well\n")),
        ("no_such_part", (1, "no_such_part: not well\n")),
    ],
)
def test_a_part_is_as_well_as_the_api_server_says(api_server: str, part: str, told: tuple[int, str]) -> None:
    assert check(part, api=api_server) == told


@pytest.mark.parametrize("parts", [(), ("worker", "celery@host", "scheduler")])
def test_a_check_of_nothing_or_of_too_much_says_how_to_ask(parts: tuple[str, ...]) -> None:
    right = "name a part, and for a worker optionally which one: health.py worker celery@host"
    assert check(*parts) == (1, f"health.py: {right}\n")


def test_nothing_is_well_whose_api_server_does_not_answer() -> None:
    assert check("scheduler", api=free_address()) == (1, "scheduler: cannot be reached: URLError\n")


def test_no_worker_is_well_whose_broker_does_not_answer_and_no_secret_is_told() -> None:
    assert check("worker", broker=free_address()) == (1, "worker: cannot be reached: ConnectionError\n")
