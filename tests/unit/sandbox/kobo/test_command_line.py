import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox.kobo.world import FORM_UID

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[4]


def test_it_says_where_it_is_serves_so_many_submissions_and_stops(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.kobo", "--submissions", "7", "--token-file", str(tmp_path / "token.txt")]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            setting, _, host = process.stdout.readline().strip().partition("=")
            assert setting == "export KOBO_EMULATOR_HOST"
            token = (tmp_path / "token.txt").read_text().strip()
            answer = requests.get(
                f"http://{host}/api/v2/assets/{FORM_UID}/data/?format=json",
                headers={"Authorization": f"Token {token}"},
                timeout=600,
            )
            assert answer.json()["count"] == 7
            assert stat.S_IMODE((tmp_path / "token.txt").stat().st_mode) == 0o600
            process.send_signal(signal.SIGTERM)
            assert process.wait(600) == 0
        finally:
            process.kill()
