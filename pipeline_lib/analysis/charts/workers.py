"""Drawing on all processors where there is much to draw."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from pipeline_lib.progress import track
from pipeline_lib.worker_processes import map_in_processes

JobT = TypeVar("JobT")
ResultT = TypeVar("ResultT")

_FEW = 40
"""Fewer drawings are not worth the processor time in which workers start, which is that of some ten drawings each."""

MOST_WORKERS = 4
"""A worker takes some 400 MB while it draws maps."""


def drawn_by_workers(draw: Callable[[JobT], ResultT], jobs: Sequence[JobT], description: str) -> Iterator[ResultT]:
    """The result of each job, in the order of the jobs.

    Args:
        draw: A module's function; it gets a copy of a job.
        jobs: What to draw.
        description: The name of this work on the progress bar.

    Raises:
        RetriableSourceError: A worker was killed, perhaps for lack of memory.
    """
    worker_count = min(len(os.sched_getaffinity(0)), len(jobs), MOST_WORKERS)
    if len(jobs) < _FEW or worker_count < 2:  # noqa: PLR2004 - one worker does not help
        yield from map(draw, track(jobs, description))
        return
    results = map_in_processes(draw, jobs, worker_count, name_of=lambda _job: description)
    yield from track(results, description, total=len(jobs))
