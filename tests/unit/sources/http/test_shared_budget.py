"""One hour's requests, counted for all that make them."""

import errno
import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline_lib.errors import Problem, RetriableSourceError, StorageConflictError
from pipeline_lib.sources.http.rate_limiter import RateLimiter
from pipeline_lib.sources.http.shared_budget import SharedBudget
from pipeline_lib.storage import Storage, Versioned, storage_at

NAME = ".budgets/RapidPro x.json"
START = datetime(2026, 1, 9, 23, 0, 30, tzinfo=UTC)


class Clock:
    """What all processes see, each from its own monotonic zero."""

    def __init__(self) -> None:
        self.at = START

    def seconds(self) -> float:
        return (self.at - START).total_seconds()

    def now(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return storage_at(tmp_path.as_uri())


def budget(storage: Storage, clock: Clock, limit: int = 6) -> SharedBudget:
    """That of another process."""
    return SharedBudget(storage, NAME, RateLimiter(limit, clock.seconds), clock.now)


def spend(budget: SharedBudget, count: int, scope: str = "v2.runs") -> int:
    """Make so many requests, as far as they may be made without waiting; how many that were."""
    for made in range(count):
        if budget.wait_seconds(scope) > 0:
            return made
        budget.spend(scope)
    return count


def test_two_processes_share_the_hours_requests(storage: Storage, clock: Clock) -> None:
    one, other = budget(storage, clock), budget(storage, clock)
    assert (spend(one, 4), spend(other, 4), spend(one, 1)) == (4, 2, 0)


def test_a_scope_of_one_process_leaves_the_other_scopes_alone(storage: Storage, clock: Clock) -> None:
    one, other = budget(storage, clock), budget(storage, clock)
    assert (spend(one, 9), spend(other, 9, "v2.contacts")) == (6, 6)


def test_whoever_waits_is_told_how_long_and_has_requests_then(storage: Storage, clock: Clock) -> None:
    one, other = budget(storage, clock), budget(storage, clock)
    spend(one, 5)
    clock.wait(600)
    spend(one, 1)
    # The minute of the first five ends thirty seconds after they were made, and counts for an hour from then on.
    assert other.wait_seconds("v2.runs") == 3600 + 30 - 600
    clock.wait(other.wait_seconds("v2.runs"))
    assert spend(other, 9) == 5


def test_requests_are_taken_in_blocks_so_that_most_cost_no_write(storage: Storage, clock: Clock) -> None:
    one, other = budget(storage, clock, 2500), budget(storage, clock, 2500)
    spend(one, 1)
    version = storage.read_versioned(NAME)
    assert spend(one, 24) == 24
    assert storage.read_versioned(NAME) == version
    spend(one, 1)
    assert version is not None
    assert json.loads(version.content) == {"v2.runs": {str(int(START.timestamp()) // 60): 25}}
    assert spend(other, 3000) == 2450


def test_what_is_not_used_in_its_minute_is_given_up(storage: Storage, clock: Clock) -> None:
    one = budget(storage, clock, 200)
    spend(one, 1)
    clock.wait(60)
    spend(one, 1)
    stored = storage.read_versioned(NAME)
    assert stored is not None
    assert list(json.loads(stored.content)["v2.runs"].values()) == [2, 2]


def test_what_was_made_before_the_budget_was_shared_counts(storage: Storage, clock: Clock) -> None:
    own = RateLimiter(6, clock.seconds)
    own.spend("v2")
    one, other = SharedBudget(storage, NAME, own, clock.now), budget(storage, clock)
    assert (spend(other, 9, "v2"), spend(one, 9, "v2")) == (5, 0)


@pytest.mark.parametrize("damaged", [b"", b"[]", b'{"v2.runs": 3}', b'{"v2.runs": {"x": 1}}', b"\xff"])
def test_a_damaged_document_counts_as_none(storage: Storage, clock: Clock, damaged: bytes) -> None:
    storage.create(NAME, damaged)
    assert spend(budget(storage, clock), 9) == 6


def test_a_clock_that_was_far_ahead_stops_nobody(storage: Storage, clock: Clock) -> None:
    ahead = int((START + timedelta(days=3)).timestamp()) // 60
    storage.create(NAME, json.dumps({"v2.runs": {str(ahead): 6}}).encode())
    assert spend(budget(storage, clock), 9) == 6


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RetriableSourceError(Problem("gs://data", "does not answer", "try again")), "gs://data: does not answer; try"),
        (OSError(errno.EROFS, "no", "/data/.budgets"), "/data/.budgets: its disk is mounted read-only; mount it so"),
    ],
)
def test_without_the_document_a_process_counts_alone_and_says_so_once(
    storage: Storage,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    told: str,
) -> None:
    def fail(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(type(storage), "read_versioned", fail)
    with caplog.at_level(logging.WARNING):
        assert spend(budget(storage, clock), 9) == 6
    (warning,) = caplog.messages
    assert warning.startswith("The hour's requests are counted by this process alone")
    assert told in warning


def crowd(storage: Storage, monkeypatch: pytest.MonkeyPatch, conflict_count: float) -> None:
    """Has others be faster so many times."""
    replace, left = type(storage).replace, conflict_count

    def be_late(self: Storage, name: str, content: bytes, expected: Versioned | None) -> None:
        nonlocal left
        if left > 0:
            left -= 1
            raise StorageConflictError(Problem(name, "somebody else wrote it meanwhile"))
        replace(self, name, content, expected=expected)

    monkeypatch.setattr(type(storage), "replace", be_late)


def test_where_too_many_come_at_once_a_process_waits_a_little_and_still_shares(
    storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = budget(storage, clock)
    spend(other, 2)
    own = RateLimiter(6, clock.seconds)
    own.spend("v2.runs")
    crowd(storage, monkeypatch, 50)  # two rounds and a half of twenty tries
    one = SharedBudget(storage, NAME, own, clock.now)
    assert 1 <= one.wait_seconds("v2.runs") <= 2
    assert (spend(one, 9), spend(other, 9)) == (3, 0)
    assert caplog.messages == []


def test_whoever_is_never_let_in_counts_alone_in_the_end(
    storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    crowd(storage, monkeypatch, float("inf"))
    one = budget(storage, clock)
    waits = [one.wait_seconds("v2.runs") > 0 for _ in range(21)]
    assert waits == [True] * 20 + [False]
    assert "counted by this process alone" in caplog.text
