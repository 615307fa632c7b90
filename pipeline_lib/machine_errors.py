"""Turns failures of the machine, such as a full disk, into errors that a person can act on.

Python, Polars and SQLite each have their own exceptions for them, and few of these name the file. They are turned into
errors for people where a command or an Airflow task ends; code that writes files adds the place (`placing`).
"""

import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline_lib.errors import FatalSourceError, PipelineError, Problem, RetriableSourceError
from pipeline_lib.input_files import UnusableFileError, reason

_STAYS = "what was published before is still there"
_MAKE_ROOM = f"make room there, then run again: {_STAYS}"
_SENTENCES = {
    errno.ENOSPC: ("its disk is full", _MAKE_ROOM),
    errno.EDQUOT: ("this user's share of the disk is used up", _MAKE_ROOM),
    errno.EFBIG: ("would be larger than files may be there", f"raise the limit (ulimit -f), then run again: {_STAYS}"),
    errno.EIO: ("its disk could not be read or written", f"look at the machine's own log, then run again: {_STAYS}"),
    errno.EROFS: ("its disk is mounted read-only", "mount it so that it can be written to, or name another place"),
    errno.EACCES: ("this user lacks the permission for it", "give the permission, or run as the user who owns it"),
    errno.EPERM: ("this user lacks the permission for it", "give the permission, or run as the user who owns it"),
    errno.ENOENT: ("there is no such file or folder", "correct the name, or make it first"),
    errno.EISDIR: ("is a folder, where a file is needed", "name a file"),
    errno.ENOTDIR: ("is not a folder, or lies below a file", "name a folder"),
    errno.EEXIST: ("is there already", "name another one, or remove it"),
    errno.ENOTEMPTY: ("is a folder with something in it", "name another one, or empty it"),
    errno.ENAMETOOLONG: ("its name is longer than the disk can keep", "use a shorter one; most keep 255 bytes"),
    errno.ELOOP: ("its links lead in a circle", "name a file or folder itself"),
    errno.EMFILE: ("too many files are open", "raise the limit (ulimit -n), then run again"),
    errno.ENFILE: ("too many files are open on this machine", "end what else runs there, then run again"),
    errno.ENOMEM: ("there is not enough memory", "end what else runs on this machine, then run again"),
    errno.EBUSY: ("another process uses it", "run again when it is done"),
    errno.ESTALE: ("the server of its disk has lost it", "mount it anew, then run again"),
}
_PASSING = frozenset(_SENTENCES) & {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EBUSY),
    *(errno.ESTALE, errno.EEXIST, errno.ENOTEMPTY),
}
"""Failures that may pass by themselves; those that `_SENTENCES` does not know may, too."""

_OF_WRITING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
"""Errors of writing to an open file: the system knows its descriptor, but no longer its name."""

_OF_NAMES = frozenset({errno.ENOENT, errno.ENOTDIR})
_TAKEN_AWAY = (
    "its folder, or its disk, was taken away while it was written",
    "see that they are there, then run again",
)

_OF_SQLITE = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_CORRUPT: errno.EIO,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_NOMEM: errno.ENOMEM,
    sqlite3.SQLITE_BUSY: errno.EBUSY,
    sqlite3.SQLITE_LOCKED: errno.EBUSY,
}
_OF_TYPES: dict[type[BaseException], int] = {
    FileNotFoundError: errno.ENOENT,
    PermissionError: errno.EACCES,
    IsADirectoryError: errno.EISDIR,
    NotADirectoryError: errno.ENOTDIR,
    FileExistsError: errno.EEXIST,
}
_FROM_RUST = re.compile(r"\bos error (?P<number>\d+)\)(: (?P<path>/.*))?|\bcode: (?P<code>\d+), kind: ")
_PLACE = "placed_at"  # set on an exception; `filename` would change what an OSError from Rust says of itself
_WITHOUT_TEMPORARY_FOLDER = "temporary directory"
"""Words that are in the errors of both Python and Matplotlib when they find no writable temporary folder."""
_FROM_OUTSIDE = ("requests", "urllib3", "aiohttp", "google", "httpx")
_TOLD_BY = ("polars", "pyarrow", "pyo3_runtime")


