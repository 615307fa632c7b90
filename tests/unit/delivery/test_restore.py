import gzip
import io
import random
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from pipeline_lib.delivery import restore
from pipeline_lib.delivery.archive import Compression, Packed
from pipeline_lib.delivery.restore import restore_archive
from pipeline_lib.errors import DataError
from tests.unit.delivery.archives import content_of, packed

CONTENTS = {
    "config/pipeline.json": b"{}",
    "runs/1/Outputs/messages.csv": b"uid,text\n" * 5_000,
    "50%\n.csv": b"1",
    "empty": b"",
}


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def tar_of(path: Path, *entries: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for entry, content in entries:
            entry.size = len(content) if entry.isreg() else 0
            tar.addfile(entry, io.BytesIO(content))
    return path


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
@pytest.mark.parametrize("is_made_before", [False, True])
def test_what_was_packed_is_there_again(tmp_path: Path, compression: Compression, is_made_before: bool) -> None:
    archive, to = packed(tmp_path, CONTENTS, compression), tmp_path / "deep" / "restored"
    if is_made_before:
        to.mkdir(parents=True)
    assert restore_archive(archive, to) == Packed(file_count=4, byte_count=45_003)
    assert files_below(to) == CONTENTS
    assert [path.name for path in to.parent.iterdir()] == ["restored"]


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_an_archive_that_is_cut_anywhere_is_refused(tmp_path: Path, compression: Compression) -> None:
    archive = packed(tmp_path, CONTENTS, compression)
    whole = archive.read_bytes()
    for length in random.Random(1).sample(range(len(whole)), 40):  # noqa: S311 - a test that is the same every time
        archive.write_bytes(whole[:length])
        with pytest.raises(DataError):
            restore_archive(archive, tmp_path / "restored")
        assert not (tmp_path / "restored").exists()


@pytest.mark.slow
@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_an_archive_with_another_byte_is_refused_or_gives_what_was_packed(
    tmp_path: Path, compression: Compression
) -> None:
    """A changed byte that means nothing, such as the time in gzip's header, does no harm."""
    archive = packed(tmp_path, CONTENTS, compression)
    whole, refused_count, dice = archive.read_bytes(), 0, random.Random(2)  # noqa: S311 - a test that is the same every time
    for number, place in enumerate(dice.sample(range(len(whole)), 100)):
        changed = bytearray(whole)
        changed[place] ^= dice.randrange(1, 256)
        archive.write_bytes(changed)
        to = tmp_path / f"restored-{number}"
        try:
            restore_archive(archive, to)
        except DataError:
            refused_count += 1
            assert not to.exists()
        else:
            assert files_below(to) == CONTENTS
    assert refused_count > 80


@pytest.mark.parametrize(
    "hostile",
    [
        entry("demo/data/../../evil"),
        entry("../evil"),
        entry("/evil"),
        entry("demo/./evil"),
        entry("evil"),
        entry("demo/data/c\\evil"),
        entry("demo/data/link", tarfile.SYMTYPE, "/etc/passwd"),
        entry("demo/data/link", tarfile.LNKTYPE, "demo/data/other"),
        entry("demo/data/device", tarfile.CHRTYPE),
        entry("demo/data/pipe", tarfile.FIFOTYPE),
        entry("demo/data/folder", tarfile.DIRTYPE),
    ],
    ids=lambda hostile: hostile.name,
)
def test_what_no_archive_of_ours_holds_is_refused(tmp_path: Path, hostile: tarfile.TarInfo) -> None:
    archive = tar_of(tmp_path / "hostile.tar.gz", (entry("demo/data/fine"), b"1"), (hostile, b"evil"))
    with pytest.raises(DataError) as raised:
        restore_archive(archive, tmp_path / "out" / "restored")
    (problem,) = raised.value.problems
    assert problem.wrong == "holds something other than plain files inside one folder"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hostile.tar.gz", "out"]
    assert not any((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    "names", [("a", "a"), ("a", "a/b"), ("a/b", "a")], ids=["a file", "a file as a folder", "a folder as a file"]
)
def test_a_file_that_stands_twice_is_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    archive = tar_of(tmp_path / "a.tar.gz", *((entry(f"demo/data/{name}"), b"1") for name in names))
    with pytest.raises(DataError, match="holds a file twice"):
        restore_archive(archive, tmp_path / "restored")
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


@pytest.mark.slow
def test_a_small_archive_that_unpacks_to_a_lot_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    archive = tar_of(tmp_path / "bomb.tar.gz", (entry("demo/data/zeros"), bytes(100 * 2**20)))
    with pytest.raises(DataError, match="far more than its size explains"):
        restore_archive(archive, tmp_path / "restored")
    assert [path.name for path in tmp_path.iterdir()] == ["bomb.tar.gz"]


def _long_name(size: int) -> bytes:
    """The header of a name of that length, as GNU tar writes it; the name is to follow."""
    header = entry("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    header.size = size
    return header.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.slow
def test_a_name_that_would_fill_the_memory_is_refused_before_it_does(tmp_path: Path) -> None:
    archive = tmp_path / "bomb.tar.gz"
    with gzip.open(archive, "wb") as zipped:
        zipped.write(_long_name(2**40))
        for _ in range(64):
            zipped.write(b"x" * 2**20)
    tracemalloc.start()
    with pytest.raises(DataError, match="far more than its size explains"):
        restore_archive(archive, tmp_path / "restored")
    assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    tracemalloc.stop()


@pytest.mark.slow
def test_what_follows_the_last_file_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    archive = packed(tmp_path, CONTENTS)
    archive.write_bytes(archive.read_bytes() + gzip.compress(bytes(100 * 2**20), mtime=0))
    with pytest.raises(DataError, match="far more than its size explains"):
        restore_archive(archive, tmp_path / "restored")


def test_a_file_of_less_than_nothing_is_refused(tmp_path: Path) -> None:
    header = bytearray(entry("demo/data/a").tobuf())
    header[124:136] = (2**96 - 2**20).to_bytes(12, "big")  # as GNU tar writes minus a mebibyte
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(bytes(header) + bytes(2**20), mtime=0))
    with pytest.raises(DataError):
        restore_archive(tmp_path / "a.tar.gz", tmp_path / "restored")
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_an_archive_without_its_last_byte_is_refused(tmp_path: Path, compression: Compression) -> None:
    archive = packed(tmp_path, CONTENTS, compression)
    archive.write_bytes(archive.read_bytes()[:-1])
    with pytest.raises(DataError, match="was cut or changed since it was written; fetch the archive again from where"):
        restore_archive(archive, tmp_path / "restored")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "a.archive"]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        pytest.param(0, "is neither gzip nor zstd; name an archive that this pipeline wrote", id="magic number"),
        pytest.param(2, "was cut or changed since it was written; fetch the archive again", id="method"),
        pytest.param(0.5, "was cut or changed since it was written; fetch the archive again", id="middle"),
        pytest.param(-8, "was cut or changed since it was written; fetch the archive again", id="sum at the end"),
        pytest.param(-1, "was cut or changed since it was written; fetch the archive again", id="size at the end"),
    ],
)
def test_an_archive_with_another_byte_in_a_place_that_counts_is_refused(
    tmp_path: Path, place: float, said: str
) -> None:
    archive = packed(tmp_path, {"noise": random.Random(3).randbytes(100_000), **CONTENTS})  # noqa: S311 - the same every time
    changed = bytearray(archive.read_bytes())
    changed[int(len(changed) * place) if 0 < place < 1 else int(place)] ^= 0x41
    archive.write_bytes(changed)
    with pytest.raises(DataError, match=said):
        restore_archive(archive, tmp_path / "restored")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "a.archive"]


