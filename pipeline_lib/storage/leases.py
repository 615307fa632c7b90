"""Folders that belong to a process for as long as it lives, however it ends.

A folder is leased by a shared lock (`flock`) on itself. The lock ends with its process, so a folder without a lock is
nobody's, and whoever next leases a folder of the same home removes it. Nothing is guessed from ages or process ids.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

from pipeline_lib.machine_errors import no_temporary_folder, placing


@contextmanager
def leased(home: Path, name: str) -> Iterator[Path]:
    """A new empty folder in a home, gone when the context ends; a caller with the home's lock would block itself."""
    folder = home / name
    with ExitStack() as stack:
        with locked(home, fcntl.LOCK_EX):
            folder.mkdir()
            stack.enter_context(locked(folder, fcntl.LOCK_SH))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A private local folder, gone when the context ends.

    What a killed process has left there is removed when the same user next requests such a folder.

    Raises:
        RetriableSourceError: No temporary folder of this machine can be written to.
    """
    try:
        home = Path(tempfile.gettempdir(), f"pipeline-lib-{os.getuid()}")
    except FileNotFoundError:
        raise no_temporary_folder() from None
    home.mkdir(mode=0o700, exist_ok=True)
    found = home.lstat()
    if home.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o077:
        with tempfile.TemporaryDirectory() as folder:  # the folder is another user's, who could read it
            yield Path(folder)
        return
    with locked(home, fcntl.LOCK_EX):
        remove_abandoned(list(home.iterdir()))
    with placing(str(home)), leased(home, uuid4().hex) as space:
        yield space


def remove_abandoned(folders: list[Path]) -> None:
    """Remove those folders that no process has leased; the caller holds their home's lock."""
    for folder in folders:
        if is_nobodys(folder):
            shutil.rmtree(folder, ignore_errors=True)


def is_nobodys(folder: Path) -> bool:
    """Whether no process has leased a folder or is reading in it."""
    try:
        with locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            return True
    except (BlockingIOError, FileNotFoundError, NotADirectoryError, PermissionError):
        return False  # in use; just removed by its owner; no folder; somebody else's


@contextmanager
def locked(folder: Path, kind: int) -> Iterator[None]:
    """The folder's lock of this kind (`fcntl.LOCK_…`), while the context lasts."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, kind)
        try:
            yield
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # at once, even if a forked child still has the descriptor
    finally:
        os.close(descriptor)
