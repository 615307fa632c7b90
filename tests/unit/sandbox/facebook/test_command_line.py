import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.facebook.synthetic import PAGE

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[4]
Started = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def started() -> Iterator[Started]:
    with ExitStack() as running:

        def start(*arguments: str) -> "subprocess.Popen[str]":
            process = running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "sandbox.facebook", *arguments],
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


def _comments(host: str, token_file: Path) -> list[dict[str, Any]]:
    """Of each post."""
    headers = {"Authorization": f"Bearer {token_file.read_text().strip()}"}
    query = "fields=comments.filter(stream).limit(100).summary(true){from,message}"
    answer = requests.get(f"http://{host}/v26.0/{PAGE.id}/posts?{query}", headers=headers, timeout=600)
    return [post["comments"] for post in answer.json()["data"]]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_serves_as_many_comments_as_asked_for_and_stops(
    started: Started, tmp_path: Path, ending: signal.Signals
) -> None:
    token_file = tmp_path / "secrets" / "token"
    process = started("--token-file", str(token_file), "--comments", "7")
    setting, _, host = _line(process).partition("=")
    assert setting == "export FACEBOOK_EMULATOR_HOST"
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    comments = _comments(host, token_file)
    assert sum(each["summary"]["total_count"] for each in comments) == 7
    process.send_signal(ending)
    rest = process.communicate(timeout=600)
    assert process.returncode == 0
    assert rest == ("", "")


def test_it_serves_the_demos_page_and_may_hide_who_wrote(started: Started, tmp_path: Path) -> None:
    process = started("--standard-access", "--token-file", str(tmp_path / "token"))
    host = _line(process).partition("=")[2]
    comments = [comment for each in _comments(host, tmp_path / "token") for comment in each["data"]]
    assert len(comments) > 300
    assert {comment.get("from", {}).get("id") for comment in comments} == {None, PAGE.id}


def test_a_port_that_is_taken_is_an_error(started: Started) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = started("--port", str(port))
        printed, errors = process.communicate(timeout=600)
    assert (process.returncode, printed) == (1, "")
    assert errors == f"port {port}: Address already in use; choose another with --port, or none for a free one\n"


def test_the_page_is_the_same_in_every_process() -> None:
    code = (
        "from sandbox.facebook.invented import *; world = invented_page().world;"
        "print([c.id + c.author.name for p in world.posts for c in world.comments(p) if c.author][-5:])"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed, zone in (("7", "Pacific/Auckland"), ("8", "UTC"))
    ]
    assert printed[0] == printed[1] != ""
