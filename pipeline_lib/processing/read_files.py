"""Reading files, by several processes where there is much to read.

JSON is parsed by one core at a time in each process, and takes longer than all other steps together.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from pipeline_lib.processing.reading_process import FileToRead, ReadT, read_alone, reading_processes

MUCH_BYTES = 200_000_000
"""Less is read before other processes have started."""

MOST_PROCESSES = 4
"""Each holds a whole file of labels in memory."""


def read_files(files: Sequence[FileToRead[ReadT]]) -> list[ReadT]:
    """What is read of each file, in order.

    Raises:
        PipelineError: A file cannot be read.
        ChildProcessError: A process was ended from outside, perhaps for want of memory.
    """
    process_count = min(os.cpu_count() or 1, MOST_PROCESSES)
    if process_count == 1 or sum(file.size_bytes for file in files) < MUCH_BYTES:
        return [read_alone(file) for file in files]
    # The largest first, so that no process is still busy with it when all others are done.
    order = sorted(range(len(files)), key=lambda index: files[index].size_bytes, reverse=True)
    with reading_processes(process_count) as read, ThreadPoolExecutor(process_count) as waiting:
        found = dict(zip(order, waiting.map(read, [files[index] for index in order]), strict=True))
    return [found[index] for index in range(len(files))]
