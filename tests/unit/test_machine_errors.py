"""What the machine does not do, as the libraries tell it and as people read it."""

import errno
import os
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
import requests

from pipeline_lib.errors import ConfigError, FatalSourceError, PipelineError, Problem, RetriableSourceError
from pipeline_lib.input_files import UnusableFileError
from pipeline_lib.machine_errors import explained, placing, told_in_sentences

ROOM = "make room there, then run again: what was published before is still there"


def said(error: BaseException) -> str:
    told = explained(error)
    assert told is not None
    return str(told)


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left", "/data/a.csv"), RetriableSourceError, "/data/a.csv: its disk is full"),
        (OSError(errno.EDQUOT, "Quota", b"/data/a.csv"), RetriableSourceError, "/data/a.csv: this user's share of"),
        (OSError(errno.EIO, "I/O error"), RetriableSourceError, "this machine: its disk could not be read or written"),
        (OSError(errno.EMFILE, "Too many"), RetriableSourceError, "this machine: too many files are open; raise"),
        (OSError(errno.EROFS, "RO", "/data/a"), FatalSourceError, "/data/a: its disk is mounted read-only; mount"),
        (
            PermissionError(errno.EACCES, "no", "/data/a"),
            FatalSourceError,
            "/data/a: this user lacks the permission for it",
        ),
        (FileNotFoundError(errno.ENOENT, "no", "/data/a"), FatalSourceError, "/data/a: there is no such file"),
        (NotADirectoryError(errno.ENOTDIR, "no", "/data/a/b"), FatalSourceError, "/data/a/b: is not a folder, or lies"),
        (OSError(errno.ENAMETOOLONG, "no", "/data/aa"), FatalSourceError, "/data/aa: its name is longer than"),
        (FileNotFoundError("a text that is nobody's"), FatalSourceError, "this machine: there is no such file"),
        (
            OSError(errno.EXDEV, "cross", "/data/a"),
            RetriableSourceError,
            "/data/a: failed with OSError: Invalid cross-",
        ),
        (
            UnusableFileError(errno.EFBIG, "is larger than 2 MB, and is not read", "/data/a"),
            FatalSourceError,
            "/data/a: is larger than 2 MB, and is not read; name another file",
        ),
        *(
            (error, RetriableSourceError, "the temporary folder: cannot be written to, or its disk is full; make room")
            for error in (
                FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp', '/data']"),
                OSError("Matplotlib requires a cache directory, and a temporary directory could not be created"),
            )
        ),
        (TimeoutError(), RetriableSourceError, "the network: failed with TimeoutError; run again later"),
        (
            requests.ConnectionError("https://host/?token=secret"),
            RetriableSourceError,
            "the network: failed with ConnectionError; run again later",
        ),
        (
            OSError("Read-only file system (os error 30): /data/a b.csv"),
            FatalSourceError,
            "/data/a b.csv: its disk is mounted read-only; mount",
        ),
        (
            pl.exceptions.ComputeError("parquet: underlying IO error: No space left on device (os error 28)"),
            RetriableSourceError,
            "this machine: its disk is full",
        ),
    ],
)
def test_it_is_a_sentence_with_place_and_remedy(error: Exception, kind: type[PipelineError], sentence: str) -> None:
    assert said(error).startswith(sentence)
    assert "; " in said(error)
    assert type(explained(error)) is kind


@pytest.mark.parametrize(
    "error",
    [
        TypeError(),
        KeyboardInterrupt(),
        pl.exceptions.ComputeError("could not parse `0612345678` as dtype `i64`"),
        sqlite3.OperationalError("no such column: a"),
        ConfigError(Problem("a", "b")),
        BrokenPipeError(errno.EPIPE, "Broken pipe"),
    ],
)
def test_what_is_not_the_machines_stays_what_it_is(error: BaseException) -> None:
    assert explained(error) is None
    with pytest.raises(type(error)) as raised, told_in_sentences():
        raise error
    assert raised.value is error


