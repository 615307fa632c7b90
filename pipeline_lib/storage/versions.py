"""How a folder on a local disk holds whole versions of what is published in it.

    Outputs -> .versions/Outputs-<token>    what people open: a relative link, swapped by one rename
    .versions/Outputs-<token>/              the current version, and the one before it
    .versions/Outputs-<token>.new/          work in progress, or left over from a writer that was killed

Two kinds of lock (`flock`, so they end with their process, however it ends), and no age or process id to guess by:

- `.versions` itself, exclusive and brief: to compare and swap, to resolve a link, to clear;
- each version and workspace, shared, for as long as somebody writes or reads it. What belongs to a name, is neither its
  current nor its previous version and has no lock is nobody's: whoever publishes that name next removes it.

`flock` holds among the processes of one machine, which is what `file://` is for.
"""

import fcntl
import os
import shutil
import stat
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

from pipeline_lib.storage.base import VERSIONS, conflict

_UNFINISHED = ".new"


@contextmanager
def workspace(target: Path) -> Iterator[Path]:
    """A new empty folder of this writer's (or reader's) own, beside the target; gone when the context ends."""
    hidden = target.parent / VERSIONS
    hidden.mkdir(parents=True, exist_ok=True)
    space = hidden / f"{_fresh(target)}{_UNFINISHED}"
    with ExitStack() as stack:
        with _locked(hidden, fcntl.LOCK_EX):
            space.mkdir()
            stack.enter_context(_locked(space, fcntl.LOCK_SH))
        try:
            yield space
        finally:
            shutil.rmtree(space, ignore_errors=True)


def stamp(target: Path) -> str | None:
    """What is at the target now, in a word that changes with every write; None where there is nothing."""
    if is_published(target):
        return f"version {target.readlink().name}"
    try:
        return stamp_of(target.stat())
    except (FileNotFoundError, NotADirectoryError):
        return None


def stamp_of(status: os.stat_result) -> str:
    """The same for a file that is already open: what is published is never written to again."""
    if stat.S_ISDIR(status.st_mode):
        return f"folder {status.st_ino}"
    return f"file {status.st_mtime_ns} {status.st_ino} {status.st_size}"


def place_file(made: Path, target: Path, seen: str | None) -> None:
    """Put a finished file in the target's place, if that still has the stamp that was seen.

    Raises:
        StorageConflictError: The target was written meanwhile.
    """
    _sync(made)
    with _locked(target.parent / VERSIONS, fcntl.LOCK_EX):
        if stamp(target) != seen:
            raise conflict(target.as_uri())
        newer_than = target.stat().st_mtime_ns if seen else 0
        at = max(time.time_ns(), newer_than + 1)  # clocks tick coarsely: two writes within one tick must differ
        os.utime(made, ns=(at, at))
        made.replace(target)
        _sync(target.parent)
        _clear(target, keep=())


def place_folder(made: Path, target: Path, seen: str | None) -> None:
    """Make a finished workspace the target's current version, if the target still has the stamp that was seen.

    A real folder in the target's place (made by hand, or copied from elsewhere) becomes its previous version. That
    takes two renames, so for an instant there is none; from then on a link stands there and one rename is enough.

    Raises:
        StorageConflictError: The target was published meanwhile.
    """
    _sync_tree(made)
    hidden = target.parent / VERSIONS
    with _locked(hidden, fcntl.LOCK_EX):
        if stamp(target) != seen:
            raise conflict(target.as_uri())
        version = made.rename(made.with_name(made.name.removesuffix(_UNFINISHED)))
        link = hidden / _fresh(target)
        link.symlink_to(f"{VERSIONS}/{version.name}")
        if is_published(target):
            previous = target.readlink().name
        else:
            previous = _fresh(target)
            if target.is_dir() and not target.is_symlink():
                target.rename(hidden / previous)
        link.replace(target)
        _sync(hidden)
        _sync(target.parent)
        _clear(target, keep=(version.name, previous))


def is_published(path: Path) -> bool:
    """Whether a path is a link to a version, as `place_folder` makes them, and the version is there."""
    return path.is_symlink() and path.readlink().parts[0] == VERSIONS and path.is_dir()


def published_at_or_above(path: Path, root: Path) -> Path | None:
    """The published folder that a path is or lies in, if any, below the root."""
    candidates = [path, *path.parents]
    return next(filter(is_published, candidates[: len(path.relative_to(root).parts)]), None)


@contextmanager
def held(path: Path, published: Path) -> Iterator[Path]:
    """The path inside the version of its published folder that is current now; it is not cleared while this lasts."""
    with ExitStack() as stack:
        with _locked(published.parent / VERSIONS, fcntl.LOCK_EX):
            version = published.parent / published.readlink()
            stack.enter_context(_locked(version, fcntl.LOCK_SH))
        yield version / path.relative_to(published)


def _fresh(target: Path) -> str:
    return f"{target.name}-{uuid4().hex}"


def _clear(target: Path, keep: Collection[str]) -> None:
    """Remove what belongs to the target's name and to nobody; the caller holds the lock."""
    with os.scandir(target.parent / VERSIONS) as entries:
        mine = [entry for entry in entries if entry.name.rpartition("-")[0] == target.name and entry.name not in keep]
    for entry in mine:
        if entry.is_symlink():
            Path(entry).unlink()
        elif _is_unused(Path(entry)):
            shutil.rmtree(entry, ignore_errors=True)


def _is_unused(folder: Path) -> bool:
    try:
        with _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            return True
    except (BlockingIOError, FileNotFoundError, NotADirectoryError):  # in use; just removed by its owner; not a version
        return False


@contextmanager
def _locked(folder: Path, kind: int) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, kind)
        try:
            yield
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # at once, even if a forked child still has the descriptor
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_tree(folder: Path) -> None:
    for current, _, files in os.walk(folder):
        for file in files:
            _sync(Path(current, file))
        _sync(Path(current))
