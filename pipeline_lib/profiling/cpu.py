"""Where a piece of work spends its time, on pyinstrument's page: a tree of calls.

pyinstrument's own profiler has the interpreter report every call and return, which makes Python code take half as long
again, however rarely it takes a sample: the reports are what costs. So a thread samples the work's stack here, and
pyinstrument draws the result. Of each frame it sees the function and the line, never a value.
"""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_stack

from pyinstrument.frame_info import ATTRIBUTE_MARKER_LINE_NUMBER, ATTRIBUTES_SEP, IDENTIFIER_SEP
from pyinstrument.renderers.html import HTMLRenderer
from pyinstrument.session import Session

_INTERVAL_SECONDS = 0.02
"""Each sample takes the interpreter from the work for a moment; fifty a second cost some 2 % on a busy machine."""

_MOST_SAMPLES = 20_000
"""Beyond this, every two samples become one and the rate is halved: neither memory nor the page grows with the
hours."""

_Samples = list[tuple[list[str], float]]
"""A stack as pyinstrument spells it, outermost call first, and the seconds that it took."""


@contextmanager
def cpu_profile(to: Path, name: str) -> Iterator[None]:
    """Profiles this thread's calls while the context lasts; time in child processes counts as waiting for them.

    Args:
        to: The page (HTML), made or replaced at the end, even after an error.
        name: What is profiled: the page's title.

    Raises:
        OSError: The page cannot be written.
    """
    thread = threading.get_ident()
    began_at, cpu_seconds, began_in = time.time(), time.process_time(), _stack(thread)
    samples: _Samples = []
    ended = threading.Event()
    sampler = threading.Thread(target=_sample, args=(thread, samples, ended), name="cpu profile", daemon=True)
    sampler.start()
    try:
        yield
    finally:
        ended.set()
        sampler.join()
        session = Session(
            frame_records=samples,
            start_time=began_at,
            duration=time.time() - began_at,
            min_interval=_INTERVAL_SECONDS,
            max_interval=_INTERVAL_SECONDS,
            sample_count=len(samples),
            start_call_stack=began_in,
            target_description=name,
            cpu_time=time.process_time() - cpu_seconds,
            sys_path=sys.path,
            sys_prefixes=Session.current_sys_prefixes(),
        )
        to.write_text(HTMLRenderer().render(session), encoding="utf-8")


def _sample(thread: int, samples: _Samples, ended: threading.Event) -> None:
    """Samples the thread until the end.

    A call into C that holds the interpreter's lock delays the sample until it returns to the function that made it. So
    the seconds since the last sample go to the stack of this one.
    """
    interval, looked_at = _INTERVAL_SECONDS, time.perf_counter()
    while not ended.wait(interval):
        stack, now = _stack(thread), time.perf_counter()
        samples.append((stack, now - looked_at))
        looked_at = now
        if len(samples) >= _MOST_SAMPLES:
            samples[:] = [(stack, before + after) for (_, before), (stack, after) in _pairs(samples)]
            interval *= 2


def _pairs(samples: _Samples) -> Iterator[tuple[tuple[list[str], float], tuple[list[str], float]]]:
    return zip(samples[::2], samples[1::2], strict=True)


def _stack(thread: int) -> list[str]:
    """Calls of a thread. Frames are let go at once: whoever holds one keeps all that its function has in hand."""
    stack = []
    for frame, line in walk_stack(sys._current_frames()[thread]):  # noqa: SLF001 - documented, for debuggers
        code = frame.f_code
        function = IDENTIFIER_SEP.join((code.co_qualname, code.co_filename, str(code.co_firstlineno)))
        stack.append(sys.intern(f"{function}{ATTRIBUTES_SEP}{ATTRIBUTE_MARKER_LINE_NUMBER}{line}"))
    return stack[::-1]
