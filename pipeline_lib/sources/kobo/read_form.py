"""Reading one form into its log: what is new, what was edited, and what is gone.

The server says when a submission was received, but not when it was edited (kobotoolbox/kpi#7259). So new ones are
listed from the watermark on, and then the ids and uuids of all: an edit gives a submission another uuid.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from pipeline_lib.progress import track
from pipeline_lib.sources.kobo.client import Page
from pipeline_lib.sources.kobo.deidentify import FormReader, Quarantined, received_times
from pipeline_lib.sources.kobo.form_log import FormLog, Listing
from pipeline_lib.sources.submissions import Submission

OVERLAP = timedelta(minutes=15)
"""How far before the watermark a listing begins: a submission may become visible later than one received after it."""

PART_SUBMISSIONS = 5_000
"""About as many submissions are in memory before they are stored."""


class SubmissionsServer(Protocol):
    """The part of the client that this module needs."""

    def submissions(self, uid: str, *, since: datetime | None = None, after: int = 0) -> Iterable[Page]:
        """Pages of submissions by id."""

    def versions(self, uid: str) -> Mapping[int, str]:
        """The version of every submission."""

    def submissions_with(self, uid: str, ids: Sequence[int]) -> Iterable[Page]:
        """Pages of submissions with these ids."""


@dataclass(frozen=True)
class FormContents:
    """What a form has now."""

    submissions: list[Submission]
    """In the order in which they were received."""
    quarantined: list[Quarantined]
    new_count: int
    """Submissions that were stored for the first time."""
    edited_count: int
    """Submissions that were stored in another version."""
    deleted_count: int
    """Stored submissions that the server no longer has."""


def read_form(uid: str, log: FormLog, server: SubmissionsServer, reader: FormReader) -> FormContents:
    """Bring a form's log up to date, and give what the form has now.

    Args:
        uid: The form's.
        log: The form's.
        server: The client.
        reader: De-identifies its submissions.

    Raises:
        SourceError: The server refuses or does not answer; what was read before stays.
        StorageConflictError: Another fetch of the form was quicker.
    """
    before = {number: submission.version for number, submission in log.submissions.items()}
    _read_new(uid, log, server, reader)
    versions, known = server.versions(uid), log.known_versions()
    changed = [number for number, version in versions.items() if known.get(number) != version]
    for page in track(server.submissions_with(uid, changed), f"Fetching edits of {reader.form.name}, pages"):
        _store(log, reader, page.results, log.state.watermark, None)
    stored = log.submissions
    current = [submission for number, submission in stored.items() if number in versions]
    return FormContents(
        submissions=sorted(current, key=lambda each: (each.received_on, int(each.id))),
        quarantined=[each for number, each in log.set_aside.items() if number in versions],
        new_count=len(stored.keys() - before.keys()),
        edited_count=sum(stored[number].version != version for number, version in before.items()),
        deleted_count=len(stored.keys() - versions.keys()),
    )


def _read_new(uid: str, log: FormLog, server: SubmissionsServer, reader: FormReader) -> None:
    """Lists what was received since the watermark; a listing that was interrupted is continued first."""
    if log.state.listing is not None:
        _list(uid, log, server, reader, log.state.listing)
    watermark = log.state.watermark
    since = watermark - OVERLAP if watermark is not None else None
    _list(uid, log, server, reader, Listing(since=since, watermark=watermark))


def _list(uid: str, log: FormLog, server: SubmissionsServer, reader: FormReader, listing: Listing) -> None:
    results: list[dict[str, Any]] = []
    pages = server.submissions(uid, since=listing.since, after=listing.after)
    for page in track(pages, f"Fetching {reader.form.name}, pages"):
        results += page.results
        newest = max((*received_times(page.results), *([listing.watermark] if listing.watermark else [])), default=None)
        listing = listing.model_copy(update={"after": page.last_id, "watermark": newest})
        if len(results) >= PART_SUBMISSIONS:
            _store(log, reader, results, log.state.watermark, listing)
            results = []
    _store(log, reader, results, listing.watermark, None)


def _store(
    log: FormLog,
    reader: FormReader,
    results: Sequence[dict[str, Any]],
    watermark: datetime | None,
    listing: Listing | None,
) -> None:
    """Stores submissions that are not stored in the same version, and how far the listing has come."""
    known, found = log.known_versions(), reader.read(results)
    submissions = [each for each in found.submissions if known.get(int(each.id)) != each.version]
    quarantined = [each for each in found.quarantined if log.set_aside.get(each.id) != each]
    log.add(submissions, quarantined, watermark=watermark, listing=listing)
