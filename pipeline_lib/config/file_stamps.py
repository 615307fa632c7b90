"""Whether what a file or a folder of configs held is what it still holds."""

import hashlib
import os
import stat
from pathlib import Path

from pipeline_lib.input_files import read_input

_LONGEST_READ = 16 * 2**20
"""Bytes; whatever is longer is no config, and goes by its size and its time."""


def stamp_of(path: Path) -> str:
    """A text that changes with a file's content, or with which JSON files a folder has; of what is neither, its kind.

    Taken before the file is read, it can only be too old: then the next look finds another, and reads again.
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
        return f"unreadable, {type(error).__name__}"
    return f"no file, {stat.S_IFMT(status.st_mode)}"


def kind_of(path: Path) -> str:
    """A text that changes when there is something else than before: a file or none, a folder, a device; who may read.

    Of files of data it is all that decides whether a config can be used. What they hold, runs look at.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        return f"unreadable, {type(error).__name__}"
    return f"{stat.S_IFMT(status.st_mode)} {os.access(path, os.R_OK)}"
