"""Small archives, and what is in them."""

import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pipeline_lib.delivery.archive import Compression, Label, Member, write_archive

AS_OF = datetime(2025, 9, 13, 23, tzinfo=UTC)


def members(folder: Path, contents: Mapping[str, bytes]) -> list[Member]:
    """Files that are made in a folder, as members of an archive."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    @contextmanager
    def opened(name: str) -> Iterator[Path]:
        yield folder / name

    return [Member(name, partial(opened, name)) for name in contents]


def packed(tmp_path: Path, contents: Mapping[str, bytes], compression: Compression = "gzip", name: str = "a") -> Path:
    """An archive of files that are made for it."""
    to = tmp_path / f"{name}.archive"
    write_archive(members(tmp_path / name, contents), to, Label("demo", AS_OF), compression)
    return to


def content_of(tar: tarfile.TarFile, name: str | tarfile.TarInfo) -> bytes:
    """The content of a file in an archive."""
    opened = tar.extractfile(name)
    assert opened is not None
    return opened.read()
