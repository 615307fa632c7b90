"""Reads a segment from Firestore: all of it, or the changes since a copy was made.

Every writer to Coda stamps a message with the server's time, so that a query for a range of stamps finds later writes.
A write may become visible after one with a later stamp. Therefore the range begins `OVERLAP` before the newest known
stamp. After a push this range has many known messages, so the query excludes their stamps, and none of them is read
again. That takes a query for every ten stamps, until a reading is `OVERLAP` later than the newest stamp.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from google.cloud.firestore import CollectionReference, DocumentReference, DocumentSnapshot, FieldFilter, Query

from pipeline_lib.label_store.costs import Costs
from pipeline_lib.label_store.layout import LAST_UPDATED
from pipeline_lib.label_store.snapshots import OVERLAP, Copy, Document, Head
from pipeline_lib.storage.firestore_calls import RETRY, TIMEOUT_SECONDS, call_firestore, fetch_documents

_VALUES_NOT_IN = 10
_VALUES_IN = 30
"""What Firestore takes in one query."""

_LOOKED_UP = 300
"""Documents in one request."""

_COUNTED_PER_READ = 1000

_BEFORE_ALL = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class SegmentReader:
    """Reads one segment's messages."""

    collection: CollectionReference
    place: str
    """For errors: the dataset, the segment."""
    costs: Costs

    def whole(self) -> dict[str, Document]:
        """All documents, by id."""
        return self._read(self.collection)

    def changed(self, head: Head) -> dict[str, Document]:
        """The documents, by id, whose stamp is recent enough and is not in the copy.

        `reconciled` finds documents without a stamp and deleted ones.
        """
        changed: dict[str, Document] = {}
        for query in self._of_other_stamps(head):
            changed |= self._read(query)
        return changed

    def late_ties(self, copy: Copy, changed: dict[str, Document]) -> dict[str, Document]:
        """The documents, by id, that got one of the copy's recent stamps after the copy was made.

        Args:
            copy: The copy.
            changed: The documents that are known to have changed since.
        """
        found: dict[str, Document] = {}
        for stamps in _chunks(copy.head.recent_stamps, _VALUES_IN):
            query = self.collection.where(filter=FieldFilter(LAST_UPDATED, "in", stamps))
            texts = {_iso(stamp) for stamp in stamps}
            known = (copy.documents[document_id] for document_id in changed if document_id in copy.documents)
            moved_count = sum(document.stamped_at in texts for document in known)
            if self._count(query) != sum(copy.head.stamps[stamp] for stamp in stamps) - moved_count:
                found |= self._read(query)
        return found

    def count(self) -> int:
        """How many documents there are."""
        return self._count(self.collection)

    def reconciled(self, documents: dict[str, Document]) -> dict[str, Document]:
        """All documents by id; reads only those that were written at another time than the known ones.

        Every document is billed as a read all the same, but its bytes are not transferred.
        """
        listed = call_firestore(
            self.place,
            lambda: {
                snapshot.id: _iso(snapshot.update_time)
                for snapshot in self.collection.select([]).stream(retry=RETRY, timeout=TIMEOUT_SECONDS)
            },
        )
        self._billed(len(listed))
        stale = [
            self.collection.document(document_id)
            for document_id, changed_at in listed.items()
            if document_id not in documents or documents[document_id].changed_at != changed_at
        ]
        known = {document_id: documents[document_id] for document_id in listed if document_id in documents}
        read = self._looked_up(stale)
        gone = {reference.id for reference in stale} - read.keys()
        return {document_id: each for document_id, each in (known | read).items() if document_id not in gone}

    def _of_other_stamps(self, head: Head) -> Iterator[Query]:
        """Queries for stamps in the range where late writes may still appear, except the known stamps."""
        lower, stamps = head.since or _BEFORE_ALL, list(head.stamps)
        if head.newest is not None and head.newest <= head.read_at - OVERLAP and len(stamps) > _VALUES_NOT_IN:
            # The copy was read long enough after these stamps that no late write can precede them: one query will do.
            lower, stamps = stamps[-_VALUES_NOT_IN - 1], stamps[-_VALUES_NOT_IN:]
        chunks = list(_chunks(stamps, _VALUES_NOT_IN)) or [[]]
        for number, known in enumerate(chunks, start=1):
            query = self.collection.where(filter=FieldFilter(LAST_UPDATED, ">", lower))
            if known:
                query = query.where(filter=FieldFilter(LAST_UPDATED, "not-in", known))
            if number < len(chunks):
                lower = known[-1]
                query = query.where(filter=FieldFilter(LAST_UPDATED, "<", lower))
            yield query

    def _read(self, query: Query | CollectionReference) -> dict[str, Document]:
        documents = call_firestore(
            self.place,
            lambda: {
                snapshot.id: _document(snapshot) for snapshot in query.stream(retry=RETRY, timeout=TIMEOUT_SECONDS)
            },
        )
        self._billed(len(documents))
        return documents

    def _looked_up(self, references: Sequence[DocumentReference]) -> dict[str, Document]:
        client = self.collection._client  # noqa: SLF001 - the collection has no other way to it
        found: dict[str, Document] = {}
        for chunk in _chunks(references, _LOOKED_UP):
            snapshots = call_firestore(self.place, partial(fetch_documents, client, chunk))
            found |= {snapshot.id: _document(snapshot) for snapshot in snapshots if snapshot.exists}
        self.costs.add(documents=len(found), further_reads=len(references) - len(found))
        return found

    def _count(self, query: Query | CollectionReference) -> int:
        counting: Any = query.count()
        results = call_firestore(self.place, lambda: counting.get(retry=RETRY, timeout=TIMEOUT_SECONDS))
        count = int(results[0][0].value)
        self.costs.add(further_reads=max(1, -(-count // _COUNTED_PER_READ)))
        return count

    def _billed(self, document_count: int) -> None:
        self.costs.add(documents=document_count, further_reads=not document_count)


def _document(snapshot: DocumentSnapshot[Any]) -> Document:
    message = snapshot.to_dict() or {}
    stamped_at = None
    if isinstance(stamp := message.get(LAST_UPDATED), datetime):
        stamped_at = message[LAST_UPDATED] = _iso(stamp)
    return Document(snapshot.id, _iso(snapshot.update_time), stamped_at, _iso(snapshot.create_time), message)


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="microseconds")


def _chunks(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    return (list(items[at : at + size]) for at in range(0, len(items), size))
