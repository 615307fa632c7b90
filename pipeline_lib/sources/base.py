"""The contract of every source, and the types of its results.

A fetch copies a source's data into the raw store, for good, and from there into the run's Raw Data: one file of JSON
lines for each name, in the source's own order. It never rewrites the store's segments, publishes a file whole or not at
all, and identifies people by participant uuids only.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pipeline_lib.errors import Problem
from pipeline_lib.model.step_counts import StepCount

LISTED_COUNT = 20
"""How many bad lines of one file an error lists; it counts the rest."""

NO_UUID_YET = "its author has no participant uuid yet"
"""Why a record is set aside in a dry run, or if the uuid table has a broken entry for its author."""


Participants = Callable[[Collection[str]], Mapping[str, str]]
"""From addresses to participant uuids."""


class UnusableError(ValueError):
    """Something that a source gave cannot be used; the reason is a fixed sentence, without any value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadLine(NamedTuple):
    """An unusable record: where it begins, and why, without its content."""

    line: int
    """Physical line in the file, from 1."""
    reason: str


@dataclass(frozen=True)
class SourceFile:
    """A file that a source names."""

    name: str
    """The name of its Raw Data."""
    written: str
    """The URL or path as the config writes it."""
    is_survey: bool

    @property
    def place(self) -> str:
        """How errors name it: without folders, and without a query, which may hold a key."""
        return self.written.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Converted:
    """A file's records as Raw Data, and the parts that had to be left out."""

    content: bytes
    """JSON lines, in file order."""
    record_count: int
    """Lines in the content."""
    quarantined: tuple[BadLine, ...] = ()
    left_out_count: int = 0
    """Names of fields that were left out of all records."""
    nan_count: int = 0
    """Values that were NaN or infinite, and are null in the content."""


class Converter(Protocol):
    """How the files of one kind of source become Raw Data."""

    def settings(self, file: SourceFile) -> str:
        """Everything beside the file's content that decides the result: if it changes, the file is converted again."""

    def convert(self, content: bytes, file: SourceFile) -> Converted:
        """The file's records as Raw Data.

        Raises:
            DataError: The whole file is unusable; lists every reason, by line.
        """


@dataclass(frozen=True)
class FetchedFile:
    """One name's part of a fetch."""

    name: str
    uri: str
    """The run's Raw Data file."""
    record_count: int
    """Its lines."""
    is_unchanged: bool
    """Whether the store had everything already."""
    quarantined_counts: dict[str, int] = field(default_factory=dict)
    """Records set aside, by reason."""
    fingerprint: str = ""
    """The identity of the source's content."""
    replaced_count: int = 0
    """Records in which U+FFFD replaces an invalid character, such as half a surrogate pair."""


@dataclass(frozen=True)
class FetchResult:
    """The files of one source: activations in config order, then surveys."""

    files: tuple[FetchedFile, ...]
    counts: tuple[StepCount, ...] = ()
    """Other counts of the fetch, for the run's manifest."""

    @property
    def uris(self) -> dict[str, str]:
        """The Raw Data files by name."""
        return {file.name: file.uri for file in self.files}


def problems_of(bad_lines: Sequence[BadLine], place: str, *, noun: str) -> list[Problem]:
    """The first bad lines of a file one by one, and the others counted by reason."""
    problems = [Problem(f"{place}: line {bad.line}", bad.reason) for bad in bad_lines[:LISTED_COUNT]]
    others = Counter(bad.reason for bad in bad_lines[LISTED_COUNT:])
    if others:
        counted = ", ".join(f"{count:,} x {reason}" for reason, count in others.most_common())
        problems.append(Problem(place, f"{others.total():,} more bad {noun}: {counted}"))
    return problems
