"""Drawing on all processors: the libraries are imported once, and every worker begins with them."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from types import ModuleType
from typing import TypeVar

from pipeline_lib.progress import track

JobT = TypeVar("JobT")
ResultT = TypeVar("ResultT")

_FEW = 8
"""Fewer drawings are done before workers have begun."""

_MODULES = ["pipeline_lib.analysis.charts.files", "pipeline_lib.analysis.maps.files"]


def drawn_by_workers(draw: Callable[[JobT], ResultT], jobs: Sequence[JobT], description: str) -> Iterator[ResultT]:
    """What each job gives, in the order of the jobs.

    Args:
        draw: A function of a module, given a job by value.
        jobs: What to draw.
        description: What the drawing is, for those who wait.
    """
    worker_count = min(len(os.sched_getaffinity(0)), len(jobs))
    if len(jobs) < _FEW or worker_count < 2:  # noqa: PLR2004 - one worker is no help
        yield from map(draw, track(jobs, description))
        return
    # Not forked from here, where other libraries' threads may hold locks, nor started anew each, which imports again.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_MODULES)
    with ProcessPoolExecutor(worker_count, mp_context=context) as workers:
        with _without_main_module():
            results = workers.map(draw, jobs, chunksize=4)
        yield from track(results, description, total=len(jobs))


@contextmanager
def _without_main_module() -> Iterator[None]:
    """Let processes start that do not begin by importing the program's main module: Airflow's may not be imported."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
