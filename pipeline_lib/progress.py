"""Progress of long work: a bar in a terminal, plain log lines elsewhere, nothing for short work.

It shows a description, counts and durations, never anything that the work reads.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from tqdm import tqdm

from pipeline_lib.context_variables import set_within

ItemT = TypeVar("ItemT")
Clock = Callable[[], float]

SHORT_SECONDS = 2.0
"""Shorter work is not reported."""

LINE_SECONDS = 10.0
"""How often a plain line is written, at most."""

_logger = logging.getLogger(__name__)


def track(
    items: Iterable[ItemT], description: str, *, total: int | None = None, clock: Clock = time.monotonic
) -> Iterator[ItemT]:
    """The items, while the progress shows how many have passed.

    Args:
        items: What the work goes through.
        description: What the work is, in a few words.
        total: How many items there are, if `items` has no length.
        clock: Monotonic, in seconds.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    if sys.stderr.isatty():
        return iter(
            tqdm(items, description, total, delay=SHORT_SECONDS, leave=False, unit_scale=True, dynamic_ncols=True)
        )
    return _told_in_lines(items, description, total, clock)


def _told_in_lines(items: Iterable[ItemT], description: str, total: int | None, clock: Clock) -> Iterator[ItemT]:
    told_at = clock()
    for done_count, item in enumerate(items):
        now = clock()
        if now - told_at >= LINE_SECONDS:
            told_at = now
            _logger.info("%s: %s", description, _how_far(done_count, total))
        yield item


def _how_far(done_count: int, total: int | None) -> str:
    return f"{done_count:,} of {total:,} ({done_count / total:.0%})" if total else f"{done_count:,}"


@dataclass
class Step:
    """A piece of work that has a name."""

    description: str
    row_count: int | None = None
    """How many rows it gave; the work itself sets this."""


Watch = Callable[[Step], AbstractContextManager[object]]
"""What surrounds each step, for example to measure it; steps may be nested."""

_watch: ContextVar[Watch] = ContextVar("watch", default=nullcontext)


@contextmanager
def step(description: str, *, clock: Clock = time.monotonic) -> Iterator[Step]:
    """Report how long the work inside took once it is done, unless it was short."""
    named = Step(description)
    started_at = clock()
    with _watch.get()(named):
        yield named
    duration_seconds = clock() - started_at
    if duration_seconds >= SHORT_SECONDS:
        _logger.info("%s: %.1f s", description, duration_seconds)


def watching_steps(watch: Watch) -> AbstractContextManager[None]:
    """Run every step within the block inside `watch`."""
    return set_within(_watch, watch)
