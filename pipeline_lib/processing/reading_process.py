"""Processes that read one file after the other and send back frames.

They run this module and nothing of the program that starts them, so that it may be any program; and however that ends,
they end when their standard input does. (Those of `multiprocessing` begin by importing the program's main module.)
"""
# ruff: noqa: S301 - what is unpickled comes from our own process

import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, Generic, NamedTuple, TypeVar, cast

from pipeline_lib.errors import PipelineError

ReadT = TypeVar("ReadT")
"""What is read of a file, such as a frame."""


class FileToRead(NamedTuple, Generic[ReadT]):
    """A file and how it is read."""

    path: Path
    read: Callable[[Path], ReadT]
    """Can be pickled, such as a `partial` of a module's function."""

    @property
    def size_bytes(self) -> int:
        """Its size; 0 where there is no file."""
        return self.path.stat().st_size if self.path.exists() else 0


def read_alone(file: FileToRead[ReadT]) -> ReadT:
    """What is read of the file, by this process.

    Meanwhile nobody looks for cycles among a file's millions of small objects, which have none (docs/performance.md).
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return file.read(file.path)
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def reading_processes(count: int) -> Iterator[Callable[[FileToRead[Any]], Any]]:
    """A function, for several threads, that has a file read by a process that is idle."""
    command = [sys.executable, "-m", __name__]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
    with ExitStack() as running:
        for _ in range(count):
            process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own module
            idle.put(running.enter_context(process))

        def read(file: FileToRead[Any]) -> Any:
            process = idle.get()
            try:
                return _frame_from(process, file)
            finally:
                idle.put(process)

        yield read


def _frame_from(process: "subprocess.Popen[bytes]", file: FileToRead[Any]) -> Any:
    try:
        _send(file, cast("IO[bytes]", process.stdin))
        answer = pickle.load(cast("IO[bytes]", process.stdout))
    except (EOFError, BrokenPipeError):
        raise ChildProcessError(f"{file.path.name}: who read it ended with exit code {process.wait()}") from None
    if isinstance(answer, PipelineError):
        raise answer
    return answer


def serve(files: IO[bytes], answers: IO[bytes]) -> None:
    """Answer each file with what is read of it, or with the error that reading it raises, until there are no more."""
    while True:
        try:
            file: FileToRead[Any] = pickle.load(files)
        except EOFError:
            return
        try:
            _send(read_alone(file), answers)
        except PipelineError as error:
            _send(error, answers)


def _send(value: object, pipe: IO[bytes]) -> None:
    pickle.dump(value, pipe)
    pipe.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
