import os
import sys
from pathlib import Path

import pytest
import requests

from sandbox import fake_gcs
from sandbox.emulator import free_address, running

PROGRAM = """
import http.server, pathlib, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN if sys.argv[3] == "stubborn" else signal.SIG_DFL)
host, port = sys.argv[1].split(":")
pathlib.Path(sys.argv[2]).write_text(str(__import__("os").getpid()))
http.server.HTTPServer((host, int(port)), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and ") Z " not in Path(f"/proc/{pid}/stat").read_text()


@pytest.mark.parametrize("manner", ["polite", "stubborn"])
def test_a_server_answers_while_the_context_lasts_and_no_longer(
    tmp_path: Path, manner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.emulator._STOP_SECONDS", 0.2)
    address, pid_file = free_address(), tmp_path / "pid"
    command = [sys.executable, "-c", PROGRAM, address, str(pid_file), manner]
    with running("a server", command, f"http://{address}/"):
        assert requests.get(f"http://{address}/", timeout=600).ok
        pid = int(pid_file.read_text())
        assert os.getpgid(pid) == pid
    assert not is_alive(pid)


def test_a_server_that_stops_at_once_is_named() -> None:
    command = [sys.executable, "-c", "raise SystemExit(3)"]
    with (
        pytest.raises(RuntimeError, match=r"^a server stopped at once, with exit code 3$"),
        running("a server", command, f"http://{free_address()}/"),
    ):
        pass


def test_a_server_that_never_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.emulator._START_SECONDS", 0.2)
    with (
        pytest.raises(RuntimeError, match=r"^a server did not answer within 0\.2 seconds$"),
        running("a server", ["sleep", "60"], f"http://{free_address()}/"),
    ):
        pass


def test_a_bucket_is_made_once(gcs_url: str) -> None:
    fake_gcs.create_bucket(gcs_url, "made-in-a-test")
    with pytest.raises(requests.HTTPError, match="409"):
        fake_gcs.create_bucket(gcs_url, "made-in-a-test")


def test_a_machine_without_the_program_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert fake_gcs.why_it_cannot_run() == (
        "fake-gcs-server is not here: install the development requirements, or put it on PATH"
    )
    program = tmp_path / "fake-gcs-server"
    program.touch(mode=0o755)
    assert fake_gcs.why_it_cannot_run() is None
