import gzip
import os
import random
import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.delivery import block_gzip
from pipeline_lib.delivery.block_gzip import BlockGzip

SOME = random.Random(1).randbytes(3_000) * 1_200  # noqa: S311 - three blocks and a half, the same every time


def compressed(path: Path, pieces: Iterable[bytes]) -> bytes:
    with path.open("wb") as file, BlockGzip(file, 6) as stream:
        for piece in pieces:
            stream.write(piece)
    return path.read_bytes()


@pytest.mark.parametrize("content", [b"", b"uid\n", SOME, SOME[: 2 * 2**20]], ids=["none", "little", "some", "whole"])
def test_what_reads_gzip_reads_it(tmp_path: Path, content: bytes) -> None:
    written = compressed(tmp_path / "a.gz", [content])
    assert gzip.decompress(written) == content
    if shutil.which("gzip") is not None:
        assert subprocess.run(["gzip", "-dc", tmp_path / "a.gz"], capture_output=True, check=True).stdout == content


def test_the_bytes_depend_on_the_content_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = compressed(tmp_path / "a.gz", [SOME])
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert compressed(tmp_path / "b.gz", [SOME[at : at + 10_007] for at in range(0, len(SOME), 10_007)]) == at_once


@pytest.mark.slow
def test_no_more_blocks_wait_than_twice_the_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, most = set[Any](), 0

    class Pool(ThreadPoolExecutor):
        def submit(self, *arguments: Any, **options: Any) -> Any:
            nonlocal most
            future: Any = super().submit(*arguments, **options)
            waiting.add(future)
            result = future.result

            def taken() -> Any:
                waiting.discard(future)
                return result()

            future.result = taken
            most = max(most, len(waiting))
            return future

    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    monkeypatch.setattr(block_gzip, "ThreadPoolExecutor", Pool)
    compressed(tmp_path / "a.gz", [SOME] * 10)
    assert most == 2


def test_an_error_of_whoever_writes_ends_it_at_once(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield SOME
        raise OSError(5, "the disk")

    before = threading.active_count()
    with pytest.raises(OSError, match="the disk"):
        compressed(tmp_path / "a.gz", pieces())
    assert threading.active_count() == before
    assert len((tmp_path / "a.gz").read_bytes()) < len(compressed(tmp_path / "b.gz", [SOME]))
