"""Reading files, by several processes where there is much to read.

JSON is parsed by one core at a time in each process, and takes longer than all other steps together.
"""

import gc
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from pipeline_lib.worker_processes import map_in_processes

ReadT = TypeVar("ReadT")
"""What is read of a file, such as a frame."""

MUCH_BYTES = 200_000_000
"""Fewer bytes are read by the time that other processes have started."""

MOST_PROCESSES = 4
"""Each process holds a whole file of labels in memory."""


class FileToRead(NamedTuple, Generic[ReadT]):
    """A file and how it is read."""

    path: Path
    read: Callable[[Path], ReadT]
    """Can be pickled, such as a `partial` of a module's function."""

    @property
    def size_bytes(self) -> int:
        """Its size; 0 where there is no file."""
        return self.path.stat().st_size if self.path.exists() else 0


def read_files(files: Sequence[FileToRead[ReadT]]) -> list[ReadT]:
    """What is read of each file, in order.

    Raises:
        PipelineError: A file cannot be read, or the process that read it was killed, perhaps for lack of memory.
    """
    process_count = min(os.cpu_count() or 1, MOST_PROCESSES)
    if process_count == 1 or sum(file.size_bytes for file in files) < MUCH_BYTES:
        return [_read(file) for file in files]
    # The largest first, so that no process is still busy with it when all others are done.
    order = sorted(range(len(files)), key=lambda index: files[index].size_bytes, reverse=True)
    largest_first = [files[index] for index in order]
    read = map_in_processes(_read, largest_first, process_count, name_of=lambda file: str(file.path))
    by_index = dict(zip(order, read, strict=True))
    return [by_index[index] for index in range(len(files))]


def _read(file: FileToRead[ReadT]) -> ReadT:
    """What is read of the file.

    The garbage collector is off meanwhile: a file's millions of small objects have no cycles (docs/performance.md).
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return file.read(file.path)
    finally:
        if was_enabled:
            gc.enable()
