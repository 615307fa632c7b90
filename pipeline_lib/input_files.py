"""Opening a file that a person, or a config, names: a regular file of a size that fits, or an error that says why not.

A pipe would block for ever, a device might never end, and some devices act when they are opened. So the path is checked
before it is opened, and again once it is open.
"""

import errno
import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any

from pipeline_lib.errors import DataError, Problem

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


_CHUNK_BYTES = 2**16
_UNZIPPED_BYTES = 2**20


class UnusableFileError(OSError):
    """A path leads to no regular file, or to one that is too large; `strerror` says which."""


def open_input(path: Path, most_bytes: int | None = None) -> BufferedReader:
    """The file, open to be read from its beginning.

    Args:
        path: Where it lies.
        most_bytes: How large it may be; None: as large as this machine's memory.

    Raises:
        OSError: It is not there or cannot be read; `reason` says why in words.
        ValueError: No file can have that name.
    """
    _check(path, os.stat(path), most_bytes)  # noqa: PTH116 - the same check as below
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        _check(path, os.fstat(descriptor), most_bytes)
        return BufferedReader(_NamedFile(path, opener=lambda *_: descriptor), _CHUNK_BYTES)
    except BaseException:
        os.close(descriptor)
        raise


class _NamedFile(io.FileIO):
    """A file whose errors of reading name it: the system knows its descriptor, but no longer its name."""

    def readinto(self, buffer: Any) -> int:
        try:
            return super().readinto(buffer)
        except OSError as error:
            error.filename = str(self.name)
            raise

    def readall(self) -> bytes:
        try:
            return super().readall()
        except OSError as error:
            error.filename = str(self.name)
            raise


def read_input(path: Path, most_bytes: int | None = None) -> bytes:
    """The file's content; see `open_input`.

    The limit also holds for a file that grows meanwhile, or that claims to be empty, as those of `/proc` do.
    """
    limit = _memory_bytes() if most_bytes is None else most_bytes
    parts, count = [], 0
    with open_input(path, limit) as opened:
        at_once = os.fstat(opened.fileno()).st_size + _CHUNK_BYTES  # all of it, unless it grows
        while part := opened.read(at_once):
            parts.append(part)
            count += len(part)
            if count > limit:
                raise _too_large(path, limit)
    return b"".join(parts)


@contextmanager
def data_file(path: Path, place: str | None = None) -> Iterator[BufferedReader]:
    """A file of data, open to be read.

    Args:
        path: Where it lies.
        place: How an error names it, if not by its path.

    Raises:
        DataError: It is not there, or cannot be read.
        OSError: The disk or the network failed; a retry may succeed.
    """
    with _explained(place or str(path)):
        opened = open_input(path)
    with opened:
        yield opened


def read_data(path: Path, place: str | None = None) -> bytes:
    """The content of a file of data.

    Raises:
        DataError: As `data_file`.
    """
    with _explained(place or str(path)):
        return read_input(path)


_GZIP = b"\x1f\x8b"


def unzipped(content: bytes, place: str) -> bytes:
    """A file's content, decompressed if it is gzip, whatever the file is called.

    Raises:
        DataError: It begins as gzip and is damaged, or would be larger than this machine's memory.
    """
    if not content.startswith(_GZIP):
        return content
    limit = _memory_bytes()
    plain = bytearray()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            while len(plain) <= limit and (
                part := file.read(_UNZIPPED_BYTES)
            ):  # a larger read would allocate all of its size at once
                plain += part
    except (EOFError, OSError, zlib.error):
        raise DataError(Problem(place, "is no whole gzip file", "copy it again")) from None
    if len(plain) > limit:
        raise DataError(Problem(place, *reason(_too_large(Path(place), limit))))
    return bytes(plain)


@contextmanager
def _explained(place: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        if not needs_a_person(error):
            raise
        raise DataError(Problem(place, *reason(error))) from None


def is_input(path: Path) -> bool:
    """Whether a path leads to a regular file, readable or not; never raises."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def is_there(path: Path) -> bool:
    """Whether anything is at a path, even a broken link; never raises."""
    return os.path.lexists(path)


def needs_a_person(error: OSError | ValueError) -> bool:
    """Whether only a person can help; where a disk or a network failed, a retry may succeed."""
    return not isinstance(error, OSError) or isinstance(error, UnusableFileError) or error.errno in _REASONS


def reason(error: OSError | ValueError) -> tuple[str, str]:
    """Why a file could not be opened or read, and what would be right."""
    if isinstance(error, UnusableFileError):
        return str(error.strerror), "name another file"
    if not isinstance(error, OSError):
        return _REASONS[errno.ENAMETOOLONG]
    return _REASONS.get(error.errno or 0, (f"cannot be read: {error.strerror or type(error).__name__}", ""))


_REASONS = {
    errno.ENOENT: ("there is no such file", ""),
    errno.ENOTDIR: ("is not a folder, or lies below a file", ""),
    errno.EACCES: ("cannot be read by this user", "give this user the permission to read it"),
    errno.EPERM: ("cannot be read by this user", "give this user the permission to read it"),
    errno.ELOOP: ("is a link that leads to itself", "put the file there, or a link to it"),
    errno.ENAMETOOLONG: ("no file can have this name", "correct it"),
}


def _check(path: Path, status: os.stat_result, most_bytes: int | None) -> None:
    if not stat.S_ISREG(status.st_mode):
        what = next((kind for is_kind, kind in _KINDS if is_kind(status.st_mode)), "something else")
        raise UnusableFileError(errno.EINVAL, f"is {what}, not a file", str(path))
    limit = _memory_bytes() if most_bytes is None else most_bytes
    if status.st_size > limit:
        raise _too_large(path, limit)


def _too_large(path: Path, limit: int) -> UnusableFileError:
    unit, name = next(((unit, name) for unit, name in ((2**30, "GB"), (2**20, "MB")) if limit >= unit), (1, "bytes"))
    size = f"{limit / unit:,.0f} {name}"
    return UnusableFileError(errno.EFBIG, f"is larger than {size}, and is not read", str(path))


def _memory_bytes() -> int:
    """This machine's memory: a larger file cannot be held at once."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
