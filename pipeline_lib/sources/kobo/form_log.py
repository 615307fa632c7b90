"""The log of one form: what has been fetched, and how far the fetch has come.

    state/raw/KoboToolbox/<AssetUID>/manifest.json
    state/raw/KoboToolbox/<AssetUID>/segments/<SHA-256 of the content>.jsonl

Parts are only ever added, with two exceptions: many small parts become one, and other settings begin the log anew. If a
submission is in several parts, the last one counts. The watermark moves in the same write that names the submissions up
to it.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import ConfigDict

from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.times import Instant
from pipeline_lib.sources.base import NO_UUID_YET
from pipeline_lib.sources.kobo.deidentify import Quarantined
from pipeline_lib.sources.raw_store import RAW_STORE
from pipeline_lib.sources.segments import Segments, StateDocument
from pipeline_lib.sources.submissions import Submission, decode_submissions, encode_submissions
from pipeline_lib.storage import Storage

_MANY_PARTS = 30


class _Document(Frozen):
    model_config = ConfigDict(alias_generator=None)


class Part(_Document):
    """Submissions that were added at once."""

    sha256: str
    submission_count: int
    quarantined: tuple[Quarantined, ...] = ()
    added_at: Instant


class Listing(_Document):
    """A started listing of new submissions: its beginning, and where it continues."""

    since: Instant | None
    after: int = 0
    """The id behind which the next page begins."""
    watermark: Instant | None = None
    """The newest time that it has given so far."""


class FormState(_Document):
    """How far the fetch of one form has come."""

    format: Literal[1] = 1
    settings: str = ""
    """Everything in the config that decides what is stored of a submission."""
    several: tuple[str, ...] = ()
    """Questions that take, or took before they were taken out of the form, several of the form's answers."""
    watermark: Instant | None = None
    """The newest `_submission_time` that a complete listing has given."""
    listing: Listing | None = None
    parts: tuple[Part, ...] = ()
    """The current state, oldest first."""
    superseded: tuple[str, ...] = ()
    """Segments that no longer count: they were merged, or were read with other settings."""


class FormLog:
    """The log of one form."""

    def __init__(self, storage: Storage, asset_uid: str, settings: str, several: Collection[str] = ()) -> None:
        """Read the log.

        Args:
            storage: The project's data.
            asset_uid: The form's.
            settings: Everything in the config that decides what is stored; where it has changed, the log begins anew.
            several: Questions that take several of the form's answers, which decide that, too.

        Raises:
            DataError: A segment or the manifest was changed.
        """
        folder = f"{RAW_STORE}/KoboToolbox/{asset_uid}"
        self._segments = Segments(storage, f"{folder}/segments")
        self._document = StateDocument(storage, f"{folder}/manifest.json", FormState())
        written = self._document.value
        own = {"settings": settings, "several": tuple(sorted({*written.several, *several}))}
        if (written.settings, written.several) == (own["settings"], own["several"]) or not written.parts:
            self.state = written.model_copy(update=own)
        else:
            gone = (*written.superseded, *(part.sha256 for part in written.parts))
            self.state = FormState(superseded=tuple(dict.fromkeys(gone))).model_copy(update=own)
        self.submissions: dict[int, Submission] = {}
        """The newest usable version of every submission that was ever read, by id."""
        self.set_aside: dict[int, Quarantined] = {}
        """Submissions whose newest version cannot be used, by id."""
        for part in self.state.parts:
            self._note(decode_submissions(self._segments.read(part.sha256)), part.quarantined)

    def known_versions(self) -> dict[int, str]:
        """The version in which each submission was last read, unless another read may find its author."""
        versions = {number: submission.version for number, submission in self.submissions.items()}
        versions |= {number: each.version for number, each in self.set_aside.items()}
        waiting = {number for number, each in self.set_aside.items() if each.reason == NO_UUID_YET}
        return {number: version for number, version in versions.items() if number not in waiting}

    def add(
        self,
        submissions: Sequence[Submission],
        quarantined: Sequence[Quarantined],
        *,
        watermark: Instant | None,
        listing: Listing | None,
    ) -> None:
        """Name what was read, and how far the fetch has come.

        Args:
            submissions: Those that are new or changed.
            quarantined: Those that cannot be used.
            watermark: The newest time that a complete listing has given.
            listing: Where an incomplete one continues.

        Raises:
            StorageConflictError: Another fetch of the form was quicker.
        """
        self._note(submissions, quarantined)
        parts, superseded = self.state.parts, self.state.superseded
        if submissions or quarantined:
            parts = (*parts, self._part(submissions, quarantined))
        if len(parts) > _MANY_PARTS:
            merged = self._part(list(self.submissions.values()), list(self.set_aside.values()))
            superseded = (*superseded, *sorted({part.sha256 for part in parts} - {merged.sha256}))
            parts = (merged,)
        changes = {"parts": parts, "superseded": superseded, "watermark": watermark, "listing": listing}
        self.state = self.state.model_copy(update=changes)
        if self.state != self._document.value:
            self._document.replace(self.state)

    def _note(self, submissions: Iterable[Submission], quarantined: Iterable[Quarantined]) -> None:
        for submission in submissions:
            self.submissions[int(submission.id)] = submission
            self.set_aside.pop(int(submission.id), None)
        self.set_aside |= {each.id: each for each in quarantined}

    def _part(self, submissions: Sequence[Submission], quarantined: Iterable[Quarantined]) -> Part:
        return Part(
            sha256=self._segments.add(encode_submissions(submissions)),
            submission_count=len(submissions),
            quarantined=tuple(quarantined),
            added_at=datetime.now(UTC),
        )
