"""Several things done at once in threads, where most of the time is spent waiting for somebody else's answers."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from pipeline_lib.progress import track

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


def map_concurrently(
    function: Callable[[ItemT], ResultT], items: Iterable[ItemT], limit: int, description: str = ""
) -> list[ResultT]:
    """What the function gives for each item, in the order of the items.

    Args:
        function: What to do with an item; it sees the context variables of whoever calls.
        items: All are read before the first result.
        limit: How many are worked on at a time, and so held in memory.
        description: What the work is, to tell how far it has come; empty if that is not told.

    Raises:
        Exception: What the function raises for the first item for which it raises; those that wait are not begun then.
    """
    with ThreadPoolExecutor(limit) as pool:
        results = [pool.submit(copy_context().run, function, item) for item in items]
        try:
            return [result.result() for result in (track(results, description) if description else results)]
        finally:
            pool.shutdown(cancel_futures=True)
