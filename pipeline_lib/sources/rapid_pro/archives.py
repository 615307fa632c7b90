"""RapidPro's archives: runs that left the live listings, by day or month, as gzipped JSON lines (sources.md A.6)."""

import hashlib
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from pipeline_lib.errors import Problem, RetriableSourceError

_GZIP = 16 + zlib.MAX_WBITS
_BLOCK_BYTES = 1 << 18


@dataclass(frozen=True)
class Archive:
    """One archive of runs. Its `key` is fixed; its content is identified by `hash`, which may change."""

    start_date: date
    """Its first day, in UTC; runs are in the archive of the day of their `modified_on`."""
    period: Literal["daily", "monthly"]
    record_count: int
    size: int
    """The size of the file, in bytes."""
    hash: str | None
    """MD5 of the file; None if there is no file because there are no records."""
    download_url: str | None = field(repr=False)
    """Valid for a day, for anyone who has it."""

    @property
    def key(self) -> str:
        """Its unique key: `run|monthly|2025-05-01`."""
        return f"run|{self.period}|{self.start_date}"


def archive_of(item: Mapping[str, Any]) -> Archive | None:
    """The archive for an item of `archives.json`; None if it is not one of runs.

    Raises:
        ValueError, KeyError, TypeError: It is not such an item.
    """
    if item.get("type", item.get("archive_type")) != "run":
        return None
    period, counts = item["period"], (item["record_count"], item["size"])
    if period not in {"daily", "monthly"} or not all(type(each) is int for each in counts):
        raise ValueError
    texts = (item["hash"], item["download_url"])
    if not all(text is None or isinstance(text, str) for text in texts):
        raise TypeError
    return Archive(date.fromisoformat(item["start_date"]), period, *counts, *(text or None for text in texts))


def verified_lines(
    archive: Archive, pieces: Iterable[bytes], *, place: str, only: Collection[bytes] = ()
) -> Iterator[bytes]:
    """The archive's JSON lines, without line ends, a few at a time in memory.

    Only at the end is it known whether the file is as listed: if this raises, the lines read before must be discarded.

    Args:
        archive: As it was listed.
        pieces: The file's bytes, as they come.
        place: How errors name the source.
        only: If there are any, a line must contain one of them; the others are counted and left out.

    Raises:
        RetriableSourceError: The file is not gzip, is truncated, or is not the one that was listed.
    """
    digest = hashlib.md5(usedforsecurity=False)
    size = line_count = 0

    def measured() -> Iterator[bytes]:
        nonlocal size
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            yield piece

    is_gzip = True
    try:
        for line in _lines(_unzipped(measured())):
            line_count += 1
            if not only or any(part in line for part in only):
                yield line
    except (zlib.error, EOFError):
        is_gzip = False
    if not is_gzip:
        raise _not_as_listed(archive, place, "is not a complete gzip file")
    if size != archive.size:
        raise _not_as_listed(archive, place, f"has {size:,} bytes, not {archive.size:,}")
    if archive.hash is not None and digest.hexdigest() != archive.hash.lower():
        raise _not_as_listed(archive, place, "has another hash than the listed one")
    if line_count != archive.record_count:
        raise _not_as_listed(archive, place, f"has {line_count:,} records, not {archive.record_count:,}")


def _unzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The content of concatenated gzip members, as monthly archives have them; never more than a block at a time.

    Raises:
        zlib.error: Something is not gzip.
        EOFError: The last member has no end.
    """
    member = zlib.decompressobj(_GZIP)
    for piece in pieces:
        ahead = piece
        while ahead:
            if member.eof:
                member = zlib.decompressobj(_GZIP)
            yield member.decompress(ahead, _BLOCK_BYTES)
            ahead = member.unused_data or member.unconsumed_tail
    if not member.eof:
        raise EOFError


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    begun = b""
    for block in blocks:
        *lines, begun = (begun + block).split(b"\n")
        yield from filter(None, lines)
    if begun:
        yield begun


def _not_as_listed(archive: Archive, place: str, wrong: str) -> RetriableSourceError:
    right = "try again: it may have been rewritten since it was listed, or its download broke off"
    return RetriableSourceError(Problem(place, f"archive {archive.key} {wrong}", right))