def test_what_was_being_read_is_not_carried_along_and_where_is() -> None:
    with pytest.raises(RetriableSourceError) as raised, told_in_sentences():
        raise OSError(errno.ENOSPC, "0612345678 says")
    assert raised.value.__suppress_context__
    assert raised.value.__cause__ is None
    assert [frame.name for frame in raised.traceback][
        -1
    ] == "test_what_was_being_read_is_not_carried_along_and_where_is"


def test_a_write_that_names_no_file_is_placed_by_who_writes_and_the_innermost_counts() -> None:
    for error in (OSError(errno.ENOSPC, "No space"), pl.exceptions.ComputeError("(os error 28)")):
        with (
            pytest.raises(RetriableSourceError) as raised,
            told_in_sentences(),
            placing("file:///data/Outputs"),
            placing("/scratch"),
        ):
            raise error
        assert str(raised.value) == f"/scratch: its disk is full; {ROOM}"


def test_a_folder_that_was_taken_away_meanwhile_is_told_by_what_was_to_be_written(tmp_path: Path) -> None:
    for error, said in [
        (
            FileNotFoundError(errno.ENOENT, "no", str(tmp_path / "new" / "a.csv")),
            "was taken away while it was written; see",
        ),
        (PermissionError(errno.EACCES, "no", str(tmp_path / "new")), "this user lacks the permission for it; give"),
    ]:
        with (
            pytest.raises(PipelineError, match=rf"^file:///data/a\.csv: .*{said}"),
            told_in_sentences(),
            placing("file:///data/a.csv", tmp_path / "new"),
        ):
            raise error
    elsewhere = FileNotFoundError(errno.ENOENT, "no", str(tmp_path / "newer"))
    with (
        pytest.raises(FatalSourceError, match=f"^{tmp_path}/newer: there is no such file"),
        told_in_sentences(),
        placing("file:///data/a.csv", tmp_path / "new"),
    ):
        raise elsewhere


def test_what_is_no_write_is_not_placed() -> None:
    with pytest.raises(RetriableSourceError, match=r"^the network: "), told_in_sentences(), placing("file:///data"):
        raise ConnectionResetError(errno.ECONNRESET, "reset")


@pytest.mark.slow
@pytest.mark.parametrize("writes", ["write_csv", "write_parquet", "write_ndjson", "sink_csv", "sink_parquet"])
def test_a_file_larger_than_may_be_is_told_whatever_writes_it(tmp_path: Path, writes: str) -> None:
    program = f"""
import resource, polars as pl
from pipeline_lib.machine_errors import placing, told_in_sentences
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
frame = pl.DataFrame({{"a": [str(n) for n in range(100_000)]}})
try:
    with told_in_sentences(), placing("the outputs"):
        (frame.lazy() if {writes!r}.startswith("sink") else frame).{writes}({str(tmp_path / "a")!r})
except Exception as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    sentence = "the outputs: would be larger than files may be there; raise the limit (ulimit -f), then run again"
    assert done.stdout.startswith(f"RetriableSourceError {sentence}")


def test_sqlites_own_words_for_a_disk_are_told_too(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)) as database:
        database.execute("CREATE TABLE a (a)")
        database.execute("PRAGMA max_page_count = 2")
        with pytest.raises(RetriableSourceError) as raised, told_in_sentences(), placing("the database"):
            database.execute("INSERT INTO a VALUES (zeroblob(100000))")
    assert str(raised.value) == f"the database: its disk is full; {ROOM}"


def test_too_many_open_files_is_told(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened: list[int] = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
    try:
        with pytest.raises(RetriableSourceError, match="too many files are open") as raised, told_in_sentences():
            opened.extend(os.open(tmp_path, os.O_RDONLY) for _ in range(1000))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in opened:
            os.close(descriptor)
    assert raised.value.problems[0].place == str(tmp_path)
