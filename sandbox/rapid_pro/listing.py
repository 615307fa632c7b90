"""Rows in the order of an instant, and the cursor pages that RapidPro cuts from them (sources.md A.3).

A cursor is the instant of the last row that was seen before the next row's instant, and how many rows after it were
seen already because they share the next row's. Rows that come, go or move between two pages are therefore skipped or
repeated, just as the real server does it.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

RowT = TypeVar("RowT")

Key = tuple[datetime, float]
"""An instant, and an id for those that share it."""


class Cursor(NamedTuple):
    """Where a page begins; one that leads back ends there."""

    position: datetime | None = None
    offset: int = 0
    is_backward: bool = False


class Page(NamedTuple, Generic[RowT]):
    """One page and where its neighbours are."""

    rows: list[RowT]
    next: Cursor | None
    previous: Cursor | None


@dataclass
class Listing(Generic[RowT]):
    """Rows by key, oldest first; no two have the same key."""

    keys: list[Key] = field(default_factory=list)
    rows: list[RowT] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Iterable[tuple[Key, RowT]]) -> "Listing[RowT]":
        """The rows, which come in any order."""
        ordered = sorted(rows, key=lambda item: item[0])
        return cls([key for key, _ in ordered], [row for _, row in ordered])

    def add(self, key: Key, row: RowT) -> None:
        """Put a row where it belongs."""
        index = bisect_left(self.keys, key)
        self.keys.insert(index, key)
        self.rows.insert(index, row)

    def remove(self, key: Key) -> None:
        """Take the row with this key out."""
        index = bisect_left(self.keys, key)
        if self.keys[index : index + 1] != [key]:
            raise KeyError(key)
        del self.keys[index], self.rows[index]

    def window(self, after: datetime | None, before: datetime | None, *, oldest_first: bool) -> "Window[RowT]":
        """The rows between two instants, both included; they hold until the listing changes."""
        start = 0 if after is None else bisect_left(self.keys, (after, -math.inf))
        end = len(self.keys) if before is None else bisect_left(self.keys, (before, math.inf))
        return Window(self, start, max(start, end), oldest_first)


class Table(Generic[RowT]):
    """Rows by identity, and in the order of their keys."""

    def __init__(self, rows: Iterable[RowT], identity: Callable[[RowT], object], key: Callable[[RowT], Key]) -> None:
        self._identity, self._key = identity, key
        self.rows = {identity(row): row for row in rows}
        self.listing = Listing.of((key(row), row) for row in self.rows.values())

    def put(self, row: RowT) -> RowT | None:
        """Add a row or replace the one with its identity, which is returned."""
        replaced = self.rows.get(self._identity(row))
        if replaced is not None:
            self.listing.remove(self._key(replaced))
        self.rows[self._identity(row)] = row
        self.listing.add(self._key(row), row)
        return replaced

    def remove(self, row: RowT) -> None:
        """Take a row out."""
        del self.rows[self._identity(row)]
        self.listing.remove(self._key(row))


@dataclass(frozen=True)
class Window(Generic[RowT]):
    """Some rows of a listing, from the newest or from the oldest on."""

    listing: Listing[RowT]
    start: int
    end: int
    oldest_first: bool

    def __iter__(self) -> Iterator[RowT]:
        return iter(self._cut(self.listing.rows, 0, self.end - self.start))

    def page(self, cursor: Cursor, size: int) -> Page[RowT]:
        """The page that a cursor points to; `Cursor()` points to the first."""
        count = self.end - self.start
        if cursor.is_backward:
            stop = max(self._seen_at(cursor, count) - cursor.offset, 0)
            start = max(stop - size, 0)
            has_next, has_previous = cursor.position is not None or cursor.offset > 0, start > 0
        else:
            start = min(self._seen_at(cursor, 0) + cursor.offset, count)
            stop = min(start + size, count)
            has_next, has_previous = stop < count, cursor.position is not None or cursor.offset > 0
        instants = [instant for instant, _ in self._cut(self.listing.keys, start, stop)]
        following = self._instant(stop) if stop < count else None
        preceding = self._instant(start - 1) if start > 0 else None

        forward: Cursor | None = None
        if has_next:
            last_resort = (preceding, 0) if cursor.is_backward else (cursor.position, cursor.offset + size)
            neighbour = _neighbour(cursor, instants[-1:]) if cursor.is_backward else following
            found = _marker(instants[::-1], neighbour) or (last_resort if has_previous else (None, size))
            forward = Cursor(*found)
        backward: Cursor | None = None
        if has_previous:
            last_resort = (cursor.position, cursor.offset + size) if cursor.is_backward else (following, 0)
            neighbour = preceding if cursor.is_backward else _neighbour(cursor, instants[:1])
            found = _marker(instants, neighbour) or (last_resort if has_next else (None, size))
            backward = Cursor(*found, is_backward=True)
        return Page(self._cut(self.listing.rows, start, stop), forward, backward)

    def _seen_at(self, cursor: Cursor, start: int) -> int:
        """How many rows stand before a cursor's instant; going forward, those at the very instant count as well."""
        if cursor.position is None:
            return start
        with_equals = not cursor.is_backward
        after_equals = with_equals == self.oldest_first
        index = bisect_left(self.listing.keys, (cursor.position, math.inf if after_equals else -math.inf))
        index = min(max(index, self.start), self.end)
        return index - self.start if self.oldest_first else self.end - index

    def _cut(self, items: list["CutT"], start: int, stop: int) -> list["CutT"]:
        if self.oldest_first:
            return items[self.start + start : self.start + stop]
        return items[self.end - stop : self.end - start][::-1]

    def _instant(self, index: int) -> datetime:
        return self.listing.keys[self.start + index if self.oldest_first else self.end - 1 - index][0]


CutT = TypeVar("CutT")


def _neighbour(cursor: Cursor, edge: list[datetime]) -> datetime | None:
    """What the page's edge is compared with where it is the cursor's own: rows before its offset share its instant."""
    return edge[0] if cursor.offset and edge else cursor.position


def _marker(instants: Iterable[datetime], neighbour: datetime | None) -> tuple[datetime | None, int] | None:
    """The first instant unlike the neighbour's and how many come before it, seen from the page's edge; None if none."""
    return next(((instant, count) for count, instant in enumerate(instants) if instant != neighbour), None)
