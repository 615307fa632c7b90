"""The content of all fetches of files so far: for each name of a source a log of segments and their order.

    state/raw/<source kind>/<name as a file may have it>/manifest.json
    state/raw/<source kind>/<name as a file may have it>/segments/<SHA-256 of the content>.jsonl

The manifest says which segments, in which order, are the current state; the others are its history. A new version of a
file is a new segment that takes the place of all current ones.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import ConfigDict

from pipeline_lib.config.file_names import safe_file_name
from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.times import Instant
from pipeline_lib.sources.base import BadLine, Converted
from pipeline_lib.sources.segments import Segments, StateDocument
from pipeline_lib.storage import Storage

RAW_STORE = "state/raw"
"""The project's folder of all logs, of every kind of source."""


class Segment(Frozen):
    """JSON lines that one fetch added."""

    model_config = ConfigDict(alias_generator=None)

    sha256: str
    """The content's hash, which is also the name of its file."""
    record_count: int
    fingerprint: str
    """The identity of the source's content."""
    settings: str
    """Everything beside the source's content that decided the segment's."""
    quarantined: tuple[BadLine, ...] = ()
    """Records of the source that are not in the segment."""
    left_out_count: int = 0
    """Names of the source's fields that are not in the segment."""
    nan_count: int = 0
    """Values of the source that were NaN or infinite, and are null in the segment."""
    added_at: Instant


class Manifest(Frozen):
    """One file's log."""

    model_config = ConfigDict(alias_generator=None)

    format: Literal[1] = 1
    current: tuple[str, ...] = ()
    """SHA-256 of the segments that are the current state, in order."""
    segments: tuple[Segment, ...] = ()
    """Every segment that was ever added, oldest first. One that came back is listed again."""


@dataclass(frozen=True)
class RawLog:
    """The log of one file of a source."""

    storage: Storage
    """The project's data."""
    source_kind: str
    name: str

    @property
    def folder(self) -> str:
        """Where it lies in the storage."""
        return f"{RAW_STORE}/{self.source_kind}/{safe_file_name(self.name)}"

    def current(self) -> tuple[Segment, ...]:
        """The segments that are the current state, in order; none before the first fetch.

        Raises:
            DataError: The manifest is invalid.
        """
        manifest = self._manifest().value
        newest = {segment.sha256: segment for segment in manifest.segments}
        return tuple(newest[sha256] for sha256 in manifest.current)

    def supersede(self, converted: Converted, *, fingerprint: str, settings: str) -> Segment:
        """Add a segment that takes the place of the current ones.

        Raises:
            StorageConflictError: Somebody else added one meanwhile; theirs stays.
        """
        manifest = self._manifest()
        segment = Segment(
            sha256=self._segments.add(converted.content),
            record_count=converted.record_count,
            fingerprint=fingerprint,
            settings=settings,
            quarantined=converted.quarantined,
            left_out_count=converted.left_out_count,
            nan_count=converted.nan_count,
            added_at=datetime.now(UTC),
        )
        manifest.replace(Manifest(current=(segment.sha256,), segments=(*manifest.value.segments, segment)))
        return segment

    def read(self, segment: Segment) -> bytes:
        """A segment's JSON lines.

        Raises:
            DataError: They are missing or were changed.
        """
        return self._segments.read(segment.sha256)

    @property
    def _segments(self) -> Segments:
        return Segments(self.storage, f"{self.folder}/segments")

    def _manifest(self) -> StateDocument[Manifest]:
        return StateDocument(self.storage, f"{self.folder}/manifest.json", Manifest())