def test_only_a_manifest_of_an_imaginable_size_is_kept_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restore, "_MOST_MANIFEST_BYTES", 1_000)
    archive = packed(tmp_path, {str(number): b"" for number in range(20)})
    with pytest.raises(DataError, match="far more than its size explains"):
        restore_archive(archive, tmp_path / "restored")


@pytest.mark.parametrize(
    ("name", "content", "wrong"),
    [
        ("data/runs/1/Outputs/messages.csv", b"changed", "is not what was packed"),
        ("data/empty", None, "is missing"),
        ("bag-info.txt", b"changed", "is not what was packed"),
        ("data/added", b"1", "is not in the manifest"),
        ("manifest-sha256.txt", None, "ends before its manifest, or is not an archive of this pipeline"),
        ("tagmanifest-sha256.txt", None, "ends before its manifest, or is not an archive of this pipeline"),
    ],
)
def test_a_file_that_is_not_as_the_manifest_says_is_named(
    tmp_path: Path, name: str, content: bytes | None, wrong: str
) -> None:
    archive = packed(tmp_path, CONTENTS)
    with tarfile.open(archive) as tar:
        contents = {found.name: content_of(tar, found) for found in tar}
    contents.pop(f"demo/{name}", None)
    if content is not None:
        contents[f"demo/{name}"] = content
    tar_of(archive, *((entry(each), text) for each, text in contents.items()))
    with pytest.raises(DataError) as raised:
        restore_archive(archive, tmp_path / "restored")
    (problem,) = raised.value.problems
    place = str(archive) if name.endswith("sha256.txt") else f"{archive}: {name}"
    assert (problem.place, problem.wrong) == (place, wrong)


def test_many_wrong_files_are_counted_and_the_first_are_named(tmp_path: Path) -> None:
    archive = packed(tmp_path, {f"{number:03}": b"1" for number in range(50)})
    with tarfile.open(archive) as tar:
        contents = {found.name: content_of(tar, found) for found in tar}
    changed = {name: b"2" if "/data/" in name else text for name, text in contents.items()}
    tar_of(archive, *((entry(each), text) for each, text in changed.items()))
    with pytest.raises(DataError) as raised:
        restore_archive(archive, tmp_path / "restored")
    assert len(raised.value.problems) == 21
    assert raised.value.problems[-1].wrong == "30 more files are wrong"


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", gzip.compress(b"not a tar" * 100, mtime=0), b"\x28\xb5\x2f\xfdxx"],
    ids=["empty", "a ZIP file", "gzip of something else", "zstd of nothing"],
)
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tar.gz").write_bytes(content)
    with pytest.raises(DataError):
        restore_archive(tmp_path / "a.tar.gz", tmp_path / "restored")


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    archive = packed(tmp_path, CONTENTS)
    (tmp_path / "restored").mkdir()
    (tmp_path / "restored" / "mine").write_text("1")
    with pytest.raises(DataError, match="is there already"):
        restore_archive(archive, tmp_path / "restored")
    assert files_below(tmp_path / "restored") == {"mine": b"1"}
