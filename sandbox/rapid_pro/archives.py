"""Archives: gzipped JSON lines of what has grown old, by UTC day or by month (sources.md A.6)."""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import md5
from typing import Literal, NamedTuple

import orjson

ArchiveType = Literal["run", "message"]
Period = Literal["daily", "monthly"]


class ArchiveKey(NamedTuple):
    """What stays the same however often an archive is rewritten."""

    type: ArchiveType
    period: Period
    start_date: date


@dataclass(frozen=True)
class Archive:
    """One version of an archive."""

    key: ArchiveKey
    lines: tuple[bytes, ...] = field(repr=False)
    """JSON objects, without line breaks."""
    content: bytes = field(repr=False)
    hash: str
    """MD5 of the content, which also tells versions apart."""

    @property
    def name(self) -> str:
        """The file's name; another version has another one."""
        period = self.key.period[0].upper()
        return f"{self.key.type}_{period}{self.key.start_date:%Y%m%d}_{self.hash}.jsonl.gz"


def archive(key: ArchiveKey, lines: Iterable[bytes]) -> Archive:
    """An archive of these lines; the same lines give the same bytes."""
    kept = tuple(lines)
    content = gzip.compress(b"".join(line + b"\n" for line in kept), mtime=0)
    return Archive(key, kept, content, md5(content, usedforsecurity=False).hexdigest())


def periods(kind: ArchiveType, first: date, before: date, *, whole_months: bool) -> Iterator[tuple[ArchiveKey, date]]:
    """The archives for the days from the first on, each with the day before which it ends.

    Args:
        kind: What is archived.
        first: The first day.
        before: The day before which the last one ends.
        whole_months: Whether months that are complete get one archive.
    """
    day = first
    while day < before:
        month_end = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
        is_month = whole_months and day.day == 1 and month_end <= before
        end = month_end if is_month else day + timedelta(days=1)
        yield ArchiveKey(kind, "monthly" if is_month else "daily", day), end
        day = end


def rolled_up(month: date, dailies: Sequence[Archive]) -> Archive:
    """The monthly archive of a month's dailies, in the order of their days."""
    ordered = sorted(dailies, key=lambda daily: daily.key.start_date)
    key = ArchiveKey(ordered[0].key.type, "monthly", month.replace(day=1))
    return archive(key, [line for daily in ordered for line in daily.lines])


def without_contact(old: Archive, contact_uuid: str) -> Archive:
    """The archive rewritten without the records of one contact."""
    return archive(old.key, [line for line in old.lines if orjson.loads(line)["contact"]["uuid"] != contact_uuid])
