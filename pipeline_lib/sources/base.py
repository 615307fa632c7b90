"""What every source owes, and the words in which it answers.

A fetch brings what a source has into the raw store, for good, and from there into the run's Raw Data: one file of JSON
lines for each name, in the source's own order. It never rewrites what the store holds, it publishes a file whole or not
at all, and what it writes holds participant uuids only.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pipeline_lib.errors import Problem
from pipeline_lib.model.step_counts import StepCount

LISTED_COUNT = 20
"""How many bad lines of one file an error lists; it counts the rest."""

NO_UUID_YET = "its author has no participant uuid yet"
"""Why a record is set aside in a rehearsal, and where a uuid table has a broken entry."""


class BadLine(NamedTuple):
    """A record that cannot be used: where it begins, and why, without what it says."""

    line: int
    """Physical line in the file, from 1."""
    reason: str


@dataclass(frozen=True)
class SourceFile:
    """A file that a source names."""

    name: str
    """Name of its Raw Data."""
    written: str
    """The URL or path as the config writes it."""
    is_survey: bool

    @property
    def place(self) -> str:
        """How errors name it: without folders, and without a query, which may hold a key."""
        return self.written.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Converted:
    """A file's records as Raw Data, and what had to be left out."""

    content: bytes
    """JSON lines, in file order."""
    record_count: int
    """Lines in the content."""
    quarantined: tuple[BadLine, ...] = ()
    left_out_count: int = 0
    """Fields, by their names, that are in no record of the content."""
    nan_count: int = 0
    """Values that were NaN or infinite, and are null in the content."""


class Converter(Protocol):
    """How the files of one kind of source become Raw Data."""

    def settings(self, file: SourceFile) -> str:
        """Whatever decides the result beside the file's content: when it changes, the file is converted anew."""

    def convert(self, content: bytes, file: SourceFile) -> Converted:
        """The file's records as Raw Data.

        Raises:
            DataError: Naming everything that keeps the whole file from being used, by its lines.
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
    """What identifies the content that the source gave."""
    replaced_count: int = 0
    """Records in which U+FFFD stands for a character, such as one that was cut in half."""


@dataclass(frozen=True)
class FetchResult:
    """What one source gave: activations in config order, then surveys."""

    files: tuple[FetchedFile, ...]
    counts: tuple[StepCount, ...] = ()
    """What else the source tells of the fetch, for the run's manifest."""

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
