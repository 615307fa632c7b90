"""Where a piece of work spends its time, as pyinstrument shows it: a page with a tree of calls."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyinstrument import Profiler

_INTERVAL_SECONDS = 0.005
"""Five times pyinstrument's own: work that takes minutes does not need more, and it costs a fifth."""


@contextmanager
def cpu_profile(to: Path) -> Iterator[None]:
    """Profiles the calls of this thread while the context lasts; time in child processes is its waiting for them.

    Args:
        to: The page (HTML), made or replaced at the end, however that comes.

    Raises:
        OSError: The page cannot be written.
    """
    profiler = Profiler(interval=_INTERVAL_SECONDS, async_mode="disabled")
    profiler.start()
    try:
        yield
    finally:
        profiler.stop()
        to.write_text(profiler.output_html(), encoding="utf-8")
