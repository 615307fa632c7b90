"""Datasets as they are in Firestore, through a local mirror that each refresh brings up to date."""

import heapq
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from pipeline_lib.concurrency import map_concurrently
from pipeline_lib.errors import ConfigError, DataError, Problem, StorageConflictError
from pipeline_lib.input_files import open_input
from pipeline_lib.label_store.base import DatedMessage
from pipeline_lib.label_store.costs import Costs
from pipeline_lib.label_store.dataset_info import DatasetInfo, place_of
from pipeline_lib.label_store.layout import Layout, Segment
from pipeline_lib.label_store.quotable_values import is_small
from pipeline_lib.label_store.refresh_marker import full_segment_count, remember_look
from pipeline_lib.label_store.segment_reader import SegmentReader
from pipeline_lib.label_store.snapshots import (
    COPY_SUFFIX,
    Copy,
    Document,
    Head,
    copied,
    file_name,
    head_of,
    ids_of,
    read_copy,
    read_documents,
    written,
)
from pipeline_lib.model.coda_file import is_hash
from pipeline_lib.storage import Storage
from pipeline_lib.storage.firestore_calls import CALLS_AT_ONCE

_COUNT_EVERY = timedelta(hours=20)
"""How often a segment's documents are counted, to notice deleted ones and ones without a stamp: once a night."""

_RECONCILE_EVERY = timedelta(days=7)
"""How often a segment is compared with the list of all its documents."""

_ATTEMPT_COUNT = 20


