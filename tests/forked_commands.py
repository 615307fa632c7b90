"""Processes that are forked from one that has imported the pipeline: importing is most of what a small one costs."""

import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path

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
    arguments: tuple[str, ...], folder: Path, settings: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """A command of the pipeline's in a folder, with no other settings than these; it logs to `debug.log` there."""
    process = PROCESSES.Process(target=_run_at_debug, args=(arguments, folder, dict(settings)))
    process.start()
    process.join(_TIMEOUT_SECONDS)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"the command {arguments[0]} has not ended within {_TIMEOUT_SECONDS} seconds")
    said = [file.read_text(encoding="utf-8") for file in _said(folder)]
    for file in _said(folder):
        file.unlink()
    return subprocess.CompletedProcess(arguments, process.exitcode, *said)


def _said(folder: Path) -> tuple[Path, Path]:
    return folder / "said.stdout", folder / "said.stderr"


def _run_at_debug(arguments: tuple[str, ...], folder: Path, settings: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(settings)
    for number, file in enumerate(_said(folder), start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    logging.basicConfig(level=logging.DEBUG, filename="debug.log", force=True)
    from pipeline_lib.cli import main  # noqa: PLC0415 - the server has imported it, this process need not

    sys.exit(main(list(arguments)))
