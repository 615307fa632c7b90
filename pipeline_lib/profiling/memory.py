"""How much memory a piece of work has over time, in the format of memory_profiler's `mprof`.

    CMDLINE <what was profiled>
    MEM <MiB of the process and its children> <seconds since 1970>      every tenth of a second
    CHLD <process id> <MiB> <seconds since 1970>                        likewise, of each child
    FUNC <stage>.<step> <MiB> <seconds> <MiB> <seconds> <level>         at its beginning and end, once all is over

A process beside the profiled one takes the samples, so that work which holds the interpreter's lock is sampled too.
Its samples stay if the profiled process is killed.
"""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from typing import IO, NamedTuple, cast

from pipeline_lib.profiling.resident_memory import read_resident_mib
from pipeline_lib.progress import Step, watching_steps

logger = logging.getLogger(__name__)


class _Moment(NamedTuple):
    memory_mib: float
    at: float


@dataclass
class _Marks:
    """When steps began and ended, as mprof writes what its `@profile` has marked."""

    name: str
    level: int = 0
    lines: list[str] = field(default_factory=list)

    @contextmanager
    def marking(self, step: Step) -> Iterator[None]:
        began, level = _moment(), self.level
        self.level += 1
        try:
            yield
        finally:
            self.level = level
            function = f"{self.name}.{'_'.join(step.description.split())}"
            self.lines.append("FUNC {} {:.4f} {:.4f} {:.4f} {:.4f} {}\n".format(function, *began, *_moment(), level))


@contextmanager
def memory_profile(to: Path, name: str) -> Iterator[None]:
    """Profiles the memory of this process and its children while the context lasts.

    Args:
        to: The profile, made or replaced; it grows while the work goes on.
        name: What is profiled, in one word: the stage's name. Its steps (`progress.step`) are marked as its functions.

    Raises:
        OSError: The profile cannot be written.
    """
    to.write_text(f"CMDLINE {name}\n", encoding="utf-8")
    marks = _Marks(name)
    try:
        with ExitStack() as stack:
            stack.enter_context(_sampling(to))
            stack.enter_context(watching_steps(marks.marking))
            stack.enter_context(marks.marking(Step("all of it")))
            yield
    finally:
        with to.open("a", encoding="utf-8") as profile:
            profile.writelines(marks.lines)


@contextmanager
def _sampling(to: Path) -> Iterator[None]:
    """A sampler that runs beside this process, and ends with the context or with this process, whichever is first."""
    sampler = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "pipeline_lib.profiling.sampler", str(os.getpid()), str(to)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
    )
    with sampler:
        wants_more, tells = cast("IO[bytes]", sampler.stdin), cast("IO[bytes]", sampler.stdout)
        sampler.wait()  # for the process that has started the sampler: else it would be sampled as a child
        with suppress(BrokenPipeError):
            wants_more.write(b"\n")
        if not tells.readline():  # otherwise the first sample is taken
            logger.warning("Memory is not profiled: the sampler did not start")
        try:
            yield
        finally:
            wants_more.close()
            tells.read()  # the last sample is written


def _moment() -> _Moment:
    return _Moment(sum(read_resident_mib(os.getpid()).values()), time())
