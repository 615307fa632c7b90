"""Processes that are forked from one that has imported the pipeline: importing is most of what a small one costs."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any

PROCESSES = get_context("forkserver")
# Of all that a test process forks: there is one such server in it, which imports these once.
PROCESSES.set_forkserver_preload(
    [
        "pipeline_lib.stages.all_stages",
        "tests.unit.sources.facebook.page",
        "tests.unit.sources.rapid_pro.fetching.workspace",
    ]
)

_TIMEOUT_SECONDS = 1800


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
    process.join(_TIMEOUT_SECONDS)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"the command {arguments[0]} has not ended within {_TIMEOUT_SECONDS} seconds")
    return process.exitcode


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
