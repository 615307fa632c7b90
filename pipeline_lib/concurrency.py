"""Runs several calls at once in threads, for work that mostly waits for other systems to answer."""

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
