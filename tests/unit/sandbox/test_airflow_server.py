import os
import socket
import stat
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from sandbox.airflow_server import AirflowServer, SandboxError
from sandbox.background import RunningServer

# A session like Airflow's: a child in a group of its own, and one that does not heed a polite request.
_FAMILY = """
import os, signal, time
read, write = os.pipe()
if os.fork() == 0:
    os.setpgid(0, 0)
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(write, b"x")
    time.sleep(60)
os.read(read, 2)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def server(tmp_path: Path) -> AirflowServer:
    return AirflowServer(home=tmp_path / "home", configs=tmp_path / "configs", data_root=tmp_path / "data")


def test_a_port_that_somebody_has_is_one_clear_line(server: AirflowServer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match=rf"^port {port} is in use: choose another with PORT=…, or none for"):
            server.start(port)
    assert server.running() is None


def test_its_processes_see_nothing_of_another_airflow(server: AirflowServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "of another")
    monkeypatch.setenv("AIRFLOW_CONFIG", "of another")
    monkeypatch.setenv("COVERAGE_PROCESS_CONFIG", "of a test run")
    seen = server.environment()
    assert seen.keys() & {"AIRFLOW__CORE__FERNET_KEY", "AIRFLOW_CONFIG", "COVERAGE_PROCESS_CONFIG"} == set()
    assert seen["AIRFLOW_HOME"] == str(server.home)
    assert seen["PATH"].startswith(str(Path(sys.executable).parent))


def test_its_settings_are_its_own_and_its_secrets_long_lasting_and_unreadable_for_others(server: AirflowServer) -> None:
    server.home.mkdir()
    read = []
    for ports in ((1, 2, 3), (4, 5, 6)):
        server._write_settings(ports)
        settings = ConfigParser(interpolation=None)
        settings.read(server.home / "airflow.cfg")
        read.append(settings)
    first, second = read
    assert first["api"]["port"] == "1"
    assert second["core"]["execution_api_server_url"] == "http://127.0.0.1:4/execution/"
    assert second["core"]["load_examples"] == "False"
    assert len(first["api_auth"]["jwt_secret"]) == 128
    assert first["api_auth"]["jwt_secret"] == second["api_auth"]["jwt_secret"]
    assert {stat.S_IMODE((server.home / name).stat().st_mode) for name in ("secrets", "airflow.cfg")} == {0o600}


def test_stopping_ends_children_that_left_the_group_or_do_not_listen() -> None:
    read, write = os.pipe()
    session = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", _FAMILY],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, write, 1)],
        setsid=True,
    )
    os.close(write)
    with os.fdopen(read) as printed:
        assert printed.readline() == "ready\n"
        running = RunningServer(session, 0)
        assert len(running.processes()) == 3
        running.stop(patience_seconds=1)
    assert running.processes() == []
    assert not running.is_alive
