"""Fetches that are killed."""

import os
import random
import signal
import threading
from dataclasses import replace
from typing import Any, cast

import pytest

from pipeline_lib.storage import storage_at
from sandbox.facebook.faults import Change
from sandbox.facebook.synthetic import PAGE
from tests.forked_commands import PROCESSES
from tests.unit.sources.facebook.page import Fetcher


def busy_page(fetcher: Fetcher) -> list[str]:
    """Eight posts, of up to 400 comments by 50 people."""
    posts = [fetcher.written.post() for _ in range(8)]
    for number in range(1600):
        fetcher.written.comment(posts[min(7, number * number // 230_000)], author=number % 50)
    return posts


def stored(fetcher: Fetcher, posts: list[str]) -> dict[str, Any]:
    states = {post: fetcher.state(post) for post in posts}
    return {
        "comments": {post: fetcher.stored(post) for post in posts},
        "raw data": fetcher.lines(),
        "states": {
            post: state.model_copy(update={"parts": [p.sha256 for p in state.parts]}) for post, state in states.items()
        },
        "names": sorted(fetcher.storage.names("state")),
    }


def fetch_in(environment: dict[str, str], fetcher: Fetcher) -> None:
    os.environ.update(environment)
    fetcher.fetch()


def killed_at(request_number: int, fetcher: Fetcher) -> int | None:
    """The exit code of a fetch in a process of its own that is killed while the server answers a request."""
    server = fetcher.server
    away = replace(fetcher, server=cast("Any", None), written=cast("Any", None))  # the process needs neither
    process = PROCESSES.Process(target=fetch_in, args=({"FACEBOOK_EMULATOR_HOST": server.host}, away))
    come, is_known = 0, threading.Event()

    def count(_world: object) -> None:
        nonlocal come
        come += 1
        if come == request_number:
            assert is_known.wait(600)  # it may ask before `start` has told its number here
            process.kill()

    endpoints: tuple[Any, ...] = ("me", "page", "debug_token", "posts", "comments")
    server.changes[:] = [Change(endpoint, count, after_requests=n) for endpoint in endpoints for n in range(1, 60)]
    process.start()
    is_known.set()
    process.join(600)
    server.changes.clear()
    return process.exitcode


@pytest.mark.slow
def test_a_fetch_that_is_killed_and_resumed_leaves_what_an_undisturbed_one_leaves(fetcher: Fetcher) -> None:
    posts = busy_page(fetcher)
    undisturbed = replace(fetcher, storage=storage_at(f"{fetcher.storage.uri}/undisturbed"))
    undisturbed.fetch()
    request_count = len(fetcher.server.requests)
    expected = stored(undisturbed, posts)
    assert len(expected["raw data"]) == 1600
    points = random.Random(20250906).sample(range(2, request_count), 10)  # noqa: S311 - to be repeatable
    for point in points:
        disturbed = replace(fetcher, storage=storage_at(f"{fetcher.storage.uri}/killed at {point}"))
        assert killed_at(point, disturbed) == -signal.SIGKILL
        disturbed.fetch()
        assert stored(disturbed, posts) == expected, f"killed at request {point}"


@pytest.mark.slow
def test_what_was_read_before_a_kill_is_kept(fetcher: Fetcher) -> None:
    posts = busy_page(fetcher)
    assert killed_at(16, fetcher) == -signal.SIGKILL
    kept = [len(fetcher.stored(post)) for post in posts]
    assert 0 < sum(map(bool, kept)) < len(posts)
    assert not fetcher.storage.exists(f"runs/today/Raw Data/fb_{PAGE.username}.jsonl")
