"""Files that somebody leaves for us: each is converted into the raw store once, and again whenever it has changed."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipeline_lib.config.sources import name_of_url
from pipeline_lib.errors import DataError, Problem
from pipeline_lib.input_files import unzipped
from pipeline_lib.model.shrink_limit import ShrinkLimit
from pipeline_lib.progress import step
from pipeline_lib.sources.base import NO_UUID_YET, BadLine, Converted, Converter, SourceFile, problems_of
from pipeline_lib.sources.raw_store import RawLog, Segment
from pipeline_lib.storage import Located, fingerprint, read_uri


class StoredFile(NamedTuple):
    """A file's part of the raw store."""

    file: SourceFile
    log: RawLog
    segments: tuple[Segment, ...]
    is_unchanged: bool

    @property
    def bad_lines(self) -> list[BadLine]:
        """The records that were set aside."""
        return [bad for segment in self.segments for bad in segment.quarantined]


class Limits(NamedTuple):
    """The limits for a file."""

    quarantine_share: float
    """Share of a file's records (0 to 1) that may be set aside."""
    shrink: ShrinkLimit
    """How many of the records in the raw store the file must still have."""


def store_files(files: Iterable[tuple[SourceFile, str, RawLog, Converter]], limits: Limits) -> list[StoredFile]:
    """Store files in the raw store, unless it has them unchanged.

    Args:
        files: Each with its URI, its log and its converter.
        limits: The limits for each file.

    Raises:
        DataError: Lists everything that is wrong with all files, by line. The raw store keeps its old state of these.
        StorageConflictError: Another fetch of the same file was quicker.
    """
    stored: list[StoredFile] = []
    problems: list[Problem] = []
    for file, uri, log, converter in files:
        try:
            with step(f"Reading {file.place}"):
                stored.append(_store(file, uri, log, converter, limits))
        except DataError as error:
            problems += [_by_uri(problem, file, uri) for problem in error.problems]
    if problems:
        raise DataError(*problems)
    return stored


def _by_uri(problem: Problem, file: SourceFile, uri: str) -> Problem:
    """Says where the file lies: files of one name may lie in several folders."""
    is_named = problem.place.startswith(file.place)
    return problem._replace(place=uri + problem.place.removeprefix(file.place)) if is_named else problem


def log_name(url: str, *owners: str) -> str:
    """The name of a file's log: files in several folders may share a name, which may have any character.

    Args:
        url: As the config writes it.
        owners: Whatever else makes two logs of one file.
    """
    readable = re.sub("[^A-Za-z0-9_-]+", "_", name_of_url(url))[:60]
    digest = hashlib.sha256("\n".join((*owners, url)).encode()).hexdigest()
    return f"{readable}-{digest[:12]}"


def publish_quarantine(target: Located, quarantined: Iterable[tuple[SourceFile, Iterable[BadLine]]]) -> None:
    """Write the records of files that were set aside, one line each: their place and the reason, without any text."""
    lines = [
        json.dumps({"file": file.place, "line": bad.line, "reason": bad.reason}) + "\n"
        for file, bad_lines in quarantined
        for bad in bad_lines
    ]
    if not lines and not target.storage.exists(target.name):
        return  # where an earlier try of this task set records aside, an empty file takes its place
    with target.storage.publish_file(target.name) as path:
        path.write_text("".join(lines), encoding="utf-8")


def _store(file: SourceFile, uri: str, log: RawLog, converter: Converter, limits: Limits) -> StoredFile:
    """Store a file in the raw store, unless it has the file unchanged."""
    seen = fingerprint(uri)  # before the file is read: a change in between is then found by the next fetch
    settings = converter.settings(file)
    segments = log.current()
    if [(segment.fingerprint, segment.settings) for segment in segments] == [(seen, settings)] and _is_final(segments):
        _check_quarantine(segments[0], file, limits.quarantine_share)
        return StoredFile(file, log, segments, is_unchanged=True)
    converted = converter.convert(unzipped(read_uri(uri), file.place), file)
    _check_quarantine(converted, file, limits.quarantine_share)
    _check_shrinkage(converted, segments, file, limits.shrink)
    segment = log.supersede(converted, fingerprint=seen, settings=settings)
    return StoredFile(file, log, (segment,), is_unchanged=False)


def _is_final(segments: Sequence[Segment]) -> bool:
    """Whether the same file would give the same result again; not so if somebody may have got a uuid meanwhile."""
    return not any(bad.reason == NO_UUID_YET for segment in segments for bad in segment.quarantined)


def _check_quarantine(read: Converted | Segment, file: SourceFile, limit: float) -> None:
    quarantined, total_count = read.quarantined, _record_count(read)
    if len(quarantined) > limit * total_count:
        wrong = f"{len(quarantined):,} of its {total_count:,} records cannot be used"
        right = f"correct them; at most {limit:.1%} may be set aside (QuarantineShareLimit)"
        raise DataError(Problem(file.place, wrong, right), *problems_of(quarantined, file.place, noun="records"))


def _check_shrinkage(converted: Converted, former: Sequence[Segment], file: SourceFile, limit: ShrinkLimit) -> None:
    before, now = sum(map(_record_count, former)), _record_count(converted)
    problem = limit.problem(file.place, "record", before=before, now=now, accepted_as=file.name)
    if problem is not None:
        raise DataError(problem)


def _record_count(read: Converted | Segment) -> int:
    """The number of all records, including those set aside, for which there is another limit."""
    return read.record_count + len(read.quarantined)
