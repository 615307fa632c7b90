import os
from pathlib import Path

import pytest

from pipeline_lib.config import file_stamps as stamps
from pipeline_lib.config.file_stamps import stamp_of


def test_a_files_stamp_is_that_of_its_content(tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    first.write_bytes(b"{}")
    second.write_bytes(b"{}")
    assert stamp_of(first) == stamp_of(second)
    times = first.stat()
    first.write_bytes(b"[]")
    os.utime(first, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert stamp_of(first) != stamp_of(second)


def test_a_folders_stamp_is_that_of_its_json_files_names(tmp_path: Path) -> None:
    empty = stamp_of(tmp_path)
    (tmp_path / "x.txt").write_bytes(b"")
    assert stamp_of(tmp_path) == empty
    (tmp_path / "x.json").write_bytes(b"")
    assert stamp_of(tmp_path) != empty


def test_what_cannot_be_read_has_a_stamp_too_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "loop.json").symlink_to("loop.json")
    found = [stamp_of(tmp_path / name) for name in ("pipe.json", "loop.json", "missing.json", "\0.json")]
    assert len(set(found)) == 4
    assert stamp_of(Path("/dev/zero")).startswith("no file")


def test_a_file_that_is_far_too_long_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "_LONGEST_READ", 3)
    (tmp_path / "long.json").write_bytes(b"[1, 2]")
    assert stamp_of(tmp_path / "long.json").startswith("6 bytes")
