import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import pytest

from pipeline_lib.concurrency import call_within, map_concurrently
from pipeline_lib.context_variables import set_within

WHO: ContextVar[str] = ContextVar("who", default="nobody")
PATIENCE_SECONDS = 60


def test_results_come_in_the_order_of_the_items_whichever_is_done_first() -> None:
    is_second_done = threading.Event()

    def work(item: int) -> int:
        if item == 1:
            assert is_second_done.wait(PATIENCE_SECONDS)
        else:
            is_second_done.set()
        return item * 10

    assert map_concurrently(work, iter([1, 2]), 2) == [10, 20]


def test_no_more_than_the_limit_are_worked_on_at_a_time() -> None:
    lock, together = threading.Lock(), threading.Barrier(2)
    at_work: list[int] = []
    most = 0

    def work(item: int) -> None:
        nonlocal most
        with lock:
            at_work.append(item)
            most = max(most, len(at_work))
        together.wait(PATIENCE_SECONDS)
        with lock:
            at_work.remove(item)

    map_concurrently(work, range(10), 2)
    assert most == 2


def test_the_first_items_error_is_raised_and_those_that_wait_are_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    are_cancelled = threading.Event()

    class Pool(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT002 - as it is there
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            are_cancelled.set()
            super().shutdown(wait=wait)

    def work(item: int) -> None:
        begun.append(item)
        if item > 0:
            assert are_cancelled.wait(PATIENCE_SECONDS)
        raise KeyError(item)

    monkeypatch.setattr("pipeline_lib.concurrency.ThreadPoolExecutor", Pool)
    with pytest.raises(KeyError, match="0"):
        map_concurrently(work, range(10), 1)
    assert begun in ([0], [0, 1])


def test_work_sees_the_context_of_whoever_calls() -> None:
    with set_within(WHO, "amina"):
        assert map_concurrently(lambda _: WHO.get(), range(3), 2) == ["amina"] * 3


def test_how_far_work_has_come_is_told_by_its_description(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def track(items: list[object], description: str) -> list[object]:
        told.append(f"{description}: {len(items)}")
        return items

    monkeypatch.setattr("pipeline_lib.concurrency.track", track)
    assert map_concurrently(str, [1, 2], 2, "Reading") == ["1", "2"]
    assert map_concurrently(str, [1, 2], 2) == ["1", "2"]
    assert told == ["Reading: 2"]


def test_a_call_gives_what_the_function_gives_or_raises() -> None:
    def fail() -> None:
        raise KeyError("0")

    with set_within(WHO, "amina"):
        assert call_within(PATIENCE_SECONDS, WHO.get) == "amina"
    with pytest.raises(KeyError, match="0"):
        call_within(PATIENCE_SECONDS, fail)


def test_a_call_that_takes_longer_than_it_is_given_is_left_alone() -> None:
    is_over = threading.Event()
    with pytest.raises(TimeoutError):
        call_within(0.01, lambda: is_over.wait(PATIENCE_SECONDS))
    is_over.set()
