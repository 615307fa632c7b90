"""Processes that are forked from one that has imported the pipeline: importing is most of what a small one costs."""

import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, NamedTuple, TextIO

PROCESSES = get_context("forkserver")
# Of all that a test process forks: there is one such server in it, which imports these once.
PROCESSES.set_forkserver_preload(
    [
        "google.cloud.firestore",
        "pipeline_lib.stages.all_stages",
        "pipeline_lib.storage.gcs",
        "tests.unit.sources.facebook.page",
        "tests.unit.sources.rapid_pro.fetching.workspace",
    ]
)

_TIMEOUT_SECONDS = 1800


class ForkedProgram(NamedTuple):
    """A program that runs in a process of its own, and its pipes."""

    process: ForkServerProcess
    stdin: TextIO
    stdout: TextIO

    def kill(self) -> None:
        """Kill it, wherever it is."""
        self.process.kill()

    def wait(self) -> int:
        """The exit code, when it has ended; of one that was killed, the signal's number below zero."""
        return _exit_code(self.process, "the program")

    def line(self) -> str:
        """The next line that it prints."""
        return self.stdout.readline().strip()


@contextmanager
def forked_program(program: str, *arguments: str) -> Iterator[ForkedProgram]:
    """A process that runs a program as `python -c` would, with the environment of now; killed if it outlives that."""
    (asked, stdin), (stdout, said) = os.pipe(), os.pipe()
    with Connection(asked, writable=False) as its_stdin, Connection(said, readable=False) as its_stdout:
        all_of_it = (program, arguments, dict(os.environ), its_stdin, its_stdout)
        process = PROCESSES.Process(target=_run_program, args=all_of_it)
        process.start()
    with os.fdopen(stdin, "w") as to_it, os.fdopen(stdout) as from_it:
        try:
            yield ForkedProgram(process, to_it, from_it)
        finally:
            process.kill()
            process.join(_TIMEOUT_SECONDS)


def run_command_at_debug(
    arguments: tuple[str, ...], folder: Path, settings: Mapping[str, str], prepare: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """A command of the pipeline's in a folder, with no other settings than these; it logs to `debug.log` there.

    Args:
        arguments: The command and its options.
        folder: Where it is run.
        settings: Its whole environment.
        prepare: A module's function that is called in its process first.
    """
    exit_code = _exit_code_of(_run_at_debug, arguments, folder, dict(settings), prepare)
    said = [file.read_text(encoding="utf-8") for file in _said(folder)]
    for file in _said(folder):
        file.unlink()
    return subprocess.CompletedProcess(arguments, exit_code, *said)


def run_command_killed_at_rename(arguments: Sequence[str], folder: Path, number: int) -> int:
    """The exit code of a command that is killed before its n-th rename of, or link to, something in a folder."""
    return _exit_code_of(_run_until_rename, arguments, str(folder), number)


def _exit_code_of(target: Callable[..., None], arguments: Sequence[str], *more: Any) -> int:
    process = PROCESSES.Process(target=target, args=(arguments, *more))
    process.start()
    return _exit_code(process, f"the command {arguments[0]}")


def _exit_code(process: ForkServerProcess, name: str) -> int:
    process.join(_TIMEOUT_SECONDS)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"{name} has not ended within {_TIMEOUT_SECONDS} seconds")
    return process.exitcode


def _run_program(
    program: str, arguments: Sequence[str], environment: dict[str, str], stdin: Connection, stdout: Connection
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # as the environment has it, whatever was asked before
    os.dup2(stdin.fileno(), 0)
    os.dup2(stdout.fileno(), 1)
    stdin.close()
    stdout.close()
    sys.argv = ["-c", *arguments]
    with os.fdopen(0, closefd=False) as sys.stdin, os.fdopen(1, "w", closefd=False) as sys.stdout:
        exec(program, {"__name__": "__main__"})  # noqa: S102 - a test's own


def _said(folder: Path) -> tuple[Path, Path]:
    return folder / "said.stdout", folder / "said.stderr"


def _run_at_debug(
    arguments: tuple[str, ...], folder: Path, settings: dict[str, str], prepare: Callable[[], None] | None
) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(settings)
    for number, file in enumerate(_said(folder), start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    logging.basicConfig(level=logging.DEBUG, filename="debug.log", force=True)
    if prepare is not None:
        prepare()
    _run(arguments)


def _run_until_rename(arguments: Sequence[str], folder: str, number: int) -> None:
    counted = count(1)

    def kill(event: str, about: tuple[Any, ...]) -> None:
        if event in {"os.rename", "os.symlink"} and folder in str(about[1]) and next(counted) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(kill)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _run(arguments)


def _run(arguments: Sequence[str]) -> None:
    from pipeline_lib.cli import main  # noqa: PLC0415 - the server has imported it, this process need not

    sys.exit(main(list(arguments)))
