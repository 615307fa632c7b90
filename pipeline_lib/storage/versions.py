"""How a folder on a local disk holds whole versions of what is published in it.

    Outputs -> .versions/Outputs-<token>    what people open: a relative link, swapped by one rename
    .versions/Outputs-<token>/              the current version, and the one before it
    .versions/Outputs-<token>.new/          work in progress, or left over from a writer that was killed

Two kinds of lock, as `pipeline_lib.storage.leases` has them, which end with their process:

- `.versions` itself, exclusive and brief: to compare and swap, to resolve a link, to clear;
- each version and workspace, shared, for as long as somebody writes or reads it. A version that is neither current nor
  previous and has no lock is nobody's: whoever next writes or links anything in that folder removes it.

`flock` holds among the processes of one machine, which is what `file://` is for.
"""

import errno
import fcntl
import os
import shutil
import stat
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

from pipeline_lib.machine_errors import placing
from pipeline_lib.storage.base import VERSIONS, conflict
from pipeline_lib.storage.leases import leased, locked, remove_abandoned

_UNFINISHED = ".new"


@contextmanager
def workspace(target: Path) -> Iterator[Path]:
    """A new empty folder of this writer's (or reader's) own, beside the target; gone when the context ends."""
    hidden = target.parent / VERSIONS
    hidden.mkdir(parents=True, exist_ok=True)
    with locked(hidden, fcntl.LOCK_EX):
        _clear(hidden)
    space = hidden / f"{_fresh(target)}{_UNFINISHED}"
    with placing(target.as_uri(), space), leased(hidden, space.name):
        yield space


def clear(folder: Path) -> None:
    """Remove the versions of a folder's files and folders that are nobody's."""
    hidden = folder / VERSIONS
    if hidden.is_dir():
        with locked(hidden, fcntl.LOCK_EX):
            _clear(hidden)


def discard(target: Path) -> None:
    """Remove a file, a link to a version, or a folder by one rename out of sight; on a full disk, too: nothing is made.

    Raises:
        FileNotFoundError: There is none.
    """
    if target.is_symlink() or not target.is_dir():
        target.unlink()
        return
    hidden = target.parent / VERSIONS
    try:
        hidden.mkdir(exist_ok=True)
        gone = hidden / f"{_fresh(target)}{_UNFINISHED}"
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        gone = hidden  # whatever is in it is nobody's
    target.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def stamp(target: Path) -> str | None:
    """A word for what is at the target now, which changes with every write; None where there is nothing."""
    if is_published(target):
        return f"version {target.readlink().name}"
    try:
        return stamp_of(target.stat())
    except (FileNotFoundError, NotADirectoryError):
        return None


def stamp_of(status: os.stat_result) -> str:
    """The stamp of a file that is already open: published files are never written to again."""
    if stat.S_ISDIR(status.st_mode):
        return f"folder {status.st_ino}"
    return f"file {status.st_mtime_ns} {status.st_ino} {status.st_size}"


def place_file(made: Path, target: Path, seen: str | None) -> None:
    """Put a finished file in the target's place, if that still has the stamp that was seen.

    Raises:
        StorageConflictError: The target was written meanwhile.
    """
    _sync(made)
    with locked(target.parent / VERSIONS, fcntl.LOCK_EX):
        if stamp(target) != seen:
            raise conflict(target.as_uri())
        _date_after(target if seen else None, made)
        made.replace(target)
        _sync(target.parent)


def place_folder(made: Path, target: Path, seen: str | None) -> None:
    """Make a finished workspace the target's current version, if the target still has the stamp that was seen.

    A real folder in the target's place (made by hand, or copied from elsewhere) becomes its previous version. That
    takes two renames, so for an instant nothing is there; from then on there is a link and one rename is enough.

    Raises:
        StorageConflictError: The target was published meanwhile.
    """
    _sync_tree(made)
    hidden = target.parent / VERSIONS
    with locked(hidden, fcntl.LOCK_EX):
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
        _date_after(hidden / previous, version)
        link.replace(target)
        _sync(hidden)
        _sync(target.parent)
        _clear(hidden)


def is_published(path: Path) -> bool:
    """Whether a path is a link to a version, as `place_folder` makes them, and the version is there."""
    return path.is_symlink() and _leads_to_version(path.readlink()) and path.is_dir()


def published_at_or_above(path: Path, root: Path) -> Path | None:
    """The published folder that a path is or lies in, if any, below the root."""
    candidates = [path, *path.parents]
    return next(filter(is_published, candidates[: len(path.relative_to(root).parts)]), None)


@contextmanager
def held(path: Path, published: Path) -> Iterator[Path]:
    """The path inside the version of its published folder that is current now; it is not cleared while this lasts."""
    with ExitStack() as stack:
        with locked(published.parent / VERSIONS, fcntl.LOCK_EX):
            version = published.parent / published.readlink()
            stack.enter_context(locked(version, fcntl.LOCK_SH))
        yield version / path.relative_to(published)


def _date_after(before: Path | None, made: Path) -> None:
    """Date a version now, or later than the one it replaces: clocks tick coarsely, and go back."""
    newer_than = before.stat().st_mtime_ns if before is not None and before.exists() else 0
    at = max(time.time_ns(), newer_than + 1)
    os.utime(made, ns=(at, at))


def _fresh(target: Path) -> str:
    return f"{target.name}-{uuid4().hex}"


def _clear(hidden: Path) -> None:
    """Remove what is nobody's, for all names; the caller holds the lock.

    That is work in progress that no process has leased, and versions that are neither current nor the one before it. A
    version that is younger than the current one of its name is left from a writer that was killed just before the swap.
    """
    versions = defaultdict(list)
    for path in list(hidden.iterdir()):
        if path.is_symlink():
            path.unlink()  # its writer was killed before it was put in its place
        elif path.name.endswith(_UNFINISHED):
            remove_abandoned([path])
        else:
            versions[path.name.rpartition("-")[0]].append(path)
    current = _current(hidden.parent) if versions else frozenset()
    for of_name in versions.values():
        others = sorted((path for path in of_name if path.name not in current), key=_age)
        since = max((_age(path) for path in of_name if path.name in current), default=None)
        before = [path for path in others if since is not None and _age(path) < since]
        remove_abandoned([path for path in others if path not in before[-1:]])


def _current(folder: Path) -> frozenset[str]:
    """The versions to which links in a folder lead, whatever people call the links."""
    with os.scandir(folder) as entries:
        links = [Path(entry).readlink() for entry in entries if entry.is_symlink()]
    return frozenset(link.name for link in links if _leads_to_version(link))


def _leads_to_version(link: Path) -> bool:
    return link.parts[:1] == (VERSIONS,)


def _age(version: Path) -> int:
    return version.stat().st_mtime_ns


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
