"""Spreads work over processes that can be started anywhere: in a shell, in pytest, in any Airflow task.

`multiprocessing` cannot do that: Celery runs tasks in daemonic processes, which may not have children of that kind, and
such children begin by importing the program's main module, even if that is Airflow's. The processes here run this
module and nothing of the program that starts them. They end when their standard input closes, so none is left behind
however the program ends.
"""
# ruff: noqa: S301 - what is unpickled comes from our own process

import os
import pickle
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import IO, NamedTuple, TypeVar, cast

from pipeline_lib.errors import Problem, RetriableSourceError

JobT = TypeVar("JobT")
ResultT = TypeVar("ResultT")

_GRACE_SECONDS = 2
"""How long a process may take to end by itself once nobody waits for its results."""


_Answer = tuple[object, Exception | None]
"""What a job gave, or the error that it raised."""


class _Worker(NamedTuple):
    process: "subprocess.Popen[bytes]"

    def ask(self, function: Callable[[JobT], ResultT], job: JobT, name: str) -> ResultT:
        try:
            _send((function, job), cast("IO[bytes]", self.process.stdin))
            result, error = cast("_Answer", pickle.load(cast("IO[bytes]", self.process.stdout)))
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            raise _died(name, self.process.wait()) from None
        if error is not None:
            raise error
        return cast("ResultT", result)


def map_in_processes(
    function: Callable[[JobT], ResultT],
    jobs: Sequence[JobT],
    process_count: int,
    name_of: Callable[[JobT], str],
) -> Iterator[ResultT]:
    """What the function gives for each job, in the order of the jobs; each process has one job at a time.

    Args:
        function: A function of a module; its jobs and results can be pickled.
        jobs: What to do; they are begun in this order.
        process_count: How many processes there are, each of which imports what the function needs.
        name_of: What an error calls a job.

    Raises:
        RetriableSourceError: A process was killed, perhaps because memory ran out; the error names its job.
        Exception: What the function raises for the first job that fails.
    """
    with ExitStack() as stack:
        threads = ThreadPoolExecutor(process_count)
        stack.callback(threads.shutdown, cancel_futures=True)
        idle: SimpleQueue[_Worker] = SimpleQueue()
        for _ in range(process_count):
            idle.put(stack.enter_context(_started_worker()))

        def do(job: JobT) -> ResultT:
            worker = idle.get()
            try:
                return worker.ask(function, job, name_of(job))
            finally:
                idle.put(worker)

        yield from threads.map(do, jobs)


@contextmanager
def _started_worker() -> Iterator[_Worker]:
    command = [sys.executable, "-P", "-m", __name__]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own module
    with process:  # which closes its pipes, and waits for it
        try:
            yield _Worker(process)
        except BaseException:
            process.kill()  # nobody waits for what it does
            raise


def _died(name: str, exit_code: int) -> RetriableSourceError:
    if exit_code == -signal.SIGKILL:
        wrong = "the process that worked on it was killed, as happens when memory runs out"
        return RetriableSourceError(
            Problem(name, wrong, "give the machine more memory, or let fewer tasks run at once")
        )
    how = f"by signal {-exit_code}" if exit_code < 0 else f"with exit code {exit_code}"
    return RetriableSourceError(Problem(name, f"the process that worked on it ended too early, {how}", "try again"))


def _send(value: object, pipe: IO[bytes]) -> None:
    pickle.dump(value, pipe)
    pipe.flush()


def _serve(jobs: IO[bytes], answers: IO[bytes]) -> None:
    """Answer each job with its result, or with the error that it raises, until there are no more."""
    while True:
        try:
            function, job = pickle.load(jobs)
        except EOFError:
            return
        try:
            answer: _Answer = function(job), None
        except Exception as error:  # noqa: BLE001 - it is raised where the job came from
            answer = None, _fit_to_send(error)
        _send(answer, answers)


def _fit_to_send(error: Exception) -> Exception:
    """The error with its traceback as a note, since pickling loses it; its type alone if it cannot be pickled."""
    error.add_note("".join(traceback.format_tb(error.__traceback__)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - pickling may raise anything
        return RuntimeError(f"{type(error).__name__} in a worker process")
    return error


def _end_with_whoever_asks() -> None:
    """Ends this process, whatever it is doing, when the other end of its standard input closes."""
    other_end = select.poll()
    other_end.register(sys.stdin, 0)
    other_end.poll()
    time.sleep(_GRACE_SECONDS)
    os._exit(1)


def _main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches all processes of a shell's job: the parent decides
    Thread(target=_end_with_whoever_asks, daemon=True).start()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    try:
        _serve(sys.stdin.buffer, answers)
    except BrokenPipeError:
        os._exit(1)


if __name__ == "__main__":
    _main()
