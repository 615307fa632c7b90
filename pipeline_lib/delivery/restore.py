"""Restores an archive's payload as files: complete and as it was packed, or not at all.

An archive may come from anywhere by the time that somebody needs it, so nothing in it is trusted: only plain files with
plain relative names are unpacked, limits hold for their number and size, and every file is checked against its hash in
the archive's manifest.
"""

import gzip
import hashlib
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import IO, cast

import pyarrow as pa

from pipeline_lib.delivery.archive import MANIFEST, PAYLOAD, TAG_MANIFEST, Packed, decoded
from pipeline_lib.errors import DataError, Problem
from pipeline_lib.input_files import open_input
from pipeline_lib.machine_errors import placing
from pipeline_lib.progress import track

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_CHUNK_BYTES = 2**20

_MOST_EXPANSION = 200
"""Unpacked bytes per byte of the archive. Histories, which compress best, give about 40; zeros give 1,000."""
_ALWAYS_ALLOWED_BYTES = 64 * 2**20
_MOST_FILES = 1_000_000
_MOST_BETWEEN_FILES_BYTES = 2**20
"""For the headers before a file and the archive's end: some kilobytes. tarfile keeps long names etc. in memory."""
_MANIFESTS = frozenset({MANIFEST, TAG_MANIFEST})
"""The files whose text is kept in memory."""
_MOST_MANIFEST_BYTES = 256 * 2**20
_SHOWN_PROBLEMS = 20

_DAMAGED = (tarfile.TarError, EOFError, OSError, zlib.error)
"""What reading a truncated or changed file raises; a pyarrow stream raises a bare OSError."""

_FETCH_AGAIN = "fetch the archive again from where it is kept, or take another"


def restore_archive(archive: Path, to: Path) -> Packed:
    """Unpacks an archive's payload into a folder, once every file in it has passed its check.

    Args:
        archive: The file.
        to: The folder to make. It may exist if it is empty.

    Raises:
        DataError: It is not an archive of this pipeline, is truncated or changed, or holds something that no archive of
            this pipeline holds. Nothing is unpacked.
        OSError: The archive cannot be read, or the folder cannot be written.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise DataError(Problem(str(to), "is there already", "name a folder that does not exist yet, or an empty one"))
    to.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(mkdtemp(prefix=f".{to.name}-", dir=to.parent))
    try:
        unpacked = _unpack(archive, scratch)
        _check(archive, unpacked)
        (scratch / PAYLOAD).mkdir(exist_ok=True)
        if to.exists():
            to.rmdir()
        (scratch / PAYLOAD).rename(to)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    payload = [name for name in unpacked.sha256_of if name.startswith(f"{PAYLOAD}/")]
    return Packed(len(payload), sum(unpacked.size_of[name] for name in payload))


@dataclass
class _Unpacked:
    """What came out of an archive, by names relative to the bag."""

    sha256_of: dict[str, str] = field(default_factory=dict)
    size_of: dict[str, int] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    """The texts of the manifests."""


def _unpack(archive: Path, to: Path) -> _Unpacked:
    unpacked = _Unpacked()
    try:
        with _decompressed(archive) as content:
            _unpack_all(archive, _Bounded(content, archive), to, unpacked)
    except _DAMAGED as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # an error of the disk, not of the archive
        damaged = DataError(Problem(str(archive), "was cut or changed since it was written", _FETCH_AGAIN))
    else:
        return unpacked
    raise damaged


def _unpack_all(archive: Path, stream: "_Bounded", to: Path, unpacked: _Unpacked) -> None:
    allowance = max(_ALWAYS_ALLOWED_BYTES, archive.stat().st_size * _MOST_EXPANSION)
    with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|") as tar:
        for entry in track(tar, "Unpacking the archive"):
            name = _name_inside(archive, entry)
            allowance -= entry.size
            is_large = name in _MANIFESTS and entry.size > _MOST_MANIFEST_BYTES
            if allowance < 0 or is_large or len(unpacked.size_of) >= _MOST_FILES:
                raise _too_much(archive)
            stream.expect(entry.size)
            try:
                with placing(str(to.parent)):
                    _extract(tar, entry, name, to, unpacked)
            except (FileExistsError, NotADirectoryError):
                raise _refused(archive, "holds a file twice, or a file and a folder of the same name") from None
        _read_to_the_end(stream)


class _Bounded:
    """A stream that stops reading at more bytes than a file's size and its headers explain."""

    def __init__(self, stream: IO[bytes], archive: Path) -> None:
        self._stream, self._archive = stream, archive
        self._left = _MOST_BETWEEN_FILES_BYTES

    def expect(self, size: int) -> None:
        """Allow for a file of that size, and for the headers between it and the next."""
        self._left = size + _MOST_BETWEEN_FILES_BYTES

    def read(self, size: int) -> bytes:
        content = self._stream.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise _too_much(self._archive)
        return content


