import os
import time
from pathlib import Path

import pytest

from pipeline_lib.config import file_stamps as stamps
from pipeline_lib.config.file_stamps import read_stamped, stamp_of, stat_data_of


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


def test_what_is_read_has_the_stamp_that_the_next_look_finds(tmp_path: Path) -> None:
    path, found = tmp_path / "a.json", dict[Path, str]()
    path.write_bytes(b"{}")
    assert read_stamped(path, 2, found) == b"{}"
    assert found == {path: stamp_of(path)}


@pytest.mark.parametrize("name", ["missing.json", "folder.json", "long.json", "\0.json"])
def test_what_could_not_be_read_is_tried_again_at_each_look(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "long.json").write_bytes(b"[1]")
    found = dict[Path, str]()
    with pytest.raises((OSError, ValueError)):
        read_stamped(tmp_path / name, 2, found)
    assert found[tmp_path / name].startswith(stamps.UNREADABLE)


def settle(*paths: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets so much time pass that what was done to these paths counts as long ago."""
    latest = max(max(path.stat().st_ctime_ns, path.stat().st_mtime_ns) for path in paths)
    monkeypatch.setattr(time, "time_ns", lambda: latest + 6 * 10**9)


def test_stat_data_are_others_whatever_is_done_to_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, other, link = tmp_path / "a.json", tmp_path / "b.json", tmp_path / "link.json"
    path.write_bytes(b"{}")
    link.symlink_to(path)
    settle(path, monkeypatch=monkeypatch)
    seen = [stat_data_of(str(path))]
    assert stat_data_of(str(path)) == stat_data_of(str(link)) == seen[0]
    times = path.stat()

    def look_again() -> None:
        settle(path, tmp_path, monkeypatch=monkeypatch)
        seen.append(stat_data_of(str(path)))

    path.write_bytes(b"[]")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # as cp -p and touch -r do
    look_again()
    path.chmod(0o600)
    look_again()
    other.write_bytes(b"[]")
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(path)
    look_again()
    assert None not in seen
    assert len(set(seen)) == 4


def test_a_folders_stat_data_are_others_with_each_file_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(tmp_path, monkeypatch=monkeypatch)
    empty = stat_data_of(str(tmp_path))
    (tmp_path / "x.json").write_bytes(b"")
    settle(tmp_path, monkeypatch=monkeypatch)
    assert None not in (empty, stat_data_of(str(tmp_path)))
    assert stat_data_of(str(tmp_path)) != empty


def test_the_stat_data_of_what_has_just_changed_or_is_not_there_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    assert stat_data_of(str(path)) is None
    path.write_bytes(b"{}")
    changed = path.stat().st_ctime_ns
    for passed, is_known in ((-(10**12), False), (0, False), (4 * 10**9, False), (5 * 10**9, True)):
        monkeypatch.setattr(time, "time_ns", lambda passed=passed: changed + passed)
        assert (stat_data_of(str(path)) is not None) is is_known, passed
