"""What every fetch so far has brought: for each name of a source a log of segments, and a manifest that orders them.

    state/raw/<source kind>/<name>/manifest.json
    state/raw/<source kind>/<name>/segments/<SHA-256 of the content>.jsonl

A segment is JSON lines, de-identified before they are written, and never changes. The manifest says which segments, in
which order, are the current state; the others are its history. A new version of a file is a new segment that takes the
place of all current ones. A segment is there before the manifest names it, so that a fetch that is cut off leaves the
current state as it was.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import ConfigDict, ValidationError

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.times import Instant
from pipeline_lib.sources.base import BadLine, Converted
from pipeline_lib.storage import Storage, Versioned


class Segment(Frozen):
    """JSON lines that one fetch added."""

    model_config = ConfigDict(alias_generator=None)

    sha256: str
    """Of the content; also its file's name."""
    record_count: int
    fingerprint: str
    """What identified the source's content."""
    settings: str
    """What else decided the segment's content."""
    quarantined: tuple[BadLine, ...] = ()
    """Records of the source that are not in the segment."""
    added_at: Instant


class Manifest(Frozen):
    """One name's log."""

    model_config = ConfigDict(alias_generator=None)

    format: Literal[1] = 1
    current: tuple[str, ...] = ()
    """SHA-256 of the segments that are the current state, in order."""
    segments: tuple[Segment, ...] = ()
    """Every segment that was ever added, oldest first. One that came back stands here again."""


@dataclass(frozen=True)
class RawLog:
    """The log of one name of a source."""

    storage: Storage
    """The project's data."""
    source_kind: str
    name: str

    @property
    def folder(self) -> str:
        """Where it lies in the storage."""
        return f"state/raw/{self.source_kind}/{self.name}"

    def current(self) -> tuple[Segment, ...]:
        """The segments that are the current state, in order; none before the first fetch.

        Raises:
            DataError: The manifest is none.
        """
        manifest, _ = self._manifest()
        newest = {segment.sha256: segment for segment in manifest.segments}
        return tuple(newest[sha256] for sha256 in manifest.current)

    def supersede(self, converted: Converted, *, fingerprint: str, settings: str) -> Segment:
        """Add a segment that takes the place of the current ones.

        Raises:
            StorageConflictError: Somebody else added one meanwhile; theirs stays.
        """
        manifest, read = self._manifest()
        sha256 = hashlib.sha256(converted.content).hexdigest()
        if not self.storage.exists(self._path(sha256)):  # it may be back, or left by a fetch that was cut off
            self.storage.create(self._path(sha256), converted.content)
        segment = Segment(
            sha256=sha256,
            record_count=converted.record_count,
            fingerprint=fingerprint,
            settings=settings,
            quarantined=converted.quarantined,
            added_at=datetime.now(UTC),
        )
        changed = Manifest(current=(sha256,), segments=(*manifest.segments, segment))
        self.storage.replace(self._manifest_path, changed.model_dump_json(indent=2).encode(), expected=read)
        return segment

    def read(self, segment: Segment) -> bytes:
        """A segment's JSON lines.

        Raises:
            DataError: They are missing or are not what was added.
        """
        content = self.storage.read(self._path(segment.sha256))
        if hashlib.sha256(content).hexdigest() != segment.sha256:
            place = self.storage.uri_of(self._path(segment.sha256))
            raise DataError(Problem(place, "is not what was added to the raw store", "restore it from a backup"))
        return content

    @property
    def _manifest_path(self) -> str:
        return f"{self.folder}/manifest.json"

    def _path(self, sha256: str) -> str:
        return f"{self.folder}/segments/{sha256}.jsonl"

    def _manifest(self) -> tuple[Manifest, Versioned | None]:
        read = self.storage.read_versioned(self._manifest_path)
        if read is None:
            return Manifest(), None
        try:
            return Manifest.model_validate_json(read.content), read
        except ValidationError:
            place = self.storage.uri_of(self._manifest_path)
            raise DataError(Problem(place, "is no manifest of the raw store", "restore it from a backup")) from None
