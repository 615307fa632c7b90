import gzip
import os
import socket
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib import input_files
from pipeline_lib.errors import DataError
from pipeline_lib.input_files import data_file, is_input, open_input, read_data, read_input, reason, unzipped
from pipeline_lib.machine_errors import explained


def said(path: Path, most_bytes: int | None = None) -> str:
    with pytest.raises((OSError, ValueError)) as caught:
        read_input(path, most_bytes)
    assert isinstance(caught.value, OSError | ValueError)
    return reason(caught.value)[0]


def make_large(path: Path) -> None:
    path.touch()
    os.truncate(path, 2**20 + 1)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(path.name)


MADE: list[tuple[str, Callable[[Path], object]]] = [
    ("is a named pipe, not a file", os.mkfifo),
    ("is a socket, not a file", make_socket),
    ("is a folder, not a file", Path.mkdir),
    ("is a device, not a file", lambda path: path.symlink_to("/dev/zero")),
    ("is a device, not a file", lambda path: path.symlink_to("/dev/null")),
    ("is a link that leads to itself", lambda path: path.symlink_to(path.name)),
    ("there is no such file", lambda path: path.symlink_to("nowhere")),
    ("there is no such file", lambda _: None),
    ("is larger than 1 MB, and is not read", make_large),
]


@pytest.mark.parametrize(("wrong", "make"), MADE)
def test_what_is_no_file_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, make: Callable[[Path], object]
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    make(tmp_path / "it")
    assert said(tmp_path / "it", 2**20) == wrong


def test_a_file_larger_than_memory_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as opened:
        opened.truncate(2**43)
    assert said(tmp_path / "huge").startswith("is larger than ")


def test_a_file_of_just_the_size_is_read_and_through_a_link_too(tmp_path: Path) -> None:
    (tmp_path / "it").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("it")
    assert (read_input(tmp_path / "link", 5), is_input(tmp_path / "link")) == (b"12345", True)
    assert said(tmp_path / "it", 4) == "is larger than 4 bytes, and is not read"


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "\ud800" * 200])
def test_a_name_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    assert said(tmp_path / name) == "no file can have this name"
    assert not is_input(tmp_path / name)


def test_a_file_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "it").touch()
    assert said(tmp_path / "it" / "a.json") == "is not a folder, or lies below a file"


def test_permission_is_asked_for() -> None:
    assert reason(PermissionError(13, "x"))[1] == "give this user the permission to read it"


def test_data_that_cannot_be_read_is_a_problem_of_its_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jsonl")
    for read in (read_data, lambda path: data_file(path).__enter__()):
        with pytest.raises(DataError, match=r"/a\.jsonl: is a named pipe, not a file; name another file$"):
            read(tmp_path / "a.jsonl")


def test_a_disk_that_fails_is_no_persons_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("pipeline_lib.input_files.open_input", fail)
    with pytest.raises(OSError, match="Input/output error"):
        read_data(tmp_path / "a.jsonl")


def test_no_more_memory_is_asked_for_than_a_file_needs(tmp_path: Path) -> None:
    (tmp_path / "it").write_bytes(b"x" * 1000)
    tracemalloc.start()
    try:
        read_input(tmp_path / "it")
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 2**20


def test_a_file_that_says_it_were_empty_is_held_to_the_bound() -> None:
    path = Path("/proc/self/status")
    if not path.exists():
        pytest.skip("there is no /proc here")
    assert read_input(path).startswith(b"Name:")
    assert said(path, 10) == "is larger than 10 bytes, and is not read"


def test_what_gzip_has_compressed_is_known_by_its_content() -> None:
    assert unzipped(b"haa", "a.jsonl") == b"haa"
    assert unzipped(b"", "a.jsonl") == b""
    assert unzipped(gzip.compress(b"haa", mtime=0) + gzip.compress(b" maya", mtime=0), "a.jsonl") == b"haa maya"


@pytest.mark.parametrize(
    "content", [gzip.compress(b"secret", mtime=0)[:-9], b"\x1f\x8b\x08secret", gzip.compress(b"a", mtime=0) + b"secret"]
)
def test_damaged_gzip_is_named_without_what_stands_in_it(content: bytes) -> None:
    with pytest.raises(DataError) as raised:
        unzipped(content, "a.jsonl")
    assert str(raised.value) == "a.jsonl: is no whole gzip file; copy it again"


def test_what_would_fill_the_memory_is_not_unzipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_files, "_memory_bytes", lambda: 1000)
    with pytest.raises(DataError, match=r"^a\.jsonl: is larger than 1,000 bytes, and is not read"):
        unzipped(gzip.compress(b"0" * 10_000_000, mtime=0), "a.jsonl")


def test_what_gzip_has_compressed_takes_memory_for_its_content_and_not_for_all_that_it_might_be() -> None:
    tracemalloc.start()
    try:
        unzipped(gzip.compress(b"haa", mtime=0), "a.jsonl")
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_disk_that_cannot_be_read_is_told_with_the_file(tmp_path: Path) -> None:
    unreadable = Path("/proc/self/mem")  # its first bytes are nobody's
    if not unreadable.exists():
        pytest.skip("there is no /proc here")
    (tmp_path / "a.jsonl").symlink_to(unreadable)

    def read_lines(path: Path) -> None:
        with data_file(path) as opened:
            next(opened)

    for read in (read_data, read_lines):
        with pytest.raises(OSError, match="Input/output error") as caught:
            read(tmp_path / "a.jsonl")
        told = explained(caught.value)
        assert str(told).startswith(f"{tmp_path}/a.jsonl: its disk could not be read or written; look at the machine's")


def test_what_is_no_file_is_told_with_its_place_where_nobody_else_does(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="is a folder") as caught:
        open_input(tmp_path)
    assert str(explained(caught.value)) == f"{tmp_path}: is a folder, not a file; name another file"
