import hashlib
import tarfile
from pathlib import Path

import pytest

from pipeline_lib.delivery.archive import Compression, Label, Packed, write_archive
from tests.unit.delivery.archives import AS_OF, content_of, members, packed


def test_an_archive_is_a_bag_with_a_hash_for_every_file(tmp_path: Path) -> None:
    archive = tmp_path / "a.tar.gz"
    given = members(tmp_path / "data", {"runs/b/messages.csv": b"uid\n", "config/pipeline.json": b"{}"})
    result = write_archive(given, archive, Label("demo", AS_OF, {"Run": "b"}), "gzip")
    assert result == Packed(file_count=2, byte_count=6)
    with tarfile.open(archive) as tar:
        texts = {entry.name: content_of(tar, entry).decode() for entry in tar}
        entries = [(entry.name, entry.mtime, entry.mode, entry.uid, entry.uname) for entry in tar]
    assert texts["demo/bagit.txt"] == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    assert texts["demo/bag-info.txt"] == "Run: b\nBagging-Date: 2025-09-13\nPayload-Oxum: 6.2\n"
    assert texts["demo/manifest-sha256.txt"] == (
        f"{hashlib.sha256(b'{}').hexdigest()}  data/config/pipeline.json\n"
        f"{hashlib.sha256(b'uid' + bytes([10])).hexdigest()}  data/runs/b/messages.csv\n"
    )
    assert [line.partition("  ")[2] for line in texts["demo/tagmanifest-sha256.txt"].splitlines()] == [
        "bag-info.txt",
        "bagit.txt",
        "manifest-sha256.txt",
    ]
    assert entries[1] == ("demo/data/config/pipeline.json", 1757804400, 0o644, 0, "")


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_equal_files_give_equal_bytes(tmp_path: Path, compression: Compression) -> None:
    one = packed(tmp_path, {"a.csv": b"1", "b.csv": b"2"}, compression, "one")
    other = packed(tmp_path, {"b.csv": b"2", "a.csv": b"1"}, compression, "other")
    assert one.read_bytes() == other.read_bytes()


def test_a_name_with_a_line_break_or_a_percent_sign_has_one_line_in_the_manifest(tmp_path: Path) -> None:
    archive = packed(tmp_path, {"50%\n.csv": b"1"})
    with tarfile.open(archive) as tar:
        manifest = content_of(tar, "demo/manifest-sha256.txt").decode()
    assert manifest == f"{hashlib.sha256(b'1').hexdigest()}  data/50%25%0A.csv\n"


def test_long_and_somali_names_are_kept(tmp_path: Path) -> None:
    name = "Raw Data/" + "d" * 150 + "/Dhuusamarreeb ñ.jsonl"
    with tarfile.open(packed(tmp_path, {name: b"1"})) as tar:
        assert f"demo/data/{name}" in tar.getnames()