def _read_to_the_end(stream: _Bounded) -> None:
    """Read on to the compressed file's own checksum, which comes after everything that tar reads."""
    while stream.read(_CHUNK_BYTES):
        pass


def _name_inside(archive: Path, entry: tarfile.TarInfo) -> str:
    """The name of a tar entry's file in the bag, if an archive of this pipeline could hold it."""
    bag, _, name = entry.name.partition("/")
    parts = PurePosixPath(name).parts
    is_plain = bool(parts) and name == "/".join(parts) and not {"", ".", ".."}.intersection((bag, *parts))
    if not entry.isreg() or entry.issparse() or not is_plain or "\0" in name or "\\" in name:
        raise _refused(archive, "holds something other than plain files inside one folder")
    return name


def _extract(tar: tarfile.TarFile, entry: tarfile.TarInfo, name: str, to: Path, unpacked: _Unpacked) -> None:
    content = cast("IO[bytes]", tar.extractfile(entry))
    target, sha256, kept = to / name, hashlib.sha256(), []
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        while chunk := content.read(_CHUNK_BYTES):
            sha256.update(chunk)
            file.write(chunk)
            if name in _MANIFESTS:
                kept.append(chunk)
    unpacked.sha256_of[name], unpacked.size_of[name] = sha256.hexdigest(), entry.size
    if kept:
        unpacked.tags[name] = b"".join(kept).decode("utf-8", "replace")


def _check(archive: Path, unpacked: _Unpacked) -> None:
    """Compares everything that was unpacked with the manifests."""
    if not unpacked.sha256_of.keys() >= _MANIFESTS:
        wrong = "ends before its manifest, or is not an archive of this pipeline"
        raise DataError(Problem(str(archive), wrong, _FETCH_AGAIN))
    promised = _promised(unpacked.tags.get(MANIFEST, "")) | _promised(unpacked.tags.get(TAG_MANIFEST, ""))
    found = {name: sha256 for name, sha256 in unpacked.sha256_of.items() if name != TAG_MANIFEST}
    wrong_of = {
        **{name: "is not what was packed" for name in promised.keys() & found.keys() if promised[name] != found[name]},
        **dict.fromkeys(promised.keys() - found.keys(), "is missing"),
        **dict.fromkeys(found.keys() - promised.keys(), "is not in the manifest"),
    }
    problems = [Problem(f"{archive}: {name}", wrong, _FETCH_AGAIN) for name, wrong in sorted(wrong_of.items())]
    if len(problems) > _SHOWN_PROBLEMS:
        more = len(problems) - _SHOWN_PROBLEMS
        problems[_SHOWN_PROBLEMS:] = [Problem(str(archive), f"{more:,} more files are wrong", _FETCH_AGAIN)]
    if problems:
        raise DataError(*problems)


def _promised(manifest: str) -> dict[str, str]:
    lines = (line.partition("  ") for line in manifest.split("\n") if line)
    return {decoded(name): sha256 for sha256, _, name in lines}


def _refused(archive: Path, wrong: str) -> DataError:
    return DataError(Problem(str(archive), wrong, "do not trust it: no archive of this pipeline is like that"))


def _too_much(archive: Path) -> DataError:
    return _refused(archive, "would unpack to far more than its size explains")


@contextmanager
def _decompressed(archive: Path) -> Iterator[IO[bytes]]:
    with open_input(archive) as file:
        magic = file.read(len(_ZSTD_MAGIC))
        file.seek(0)
        if magic.startswith(_GZIP_MAGIC):
            with gzip.GzipFile(fileobj=file) as unzipped:
                yield cast("IO[bytes]", unzipped)
        elif magic == _ZSTD_MAGIC:
            with pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd") as stream:
                yield cast("IO[bytes]", stream)
        else:
            wrong = "is neither gzip nor zstd"
            raise DataError(Problem(str(archive), wrong, "name an archive that this pipeline wrote"))
