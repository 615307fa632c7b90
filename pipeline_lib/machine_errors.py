"""What a machine does not do, such as writing to a full disk, in sentences.

Python, polars and SQLite each have their own exceptions for it, and few of these say where. They are turned into errors
for people where a command or an Airflow task ends; what writes files says the place meanwhile (`placing`).
"""

import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pipeline_lib.errors import FatalSourceError, PipelineError, Problem, RetriableSourceError
from pipeline_lib.input_files import UnusableFileError, reason

_STAYS = "what was published before is still there"
_MAKE_ROOM = f"make room there, then run again: {_STAYS}"
_SENTENCES = {
    errno.ENOSPC: ("its disk is full", _MAKE_ROOM),
    errno.EDQUOT: ("this user's share of the disk is used up", _MAKE_ROOM),
    errno.EFBIG: ("would be larger than a file may be there", f"raise the limit (ulimit -f), then run again: {_STAYS}"),
    errno.EIO: ("its disk could not be read or written", f"look at the machine's own log, then run again: {_STAYS}"),
    errno.EROFS: ("its disk is mounted read-only", "mount it so that it can be written to, or name another place"),
    errno.EACCES: ("this user may not use it so", "give the permission, or run as the user whose it is"),
    errno.EPERM: ("this user may not use it so", "give the permission, or run as the user whose it is"),
    errno.ENOENT: ("there is no such file or folder", "correct the name, or make it first"),
    errno.EISDIR: ("is a folder, where a file is needed", "name a file"),
    errno.ENOTDIR: ("is no folder, or lies in a file", "name a folder"),
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
"""What may pass by itself; what is in no list may, too."""

_OF_WRITING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
"""What a write meets that has no longer a name to tell, but a descriptor."""

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
"""What Python and Matplotlib have in common where they find none that they may write to."""
_FROM_OUTSIDE = ("requests", "urllib3", "aiohttp", "google", "httpx")
_TOLD_BY = ("polars", "pyarrow", "pyo3_runtime")


@contextmanager
def told_in_sentences() -> Iterator[None]:
    """Makes what the machine does not do a `PipelineError`, of the kind that says whether it may pass by itself.

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
        # Not with the other's text, which may quote what was being read; but where it came from is worth a look.
        raise told.with_traceback(error.__traceback__) from None


@contextmanager
def placing(place: str) -> Iterator[None]:
    """Names what is being written in errors of the disk that do not."""
    try:
        yield
    except BaseException as error:
        is_of_writing = errno_of(error) in _OF_WRITING and not isinstance(error, UnusableFileError)
        if is_of_writing and _named(error) is None:
            with suppress(AttributeError):
                setattr(error, _PLACE, place)
        raise


def no_temporary_folder() -> RetriableSourceError:
    """The error for a machine none of whose temporary folders can be written to."""
    right = "make room in it, or name another one in the environment variable TMPDIR"
    return RetriableSourceError(Problem("the temporary folder", "cannot be written to, or its disk is full", right))


def explained(error: BaseException) -> PipelineError | None:
    """The error for people, if it is the machine that failed; None for all else."""
    code = errno_of(error)
    if isinstance(error, PipelineError | BrokenPipeError) or not (code or isinstance(error, OSError)):
        return None
    if _named(error) is None and _WITHOUT_TEMPORARY_FOLDER in str(error):
        return no_temporary_folder()
    place = _place(error)
    if isinstance(error, UnusableFileError):
        return FatalSourceError(Problem(place, *reason(error)))
    if code in _SENTENCES:
        wrong, right = _SENTENCES[code]
        kind = RetriableSourceError if code in _PASSING else FatalSourceError
        return kind(Problem(place, wrong, right))
    told = f": {os.strerror(code)}" if code and code > 0 else ""
    return RetriableSourceError(Problem(place, f"failed with {type(error).__name__}{told}", "run again later"))


def errno_of(error: BaseException) -> int | None:
    """The operating system's number for what went wrong, by whichever library it is told; None if it was not that."""
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
    found = [getattr(error, name, None) for name in ("filename", "filename2", _PLACE)] + [told and told["path"]]
    names = [os.fsdecode(each) for each in found if isinstance(each, str | bytes) and each]
    return names[0] if names else None
