"""Several calls to Firestore at once, since most of a call is waiting."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from pipeline_lib.progress import track

ItemT = TypeVar("ItemT")
ReplyT = TypeVar("ReplyT")

_CALLS_AT_ONCE = 4
"""Enough to hide the waiting, few enough for memory, which holds a segment for each."""


def at_once(work: Callable[[ItemT], ReplyT], items: Iterable[ItemT], description: str) -> list[ReplyT]:
    """What the work gives for each item, in order.

    Raises:
        Exception: What the work raises for the first item for which it raises; those that wait are not begun then.
    """
    with ThreadPoolExecutor(_CALLS_AT_ONCE) as pool:
        replies = [pool.submit(copy_context().run, work, item) for item in items]
        try:
            return [reply.result() for reply in track(replies, description)]
        finally:
            pool.shutdown(cancel_futures=True)
