import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from sandbox.rapid_pro.world import invented_workspace

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[4]
Started = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def started() -> Iterator[Started]:
    with ExitStack() as running:

        def start(*arguments: str) -> "subprocess.Popen[str]":
            process = running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "sandbox.rapid_pro", *arguments],
                    cwd=REPOSITORY,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            running.callback(process.kill)
            return process

        yield start


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_serves_the_demo_and_stops(
    started: Started, tmp_path: Path, ending: signal.Signals
) -> None:
    token_file = tmp_path / "secrets" / "token"
    process = started("--token-file", str(token_file), "--generation", "nyaruka")
    setting, _, host = _line(process).partition("=")
    assert setting == "export RAPIDPRO_EMULATOR_HOST"
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    headers = {"Authorization": f"Token {token_file.read_text().strip()}"}
    flows = requests.get(f"http://{host}/api/v2/flows.json", headers=headers, timeout=600).json()["results"]
    assert [flow["name"] for flow in flows] == [
        "beeraha_s04e02_activation",
        "geedka_demog",
        "geedka_s01e02_activation",
        "geedka_s01e01_activation",
    ]
    assert "waiting" in flows[0]["runs"]
    requests.get(f"http://{host}/api/v2/contacts.json", headers=headers, timeout=600)
    process.send_signal(ending)
    rest = process.communicate(timeout=600)
    assert process.returncode == 0
    assert rest == ("", "")


def test_it_serves_as_many_runs_as_asked_for(started: Started, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = started("--runs", "1200", "--port", str(port), "--token-file", str(tmp_path / "token"))
    assert _line(process) == f"export RAPIDPRO_EMULATOR_HOST=127.0.0.1:{port}"
    headers = {"Authorization": f"Token {(tmp_path / 'token').read_text().strip()}"}
    url: str | None = f"http://127.0.0.1:{port}/api/v2/runs.json?reverse=true"
    count = 0
    for _ in range(5):
        assert url is not None
        page = requests.get(url, headers=headers, timeout=600).json()
        count += len(page["results"])
        url = page["next"]
    assert (count, url) == (1200, None)


def test_a_port_that_is_taken_is_an_error(started: Started) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = started("--port", str(port))
        printed, errors = process.communicate(timeout=600)
    assert (process.returncode, printed) == (1, "")
    assert errors == f"port {port}: Address already in use; choose another with --port, or none for a free one\n"


def test_the_demos_numbers_are_the_same_in_every_process(tmp_path: Path) -> None:
    code = "from sandbox.rapid_pro.world import *; print(sorted(invented_workspace().addresses)[0])"
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland"}
    printed = subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, capture_output=True, text=True)
    assert printed.stdout.strip() == min(invented_workspace().addresses)
