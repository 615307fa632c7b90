"""Gzip on all cores: a file in blocks that are compressed side by side, as pigz does it.

Each block is a gzip file of its own, and concatenated gzip files are one gzip file (RFC 1952, section 2.2): whatever
reads gzip reads this. Block boundaries depend on the content alone, so that equal content gives equal bytes.
"""

import os
import zlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import IO, Self

_BLOCK_BYTES = 2**20
"""Large enough that compressing a block without the blocks before it costs less than a hundredth of its size."""

_MOST_THREADS = 8
_GZIP_FILE = 16 + zlib.MAX_WBITS
"""zlib's value for a gzip file with the largest window; the time in its header is 0."""


class BlockGzip:
    """A stream that compresses what is written to it. Memory: twice as many blocks as there are threads."""

    def __init__(self, file: IO[bytes], level: int) -> None:
        self._file, self._level = file, level
        threads = min(os.cpu_count() or 1, _MOST_THREADS)
        self._most_waiting = 2 * threads
        self._pool = ThreadPoolExecutor(threads)
        self._waiting: deque[Future[bytes]] = deque()
        self._block = bytearray()
        self._written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._compress_block()  # even for an empty file: zero bytes are not a gzip file
                while self._waiting:
                    self._write_one()
        finally:
            self._pool.shutdown(cancel_futures=True)

    def tell(self) -> int:
        """How much has been written, before compression."""
        return self._written

    def write(self, content: bytes) -> int:
        """Take more content; waits while too many blocks wait to be compressed."""
        self._block += content
        self._written += len(content)
        while len(self._block) >= _BLOCK_BYTES:
            self._compress_block()
        return len(content)

    def _compress_block(self) -> None:
        block = bytes(memoryview(self._block)[:_BLOCK_BYTES])
        del self._block[:_BLOCK_BYTES]
        while len(self._waiting) >= self._most_waiting:
            self._write_one()
        self._waiting.append(self._pool.submit(zlib.compress, block, self._level, _GZIP_FILE))

    def _write_one(self) -> None:
        self._file.write(self._waiting.popleft().result())
