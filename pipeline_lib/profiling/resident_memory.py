"""How much memory a process and its children have."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

_MIB = 2**20
_TELLS_CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children").exists()
"""Whether the system lists a process's children: otherwise each look goes through all of the machine's processes."""


def read_resident_mib(process_id: int) -> dict[int, float]:
    """MiB in memory of a process and of all that it has started, directly or not, by process id, the first one first.

    Raises:
        psutil.NoSuchProcess: The process has ended.
    """
    process = psutil.Process(process_id)
    resident_mib = {process_id: process.memory_info().rss / _MIB}
    children = _descendants(process_id) if _TELLS_CHILDREN else (each.pid for each in process.children(recursive=True))
    for child in children:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            resident_mib[child] = psutil.Process(child).memory_info().rss / _MIB
    return resident_mib


def _descendants(process_id: int) -> Iterator[int]:
    with suppress(OSError):  # the process has ended
        for thread in Path(f"/proc/{process_id}/task").iterdir():
            with suppress(OSError):  # the thread has
                for child in (thread / "children").read_text(encoding="ascii").split():
                    yield int(child)
                    yield from _descendants(int(child))