@contextmanager
def told_in_sentences() -> Iterator[None]:
    """Turns failures of the machine into a `PipelineError` whose class says whether they may pass by themselves.

    Raises:
        RetriableSourceError: A disk was full, a limit reached, something busy.
        FatalSourceError: A person must put a name, a permission or a mount right.
    """
    try:
        yield
    except BaseException as error:
        told = explained(error)
        if told is None:
            raise
        # The original's text is dropped, since it may quote what was being read; its traceback is kept.
        raise told.with_traceback(error.__traceback__) from None


@contextmanager
def placing(place: str, below: Path | None = None) -> Iterator[None]:
    """Adds the place to errors of writing that name no file, or one below a folder of which no person knows."""
    try:
        yield
    except BaseException as error:
        is_of_writing = errno_of(error) in _OF_WRITING and not isinstance(error, UnusableFileError)
        named = _named(error)
        is_below = below is not None and named is not None and Path(named).is_relative_to(below)
        if is_below or (is_of_writing and named is None):
            with suppress(AttributeError):
                setattr(error, _PLACE, place)
        raise


def no_temporary_folder() -> RetriableSourceError:
    """The error for a machine without a writable temporary folder."""
    right = "make room in it, or name another one in the environment variable TMPDIR"
    return RetriableSourceError(Problem("the temporary folder", "cannot be written to, or its disk is full", right))


def explained(error: BaseException) -> PipelineError | None:
    """The error for people, if the machine failed; None for any other error."""
    code = errno_of(error)
    if isinstance(error, PipelineError | BrokenPipeError) or not (code or isinstance(error, OSError)):
        return None
    if _named(error) is None and _WITHOUT_TEMPORARY_FOLDER in str(error):
        return no_temporary_folder()
    place = _place(error)
    if isinstance(error, UnusableFileError):
        return FatalSourceError(Problem(place, *reason(error)))
    if code in _OF_NAMES and getattr(error, _PLACE, None):
        return RetriableSourceError(Problem(place, *_TAKEN_AWAY))
    if code in _SENTENCES:
        wrong, right = _SENTENCES[code]
        kind = RetriableSourceError if code in _PASSING else FatalSourceError
        return kind(Problem(place, wrong, right))
    told = f": {os.strerror(code)}" if code and code > 0 else ""
    return RetriableSourceError(Problem(place, f"failed with {type(error).__name__}{told}", "run again later"))


def errno_of(error: BaseException) -> int | None:
    """The operating system's number for an error, whichever library reports it; None for errors of other kinds."""
    if isinstance(error, OSError) and isinstance(error.errno, int):
        return error.errno
    if isinstance(error, sqlite3.Error):
        return _OF_SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)  # the low byte is the kind
    if isinstance(error, OSError) or type(error).__module__.startswith(_TOLD_BY):
        found = _FROM_RUST.search(str(error))
        return int(found["number"] or found["code"]) if found else _OF_TYPES.get(type(error))
    return None


def _place(error: BaseException) -> str:
    is_outside = isinstance(error, ConnectionError | TimeoutError)
    is_outside = is_outside or type(error).__module__.startswith(_FROM_OUTSIDE)
    return _named(error) or ("the network" if is_outside else "this machine")


def _named(error: BaseException) -> str | None:
    """The file that an error names, or that `placing` has named for it."""
    told = _FROM_RUST.search(str(error))
    found = [getattr(error, name, None) for name in (_PLACE, "filename", "filename2")] + [told and told["path"]]
    names = [os.fsdecode(each) for each in found if isinstance(each, str | bytes) and each]
    return names[0] if names else None