@dataclass(frozen=True)
class Mirror:
    """Copies of one Firebase project's datasets."""

    layout: Layout
    storage: Storage
    """The storage of the pipeline's project: the copies are in its state."""
    costs: Costs

    def refresh(self, info: DatasetInfo, *, fully: bool = False) -> None:
        """Brings the copies of a dataset's segments up to date with all that was in Coda before the call.

        Args:
            info: The dataset.
            fully: Whether to compare the copies with the list of all documents even if that is not due.

        Raises:
            ConfigError: The copies are of another Firebase project.
            DataError: There are copies of more segments than Coda counts.
            SourceError: Firestore is unavailable.
        """
        self._check_further_copies(info)
        self._refresh_all(info.segments, info, timedelta(0) if fully else _RECONCILE_EVERY)
        remember_look(self.storage, info)

    def refresh_where_messages_are_added(self, info: DatasetInfo) -> None:
        """As `refresh`; but if all segments were read recently, skips those that cannot have got messages since."""
        full_count = full_segment_count(self.storage, info)
        if not full_count:
            self.refresh(info)
            return
        self._check_further_copies(info)
        removed = [segment for segment in info.segments[:full_count] if not self._is_copied(segment, info)]
        self._refresh_all([*removed, *info.segments[full_count:]], info)

    def reconcile(self, segment: Segment, info: DatasetInfo) -> None:
        """Brings a segment's copy up to date from the list of all its documents, stamped or not."""
        self._refresh(segment, info, reconcile_every=timedelta(0))

    def recount(self, segment: Segment, info: DatasetInfo) -> bool:
        """Counts a segment's documents, and reconciles its copy if the numbers differ, as after a deletion.

        Returns:
            Whether they differed.
        """
        head, _ = self.summary(segment)
        if self._reader(segment).count() == head.document_count:
            return False
        self.reconcile(segment, info)
        return True

    def documents(self, segment: Segment) -> dict[str, Document]:
        """A segment's documents as its copy has them, by id."""
        return read_copy(self.storage.read(file_name(segment)), self._place_of_copy(segment)).documents

    def summary(self, segment: Segment) -> tuple[Head, list[str]]:
        """The head of a segment's copy, and the ids of its documents."""
        content, place = self.storage.read(file_name(segment)), self._place_of_copy(segment)
        return head_of(content, place), ids_of(content, place)

    def messages(self, info: DatasetInfo) -> Iterator[DatedMessage]:
        """A dataset's messages as its copies have them, in the order of their sequence numbers."""
        with ExitStack() as opened:
            parts = [self._opened(segment, opened) for segment in info.segments]
            for _, segment, document in heapq.merge(*parts, key=lambda part: part[0]):
                made_at = datetime.fromisoformat(document.made_at)
                yield DatedMessage(_place_of_message(segment, document), document.message, made_at)

    def _opened(self, segment: Segment, opened: ExitStack) -> Iterator[tuple[tuple[bool, int, str], Segment, Document]]:
        path = opened.enter_context(self.storage.local_file(file_name(segment)))
        lines = opened.enter_context(open_input(path))
        documents = read_documents(lines, self._place_of_copy(segment))
        return ((document.order, segment, document) for document in documents)

    def _refresh_all(
        self, segments: Sequence[Segment], info: DatasetInfo, reconcile_every: timedelta = _RECONCILE_EVERY
    ) -> None:
        refresh = partial(self._refresh, info=info, reconcile_every=reconcile_every)
        map_concurrently(refresh, segments, CALLS_AT_ONCE, f'Reading dataset "{info.dataset}" from Coda')

    def _is_copied(self, segment: Segment, info: DatasetInfo) -> bool:
        stored = self.storage.read_versioned(file_name(segment))
        return stored is not None and self._usable_head(stored.content, segment, info) is not None

    def _usable_head(self, content: bytes, segment: Segment, info: DatasetInfo) -> Head | None:
        """The head of a copy; None if the segment must be read again as a whole.

        That is the case if there is no copy; if an earlier version wrote the copy, without noting when messages were
        made; or if the dataset was deleted and created again since.
        """
        if not content:
            return None
        head = head_of(content, self._place_of_copy(segment))
        self._check_project(head.firebase_project, segment)
        return head if head.format != 1 and head.dataset_made_at == info.made_at else None

    def _refresh(self, segment: Segment, info: DatasetInfo, *, reconcile_every: timedelta) -> None:
        """Replaces a segment's copy; if somebody else replaces it meanwhile, brings theirs up to date."""
        name = file_name(segment)
        for _ in range(_ATTEMPT_COUNT):
            stored = self.storage.read_versioned(name)
            head = self._usable_head(stored.content if stored else b"", segment, info)
            if stored is None or head is None:
                copy: Copy | None = self._whole(segment, info)
            else:
                copy = self._brought_up_to_date(stored.content, head, segment, info.read_at, reconcile_every)
            if copy is None:
                return
            try:
                self.storage.replace(name, written(copy), expected=stored)
            except StorageConflictError:
                continue
            return
        wrong = f"others wrote it during each of {_ATTEMPT_COUNT} attempts"
        raise StorageConflictError(Problem(self._place_of_copy(segment), wrong, "try again when they are done"))

    def _whole(self, segment: Segment, info: DatasetInfo) -> Copy:
        read_at = info.read_at
        head = Head(
            firebase_project=self.layout.client.project,
            dataset_made_at=info.made_at,
            read_at=read_at,
            counted_at=read_at,
            reconciled_at=read_at,
            document_count=0,
            greatest_number=None,
            newest=None,
            stamps={},
        )
        return copied(self._reader(segment).whole(), head)

    def _brought_up_to_date(
        self, content: bytes, head: Head, segment: Segment, read_at: datetime, reconcile_every: timedelta
    ) -> Copy | None:
        """The copy with all changes since it was read; None if there is nothing worth writing."""
        place = self._place_of_copy(segment)
        reader = self._reader(segment)
        reconciled = head.model_copy(
            update={"read_at": read_at, "counted_at": read_at, "reconciled_at": read_at},
        )
        if read_at - head.reconciled_at >= reconcile_every:
            return copied(reader.reconciled(read_copy(content, place).documents), reconciled)
        changed = reader.changed(head)
        is_count_due = read_at - head.counted_at >= _COUNT_EVERY
        if not (changed or is_count_due or head.recent_stamps):
            return None
        copy = read_copy(content, place)
        documents = copy.documents | changed | reader.late_ties(copy, changed)
        if is_count_due and reader.count() != len(documents):
            return copied(reader.reconciled(documents), reconciled)
        counted_at = read_at if is_count_due else head.counted_at
        return copied(documents, head.model_copy(update={"read_at": read_at, "counted_at": counted_at}))

    def _reader(self, segment: Segment) -> SegmentReader:
        return SegmentReader(self.layout.messages(segment), place_of(segment.dataset, segment), self.costs)

    def _check_project(self, known: str, segment: Segment) -> None:
        project = self.layout.client.project
        if known != project:
            place = place_of(segment.dataset)
            wrong = f'was pulled from the Firebase project "{known}" before, but the credentials are for "{project}"'
            right = f"correct the credentials; if Coda has moved, remove {self.storage.uri_of('state/coda')}"
            raise ConfigError(Problem(place, wrong, right))

    def _check_further_copies(self, info: DatasetInfo) -> None:
        """Refuses a dataset that lacks segments which were there when it was last read.

        If no such dataset is found at all, every copy is checked: the credentials may be for another project.
        """
        dataset, folder = info.dataset, f"state/coda/{info.dataset}"
        counted = {file_name(segment) for segment in info.segments}
        for name in self.storage.names(folder):
            stored = self.storage.read_versioned(name)
            if not name.endswith(COPY_SUFFIX) or name in counted or stored is None or not stored.content:
                continue
            head = head_of(stored.content, self.storage.uri_of(name))
            self._check_project(head.firebase_project, Segment(dataset, 1))
            if head.read_at > info.read_at:
                continue  # another pipeline has opened the segment since
            is_of_another = info.made_at is not None and head.dataset_made_at != info.made_at
            if is_of_another:
                self.storage.replace(name, b"", expected=stored)
            elif head.document_count:
                segment = name.removeprefix(f"{folder}/").removesuffix(COPY_SUFFIX)
                wrong = (
                    f'had {head.document_count:,} messages in segment "{segment}" when it was last read, and now has '
                    f"{info.segment_count:,} segments by Coda's count"
                )
                right = (
                    'restore the segment, or correct "segment_count" in the Firebase console; if it was deleted on '
                    f"purpose, remove {self.storage.uri_of(folder)}"
                )
                raise DataError(Problem(place_of(dataset), wrong, right))

    def _place_of_copy(self, segment: Segment) -> str:
        return self.storage.uri_of(file_name(segment))


def _place_of_message(segment: Segment, document: Document) -> str:
    """Tells a person where a message is. An id that is no hash is not shown: it could be somebody's words."""
    place = place_of(segment.dataset, segment)
    if is_hash(document.document_id):
        return f"{place}, message {document.document_id}"
    number = document.message.get("SequenceNumber")
    return f"{place}, a message whose id is no hash" + (f" (SequenceNumber {number})" if is_small(number) else "")
