"""`python -m sandbox.drive`: a Drive to try things on."""

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import pipeline_lib
from pipeline_lib.config.pipeline import DriveUpload
from pipeline_lib.stages.drive_clients import drive_client
from sandbox.drive.world import SERVICE_ACCOUNT, SHARED_DRIVE

pytestmark = pytest.mark.slow

REPOSITORY = Path(pipeline_lib.__file__).parents[1]
COMMAND = (sys.executable, "-m", "sandbox.drive")


def test_it_says_how_to_get_there_and_ends_when_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "new/key.json"
    with subprocess.Popen(
        [*COMMAND, "--key-file", str(key)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            assert running.stdout is not None
            said = re.fullmatch(r"export DRIVE_EMULATOR_HOST=(127\.0\.0\.1:\d+)\n", running.stdout.readline())
            assert said is not None
            monkeypatch.setenv("DRIVE_EMULATOR_HOST", said[1])
            assert json.loads(key.read_text())["client_email"] == SERVICE_ACCOUNT
            assert key.stat().st_mode & 0o077 == 0
            settings = DriveUpload.model_validate({"DriveCredentialsFileURL": str(key)})
            with drive_client(settings, tmp_path, "here") as client:
                assert [folder.name for folder in client.shared_folders("here")] == [SHARED_DRIVE]
        finally:
            running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run([*COMMAND, "--port", port], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert re.fullmatch(rf"port {port}: .*; choose another with --port, or none for a free one\n", ended.stderr)
