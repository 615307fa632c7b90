"""The live runs of one flow: page by page, oldest first, from the watermark on (sources.md A.3)."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from typing import Protocol

from pipeline_lib.errors import DataError, FatalSourceError
from pipeline_lib.progress import track
from pipeline_lib.sources.base import Participants
from pipeline_lib.sources.rapid_pro.client import Page
from pipeline_lib.sources.rapid_pro.deidentify import Deidentified, Persons, nobody, records_of
from pipeline_lib.sources.rapid_pro.flow_log import LIVE, PART_RECORDS, FlowLog, Listing
from pipeline_lib.sources.rapid_pro.flows import Flow
from pipeline_lib.sources.rapid_pro.json_values import modified_times
from pipeline_lib.sources.rapid_pro.known_words import with_known_words
from pipeline_lib.sources.rapid_pro.records import Quarantined, Record
from pipeline_lib.sources.rapid_pro.text_recovery import resolved, text_counts, unresolved, windows, with_stored_texts

OVERLAP = timedelta(minutes=15)
"""How far before the watermark a listing begins: the server stamps rows before it commits them, so some appear late."""

_BEGINNING = datetime.min.replace(tzinfo=UTC)


class RunsServer(Protocol):
    """The part of the client that this module needs."""

    def runs(
        self, flow_uuid: str, *, after: datetime | None, before: datetime, resume: str | None = None
    ) -> Iterable[Page]:
        """Pages of runs, oldest first."""

    def incoming_messages(self, *, after: datetime, before: datetime) -> Iterable[Page]:
        """Pages of messages that people sent."""


@dataclass
class Listed:
    """Counts of one flow's listings."""

    page_count: int = 0
    run_count: int = 0
    new_count: int = 0
    """Runs that are new, or new in this version."""
    texts: Counter[str] = field(default_factory=Counter)
    """Answers in the new runs, by the source of their text."""


def fetch_live(  # noqa: PLR0913 - what a flow's fetch needs; the last has a default
    flow: Flow,
    log: FlowLog,
    server: RunsServer,
    participants: Participants,
    now: datetime,
    *,
    calling_code: str = "",
    contacts: Callable[[Collection[str]], Persons] = nobody,
    from_the_beginning: bool = False,
) -> Listed:
    """Fetch a flow's live runs into its log.

    A listing that an earlier fetch began and did not complete is completed first.

    Args:
        flow: The flow.
        log: Its log.
        server: Its server.
        participants: From addresses to participant uuids; called once per page.
        now: The end of the listing, which stays the same until the listing is complete.
        calling_code: The code of the country whose local numbers people write; empty if the country is unknown.
        contacts: Identifies contacts by their other URNs, if the one in a run identifies nobody.
        from_the_beginning: Whether to list all runs, wherever the watermark is; those that are stored are not stored
            again.

    Raises:
        SourceError: The server does not answer; what was stored until then stays.
        StorageConflictError: Another fetch of the flow was quicker.
    """
    read = partial(records_of, participants=participants, calling_code=calling_code, contacts=contacts)
    fetch = _LiveFetch(flow, log, server, read)
    if log.state.listing:
        fetch.list_runs(log.state.listing)
    watermark = log.state.watermark and min(log.state.watermark, now) if not from_the_beginning else None
    fetch.list_runs(Listing(after=watermark - OVERLAP if watermark else None, before=now))
    log.merge_small_parts()
    return fetch.listed


class _LiveFetch:
    def __init__(self, flow: Flow, log: FlowLog, server: RunsServer, read: Callable[..., Deidentified]) -> None:
        self._flow, self._log, self._server, self._read = flow, log, server, read
        self._records: list[Record] = []
        self._quarantined: list[Quarantined] = []
        self.listed = Listed()

    def list_runs(self, listing: Listing) -> None:
        watermark = self._log.state.watermark
        known, set_aside = self._log.recent(listing.after or _BEGINNING)
        for page in track(self._pages(listing), f"Fetching {self._flow.name}, pages"):
            self.listed.page_count += 1
            self.listed.run_count += len(page.results)
            found = self._read(page.results, open_results=self._flow.open_results)
            self._records += [record for record in found.records if known.get(record.run) != record.modified_on]
            self._quarantined += [each for each in found.quarantined if each not in set_aside]
            watermark = max((*modified_times(page.results), *((watermark,) if watermark else ())), default=None)
            watermark = watermark and min(watermark, listing.before)  # not every server respects `before`
            if page.next and len(self._records) + len(self._quarantined) >= PART_RECORDS:
                self._store(watermark, listing.model_copy(update={"next": page.next}))
        self._store(watermark, None)

    def _pages(self, listing: Listing) -> Iterator[Page]:
        """The pages from the listing's position; from its start if the server does not know the position any more."""
        runs = partial(self._server.runs, self._flow.uuid, after=listing.after, before=listing.before)
        pages = iter(runs(resume=listing.next))
        try:
            first = next(pages, None)
        except (DataError, FatalSourceError):
            if listing.next is None:
                raise
            pages = iter(runs())
            first = next(pages, None)
        if first:
            yield first
            yield from pages

    def _store(self, watermark: datetime | None, listing: Listing | None) -> None:
        parts = []
        if self._records or self._quarantined:
            records = [with_known_words(each, self._flow.words) for each in self._with_texts(self._records)]
            parts.append(self._log.part(LIVE, records, self._quarantined))
            self.listed.new_count += len(records)
            self.listed.texts += text_counts(records)
            self._records, self._quarantined = [], []
        self._log.add_live(parts, watermark=watermark, listing=listing)

    def _with_texts(self, records: list[Record]) -> list[Record]:
        """The records with texts that come from their messages, or that were found before."""
        records = self._with_stored_texts(records)
        asked = unresolved(records)
        if not asked:
            return records
        pages = chain.from_iterable(
            self._server.incoming_messages(after=after, before=before) for after, before in windows(asked)
        )
        messages = chain.from_iterable(page.results for page in pages)
        return resolved(records, asked, messages, self._flow.uuid)

    def _with_stored_texts(self, records: list[Record]) -> list[Record]:
        """The records, with the stored texts of unchanged answers, which need not be looked up again."""
        stored_until = max(
            (part.newest_modified_on for part in self._log.state.parts if part.newest_modified_on), default=None
        )
        if stored_until is None:
            return records
        rows = {each.record for each in unresolved(records)}
        old = {records[row].run for row in rows if datetime.fromisoformat(records[row].created_on) <= stored_until}
        stored = self._log.versions_of(old)
        return [with_stored_texts(record, stored[record.run]) if record.run in stored else record for record in records]
