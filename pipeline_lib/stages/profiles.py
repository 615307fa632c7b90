"""Profiles of a run's tasks, beside what the tasks make, even if a task fails."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

from pipeline_lib.errors import PipelineError
from pipeline_lib.stages.run_context import Run
from pipeline_lib.storage.leases import scratch_folder

logger = logging.getLogger(__name__)

PROFILES = "Profiles"
"""The run's folder of profiles: `<task>.mprof` of memory, `<task>.html` of the CPU."""


@dataclass(frozen=True)
class ProfileRequest:
    """Which profiles of a task are wanted."""

    memory: bool
    cpu: bool


@contextmanager
def profiled(task: str, asked: ProfileRequest, run: Callable[[], Run]) -> Iterator[None]:
    """Profiles the code inside as requested; however it ends, the profiles are in the run's folder.

    If a profile is incomplete or cannot be kept, that is logged and the task goes on.

    Args:
        task: The task's name, which the profiles get too.
        asked: What to profile.
        run: Opens the run; called once the work is done.
    """
    if not (asked.memory or asked.cpu):
        yield
        return
    with scratch_folder() as scratch:
        try:
            memory = scratch / f"{task}.mprof" if asked.memory else None
            cpu = scratch / f"{task}.html" if asked.cpu else None
            with profiling(memory, cpu, task):
                yield
        finally:
            _publish(sorted(scratch.iterdir()), run)


@contextmanager
def profiling(memory: Path | None, cpu: Path | None, name: str) -> Iterator[None]:
    """Profiles the code inside.

    Args:
        memory: Where to write memory over time.
        cpu: Where to write the page that shows where the time goes.
        name: What is profiled, in one word.

    Raises:
        OSError: A profile cannot be written.
    """
    with ExitStack() as stack:
        if memory is not None:
            from pipeline_lib.profiling.memory import memory_profile  # noqa: PLC0415 - seldom asked for

            stack.enter_context(memory_profile(memory, name))
        if cpu is not None:
            from pipeline_lib.profiling.cpu import cpu_profile  # noqa: PLC0415 - seldom asked for

            stack.enter_context(cpu_profile(cpu, name))
        yield


def _publish(profiles: list[Path], opened: Callable[[], Run]) -> None:
    try:
        run = opened()
        for profile in profiles:
            name = f"{run.folder}/{PROFILES}/{profile.name}"
            with run.storage.publish_file(name) as to:
                copyfile(profile, to)
            logger.info("profile: %s", run.storage.uri_of(name))
    except PipelineError as error:
        for problem in error.problems:
            logger.warning("A profile is not kept: %s", problem)
    except OSError as error:
        logger.warning("A profile is not kept: %s", error.strerror)
