"""Stamps that tell whether a file or a folder of configs has changed."""

import hashlib
import os
import stat
import time
from pathlib import Path

from pipeline_lib.input_files import read_input

_LONGEST_READ = 16 * 2**20
"""Bytes; a longer file is no config, and is compared by its size and its time."""

_SETTLED_NS = 5 * 10**9
"""After so long a file's times say whether it has changed since: some file systems know two seconds only."""

UNREADABLE = "unreadable"
"""What the stamp of something begins with that could not be read: the next look may find it well, unchanged."""


def stamp_of(path: Path) -> str:
    """A text that changes with a file's content, or with a folder's list of JSON files; for anything else, its kind.

    Take it before looking into a folder, so that it can only be too old: the next look then finds another, and reads
    again. What `read_stamped` gives is the stamp of the very bytes that it has read.
    """
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode):
            if status.st_size > _LONGEST_READ:
                return f"{status.st_size} bytes at {status.st_mtime_ns}"
            return hashlib.sha256(read_input(path, _LONGEST_READ)).hexdigest()
        if stat.S_ISDIR(status.st_mode):
            names = b"/".join(sorted(os.fsencode(file.name) for file in path.glob("*.json")))
            return f"folder {hashlib.sha256(names).hexdigest()}"
    except (OSError, ValueError) as error:
        return f"{UNREADABLE}, {type(error).__name__}"
    return f"no file, {stat.S_IFMT(status.st_mode)}"


def read_stamped(path: Path, most_bytes: int, stamps: dict[Path, str]) -> bytes:
    """The file's content, read once for itself and for its stamp.

    Args:
        path: The file.
        most_bytes: How large it may be; no more than `stamp_of` reads.
        stamps: Gets the file's stamp.

    Raises:
        OSError: As `read_input`; the stamp then says that it could not be read, so that each look tries again.
        ValueError: As `read_input`.
    """
    try:
        content = read_input(path, most_bytes)
    except (OSError, ValueError) as error:
        stamps[path] = f"{UNREADABLE}, {type(error).__name__}"
        raise
    stamps[path] = hashlib.sha256(content).hexdigest()
    return content


def stat_data_of(path: str) -> str | None:
    """A text that changes with whatever `stamp_of` tells, and takes no reading; None where it might not.

    It is what the system keeps beside the content, its own time of the last change above all, which nobody can set. As
    in git's index, that of the last moments says nothing: clocks tick slowly, and a file may change twice in a tick.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - thousands of paths, each time
    except (OSError, ValueError):
        return None
    if time.time_ns() - max(status.st_ctime_ns, status.st_mtime_ns) < _SETTLED_NS:
        return None
    return (
        f"{status.st_dev} {status.st_ino} {status.st_mode} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
    )


def kind_of(path: str) -> str:
    """A text that changes with what is at a path (a file, a folder, a device, nothing), and with who may read it.

    For files of data, that alone decides whether a config can be used. Runs look at what they hold.
    """
    try:
        status = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError) as error:
        return f"{UNREADABLE}, {type(error).__name__}"
    return f"{stat.S_IFMT(status.st_mode)} {os.access(path, os.R_OK)}"
