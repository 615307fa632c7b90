"""The lines of raw data files: which can be used, and what they say.

A line that cannot be used is set aside, up to the config's QuarantineShareLimit.
"""

from array import array
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.input_files import data_file
from pipeline_lib.model.deidentified import is_participant
from pipeline_lib.model.lenient_json import is_nested_too_deeply
from pipeline_lib.model.shard import Shard
from pipeline_lib.processing.raw_objects import IncompleteLineError, Items, UnusableLineError, items_decoder
from pipeline_lib.processing.time_of_receipt import LATE, fields_by_time_of_receipt, seen_before

_SHOWN_LINES = 50
_NOBODY = (None, "")


class Checks(NamedTuple):
    """Which objects are read, and what is checked of each beside its JSON."""

    participants: bool = False
    """Whether it must be from a participant uuid: a prefix and a uuid, nothing else."""
    scalars: frozenset[str] = frozenset()
    """Fields in which no list and no object can stand."""
    share_limit: float = 0.0
    """Share of a file's objects (0 to 1) that may be set aside as unusable."""
    as_predecessor: bool = False
    """Whether numbers are written as JSON writes them, and a null takes away an earlier answer (Q3)."""
    shard: Shard | None = None
    """Whose objects are read and checked; None: everybody's."""


NO_CHECKS = Checks()


class SetAside(NamedTuple):
    """An object that cannot be used."""

    line: int
    """In the file, from 1."""
    row: int
    """Among the file's objects, from 0."""
    reason: str
    """A fixed sentence, without any value."""


class FileObjects(NamedTuple):
    """How many objects a file has, and which of them cannot be used."""

    file: str
    object_count: int
    set_aside: tuple[SetAside, ...]
    """In the order of the file."""

    def problems(self, share_limit: float, path: Path) -> list[Problem]:
        """What to say of the file at a path if more than this share (0 to 1) cannot be used: the first such lines."""
        bad_count = len(self.set_aside)
        if bad_count <= share_limit * self.object_count:
            return []
        problems = [problem_at(path, each.line, each.reason) for each in self.set_aside[:_SHOWN_LINES]]
        if share_limit:
            wrong = f"{bad_count:,} of its {self.object_count:,} lines cannot be used"
            most = f"at most {share_limit:.1%} may be set aside (QuarantineShareLimit)"
            problems.append(Problem(str(path), wrong, f"fetch the file again, or correct it; {most}"))
        return problems


def problem_at(file: Path, line: int, wrong: str, right: str = "") -> Problem:
    """What is wrong with a line of a file."""
    return Problem(f"{file}: line {line}", wrong, right)


@dataclass
class RawLines:
    """A file being read."""

    path: Path
    identity_key: str
    """The field that says who an object is from."""
    checks: Checks
    set_aside: list[SetAside] = field(default_factory=list)
    """Objects that were read and cannot be used."""
    parts: list[Items] = field(default_factory=list)
    """The rest of those objects, where they name a participant: it may say that the participant withdraws."""
    refused: list[Problem] = field(default_factory=list)
    """Faults for which the whole file is refused, whatever share may be set aside."""
    counts: Counter[str] = field(default_factory=Counter)
    """What was mended in the other objects."""
    rows: "array[int]" = field(default_factory=lambda: array("I"))
    """The row of each object that came, the last being that of the newest one."""
    object_count: int = 0
    """How many objects of this shard have been met."""

    def objects(self, keys: Collection[str], as_of: datetime | None) -> Iterator[tuple[Items, Items]]:
        """Each object's items of these keys, and of the keys that say when they were received.

        What was received at `as_of` or later comes apart, with its participant; mostly there is nothing.

        Raises:
            DataError: At the end of the file: an object's participant is not a participant uuid, the last object is
                cut off, or too many objects are set aside; of a shard alone, nobody knows yet what share that is.
        """
        fields_by_time = fields_by_time_of_receipt(keys) if as_of else {}
        for line, row, items in self._decoded({*keys, *fields_by_time}):
            if not self._is_usable(items, line, row):
                continue
            seen = seen_before(as_of, items, fields_by_time) if as_of else items
            late = {key: value for key, value in items.items() if key not in seen} if seen is not items else {}
            self.rows.append(row)
            yield seen, {self.identity_key: items[self.identity_key], **late, LATE: "true"} if late else {}
        self._check_file()

    def _decoded(self, keys: Collection[str]) -> Iterator[tuple[int, int, Items]]:
        """The line (from 1), the row (from 0) and the items of each object that can be read, of the shard if any."""
        repairs = Counter[str]()
        decoded = items_decoder(keys, repairs)
        identity, shard, row = items_decoder({self.identity_key}, Counter()), self.checks.shard, -1
        with data_file(self.path) as file:
            if file.read(len(BOM_UTF8)) != BOM_UTF8:
                file.seek(0)
            for number, line in enumerate(file, start=1):
                if line.isspace():
                    continue
                row += 1
                if shard is not None and not shard.has(self._participant(identity, line)):
                    continue
                self.object_count += 1
                try:
                    items = decoded(line)
                except UnusableLineError as error:
                    self._note_unusable(error, number, row, is_last=not line.endswith(b"\n"))
                    continue
                if repairs:
                    self.counts.update(repairs)
                    repairs.clear()
                yield number, row, items

    def _participant(self, identity: Callable[[bytes], Items], line: bytes) -> object:
        """Who a line is from; nobody, where it is no object. Most lines are others', and need no more than that."""
        try:
            return identity(line).get(self.identity_key)
        except UnusableLineError:
            return None

    def _note_unusable(self, error: UnusableLineError, line: int, row: int, *, is_last: bool) -> None:
        """Sets an object aside."""
        if isinstance(error, IncompleteLineError) and is_last:
            place = "the file ends there; fetch it again"
            self.refused.append(problem_at(self.path, line, str(error), place))
        self.set_aside.append(SetAside(line, row, str(error)))

    def _check_file(self) -> None:
        problems = self.refused[:_SHOWN_LINES]
        if self.checks.shard is None:
            objects = FileObjects(self.path.name, self.object_count, tuple(self.set_aside))
            problems += objects.problems(self.checks.share_limit, self.path)
        if problems:
            raise DataError(*problems)

    def _is_usable(self, items: Items, line: int, row: int) -> bool:
        fault, who = self._fault(items), items.get(self.identity_key)
        if fault:
            self.set_aside.append(SetAside(line, row, fault))
        if fault and who not in _NOBODY:
            self.parts.append({key: value for key, value in items.items() if not isinstance(value, list | dict)})
        if self.checks.participants and who not in _NOBODY and not is_participant(who):
            wrong = f'is not de-identified: "{self.identity_key}" is no participant uuid'
            self.refused.append(problem_at(self.path, line, wrong))
        return not fault

    def _fault(self, items: Items) -> str:
        """What is wrong with an object, without any value; empty where nothing is."""
        if items.get(self.identity_key) in _NOBODY:
            return f'has no "{self.identity_key}"'
        for key in sorted(key for key, value in items.items() if isinstance(value, list | dict)):
            if key in self.checks.scalars:
                return f'"{key}" is a list or an object in the place of a text'
            if is_nested_too_deeply(items[key]):
                return f'"{key}" is nested too deeply'
        return ""
