"""The log of one flow: what has been fetched, and how far the fetch has come.

    state/raw/RapidPro/<flow uuid>/manifest.json
    state/raw/RapidPro/<flow uuid>/segments/<SHA-256 of the content>.jsonl

A part is a segment of records and their origin: the live listing, or an archive. Parts are only ever added, with two
exceptions: an archive that is read again replaces its old parts, and many small parts become one. The watermark moves
in the same write that names the records up to it, never earlier (sources.md A.3).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Literal

from pydantic import ConfigDict, Field

from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.times import Instant
from pipeline_lib.sources.rapid_pro.records import Quarantined, Record, decode_record, decode_records, encode_records
from pipeline_lib.sources.rapid_pro.text_recovery import is_certain
from pipeline_lib.sources.segments import Segments, StateDocument
from pipeline_lib.storage import Storage

LIVE = "live"
"""The origin of records from the live listing."""

PART_RECORDS = 5_000
"""At most this many records, and those of one more page, are in memory before they are stored."""

_MANY_PARTS = 30

_RUN_LEAD, _UUID_BYTES = b'{"run":"', 36
"""The first characters of a record's line."""


class _Document(Frozen):
    model_config = ConfigDict(alias_generator=None)


class Part(_Document):
    """Records that were added at once."""

    origin: str
    """`live`, or the key of an archive."""
    sha256: str
    record_count: int
    newest_modified_on: Instant | None
    uncertain_days: tuple[date, ...] = ()
    """Days (UTC) of records with an uncertain text, by `modified_on`: archives of these days may have the text."""
    quarantined: tuple[Quarantined, ...] = ()
    added_at: Instant


class Listing(_Document):
    """A started listing of live runs: where it continues, and its end."""

    after: Instant | None
    before: Instant
    next: str | None = None
    """Where the next page begins; None for the first."""


class FlowState(_Document):
    """How far the fetch of one flow has come."""

    format: Literal[1] = 1
    watermark: Instant | None = None
    """Newest `modified_on` that the live listing has given."""
    listed_until: Instant | None = None
    """`before` of the last listing that was completed together with its archives: nothing until then is missing."""
    listing: Listing | None = None
    archives: dict[str, str] = Field(default_factory=dict)
    """Hash of each archive that has been read, by its key."""
    parts: tuple[Part, ...] = ()
    """The current state, in the order in which the parts were added."""
    superseded: tuple[str, ...] = ()
    """Segments that no longer count: their archive was rewritten or rolled up, or they were merged."""


class FlowLog:
    """The log of one flow."""

    def __init__(self, storage: Storage, flow_uuid: str) -> None:
        folder = f"state/raw/RapidPro/{flow_uuid}"
        self.segments = Segments(storage, f"{folder}/segments")
        self._document = StateDocument(storage, f"{folder}/manifest.json", FlowState())

    @property
    def state(self) -> FlowState:
        """As of the last write."""
        return self._document.value

    def part(self, origin: str, records: Sequence[Record], quarantined: Iterable[Quarantined] = ()) -> Part:
        """Store records; they count once the manifest names the part."""
        return Part(
            origin=origin,
            sha256=self.segments.add(encode_records(records)),
            record_count=len(records),
            newest_modified_on=max((datetime.fromisoformat(record.modified_on) for record in records), default=None),
            uncertain_days=tuple(sorted({_day(record) for record in records if not is_certain(record)})),
            quarantined=tuple(quarantined),
            added_at=datetime.now(UTC),
        )

    def add_live(self, parts: Iterable[Part], *, watermark: Instant | None, listing: Listing | None) -> None:
        """Name parts of the live listing, and where it continues; None if it is complete.

        Raises:
            StorageConflictError: Another fetch of the flow was quicker.
        """
        self._change(parts=(*self.state.parts, *parts), watermark=watermark, listing=listing)

    def end_listing(self, until: Instant) -> None:
        """Note that a listing is complete, and that runs that were archived meanwhile have been read.

        Raises:
            StorageConflictError: Another fetch of the flow was quicker.
        """
        self._change(listed_until=until)

    def add_archive(self, key: str, sha: str, parts: Sequence[Part], *, instead_of: Collection[str]) -> None:
        """Name the parts read from an archive; they replace older parts of it, or of archives that it contains.

        Raises:
            StorageConflictError: Another fetch of the flow was quicker.
        """
        gone = {key, *instead_of}
        kept = {part.sha256 for part in (*parts, *(part for part in self.state.parts if part.origin not in gone))}
        former = (part.sha256 for part in self.state.parts if part.origin in gone)
        self._change(
            archives={k: h for k, h in self.state.archives.items() if k not in gone} | {key: sha},
            parts=(*(part for part in self.state.parts if part.origin not in gone), *parts),
            superseded=tuple(dict.fromkeys((*self.state.superseded, *(sha for sha in former if sha not in kept)))),
        )

    def merge_small_parts(self) -> None:
        """Replace many small parts, such as nightly fetches leave, by one part.

        Raises:
            StorageConflictError: Another fetch of the flow was quicker.
        """
        all_small = [part for part in self.state.parts if part.origin == LIVE and 2 * part.record_count < PART_RECORDS]
        if len(all_small) < _MANY_PARTS:
            return
        small, record_count = [], 0
        for part in all_small:
            if record_count + part.record_count <= PART_RECORDS:
                small.append(part)
                record_count += part.record_count
        newest: dict[str, Record] = {}
        for record in (record for part in small for record in decode_records(self.segments.read(part.sha256))):
            if record.run not in newest or record.modified_on >= newest[record.run].modified_on:
                newest[record.run] = record
        set_aside = dict.fromkeys(each for part in small for each in part.quarantined)
        merged = self.part(LIVE, list(newest.values()), set_aside)
        self._change(
            parts=(*(part for part in self.state.parts if part not in small), merged),
            superseded=(*self.state.superseded, *(part.sha256 for part in small if part.sha256 != merged.sha256)),
        )

    def recent(self, after: datetime) -> tuple[dict[str, str], set[Quarantined]]:
        """The known runs that were modified since: `modified_on` by run, and those set aside."""
        known: dict[str, str] = {}
        set_aside: set[Quarantined] = set()
        for part in self.state.parts:
            if part.origin == LIVE and (part.newest_modified_on is None or part.newest_modified_on >= after):
                for record in decode_records(self.segments.read(part.sha256)):
                    known[record.run] = max(record.modified_on, known.get(record.run, ""))  # merged parts stand last
                set_aside |= set(part.quarantined)
        return known, set_aside

    def versions_of(self, runs: Collection[str]) -> dict[str, list[Record]]:
        """All stored versions of some runs, by run, oldest part first."""
        wanted = {_RUN_LEAD + run.encode() for run in runs}
        found: defaultdict[str, list[Record]] = defaultdict(list)
        for part in self.state.parts if wanted else ():
            for line in self.segments.read(part.sha256).splitlines():
                if line[: len(_RUN_LEAD) + _UUID_BYTES] in wanted:  # most lines need not be parsed
                    record = decode_record(line)
                    found[record.run].append(record)
        return found

    def _change(self, **changes: object) -> None:
        self._document.replace(self.state.model_copy(update=changes))


def _day(record: Record) -> date:
    return datetime.fromisoformat(record.modified_on).date()
