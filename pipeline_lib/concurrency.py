"""Calls in threads of their own: several at once, or one that may not take longer than it is given."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from threading import Thread
from typing import TypeVar

from pipeline_lib.progress import track

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


def map_concurrently(
    function: Callable[[ItemT], ResultT], items: Iterable[ItemT], limit: int, description: str = ""
) -> list[ResultT]:
    """What the function gives for each item, in the order of the items.

    Args:
        function: What to do with an item; it sees the caller's context variables.
        items: All are read before the first result.
        limit: How many are worked on at a time, and so held in memory.
        description: What the progress bar or log calls the work; if empty, no progress is shown.

    Raises:
        Exception: The error of the first item that fails, in the order of the items; items not yet begun are cancelled.
    """
    with ThreadPoolExecutor(limit) as pool:
        results = [pool.submit(copy_context().run, function, item) for item in items]
        try:
            return [result.result() for result in (track(results, description) if description else results)]
        finally:
            pool.shutdown(cancel_futures=True)


def call_within(seconds: float, function: Callable[[], ResultT]) -> ResultT:
    """What the function gives, if it does so in time.

    For what has a limit for each step alone, or none, such as most clients of other systems. What takes longer goes on
    in its thread, which ends with the process.

    Args:
        seconds: How long to wait.
        function: What to do; it sees the caller's context variables.

    Raises:
        TimeoutError: It takes longer.
        Exception: What the function raises.
    """
    done: Future[ResultT] = Future()

    def call() -> None:
        try:
            done.set_result(function())
        except BaseException as error:  # noqa: BLE001 - the caller raises it
            done.set_exception(error)

    Thread(target=copy_context().run, args=(call,), daemon=True).start()
    return done.result(seconds)
