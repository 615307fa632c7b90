"""Adds messages to a dataset in Coda: two pipelines at once add each message once, and no coder loses anything.

Each commit creates messages, never sets them, and changes the dataset's ledger and the metrics of its last segment with
them. If another pipeline or Coda's own client has added messages since the dataset was read, the commit fails as a
whole, and the dataset is read again. A killed pipeline leaves only whole batches; the next one continues after them.
"""

import random
import time
from collections import deque
from collections.abc import Sequence
from contextlib import closing

from google.cloud.firestore import SERVER_TIMESTAMP, WriteBatch

from pipeline_lib.concurrency import map_concurrently
from pipeline_lib.errors import ConfigError, DataError, Problem, StorageConflictError
from pipeline_lib.label_store.base import CodaMessage, CodaScheme, DatasetSetup, Findings
from pipeline_lib.label_store.batches import Batch, batches, one_ahead
from pipeline_lib.label_store.consistency import SegmentSetup, of_dataset, of_new_dataset
from pipeline_lib.label_store.dataset_info import (
    count_segments,
    fetch_dataset_info,
    fetch_documents,
    place_of,
    schemes_of,
)
from pipeline_lib.label_store.layout import (
    GREATEST_NUMBER,
    LAST_UPDATED,
    Fields,
    Segment,
    is_usable_id,
    segment_that_it_could_be,
)
from pipeline_lib.label_store.ledger import Ledger
from pipeline_lib.label_store.messages import lacking
from pipeline_lib.label_store.metrics import Metrics, metrics_of
from pipeline_lib.label_store.metrics_lock import MetricsLock
from pipeline_lib.label_store.mirror import Mirror
from pipeline_lib.label_store.sequence_numbers import repeated_numbers
from pipeline_lib.label_store.transactional_writer import add_in_transaction
from pipeline_lib.storage.firestore_calls import CALLS_AT_ONCE

_FAILURE_COUNT = 30
"""In a row; in each, somebody else's commit came first."""

_FAILURES_BEFORE_TURNS = 3
"""In a row; after them the commit is made in a transaction, for which Coda's client has to wait."""

_PAUSE_SECONDS = 0.1


class FirestoreAddition:
    """Messages that a dataset lacks, ready to be committed."""

    def __init__(self, mirror: Mirror, dataset: str, messages: Sequence[CodaMessage], setup: DatasetSetup) -> None:
        self._mirror, self._dataset, self._setup = mirror, dataset, setup
        self._place = place_of(dataset)
        self._wanted: Sequence[CodaMessage] = messages
        self._schemes: dict[Segment, Sequence[CodaScheme]] = {}
        self._ledger = Ledger(mirror.layout, mirror.costs, dataset)
        self._lock = MetricsLock(mirror.layout, mirror.costs)
        self._metrics = Metrics()
        self._look()

    @property
    def messages(self) -> list[CodaMessage]:
        """The messages that are still to be added, numbered."""
        return [message for batch in self._batches for message in batch.messages]

    @property
    def is_of_new_dataset(self) -> bool:
        """Whether there is no such dataset yet."""
        return self._info.fields is None

    def commit(self) -> int:
        """Adds the messages; returns how many were new and are in Coda now."""
        added_count = failure_count = 0
        while self._batches:
            before = len(self._batches)
            added_count += self._commit_until_others_are_faster()
            if self._batches:
                failure_count = failure_count + 1 if len(self._batches) == before else 1
                if failure_count == _FAILURE_COUNT:
                    wrong = f"others added messages during each of {_FAILURE_COUNT} attempts"
                    raise StorageConflictError(Problem(self._place, wrong, "try again when they are done"))
                time.sleep(random.uniform(0, _PAUSE_SECONDS * failure_count))  # noqa: S311 - no secret
                is_of_client = self._look_again(self._batches[0])
                if is_of_client and failure_count >= _FAILURES_BEFORE_TURNS and (in_turn := self._add_in_turn()):
                    added_count += in_turn
                    failure_count = _FAILURES_BEFORE_TURNS - 1
        return added_count

    def _add_in_turn(self) -> int:
        """Adds the next messages in a transaction, since Coda's client makes changes all the time."""
        batch, last = next(iter(self._batches), None), self._last_segment
        if batch is None or batch.opens_segment or last is None:
            return 0
        if not add_in_transaction(self._mirror.layout, self._mirror.costs, last, batch.messages):
            return 0
        self._look()
        return len(batch.messages)

    def _commit_until_others_are_faster(self) -> int:
        """Commits the batches in their order, removes each once it is stored, and counts their messages."""
        added_count = 0
        with closing(one_ahead(self._writes, list(self._batches))) as prepared:
            for writes in prepared:
                batch = self._batches[0]
                if not self._commit(writes, batch):
                    break
                added_count += len(batch.messages)
                self._batches.popleft()
        return added_count

    def _commit(self, writes: WriteBatch, batch: Batch) -> bool:
        """Commits a batch; False if others were faster, in which case nothing of it was stored."""
        segment = Segment(self._dataset, batch.segment_number)
        metrics = (Metrics() if batch.opens_segment else self._metrics).and_new(len(batch.messages))
        self._lock.write(writes, segment, metrics, self._metrics)
        committed_at = self._ledger.commit(writes, batch.messages)
        if committed_at is None:
            return False
        self._lock.committed(segment, committed_at)
        self._metrics = metrics
        return True

    def _look(self) -> None:
        """Finds the missing messages, as of the ledger version that the next commit requires."""
        layout, costs = self._mirror.layout, self._mirror.costs
        self._ledger.look()
        self._info = fetch_dataset_info(layout, costs, self._dataset)
        self._lock.look(self._last_segment)
        self._mirror.refresh_where_messages_are_added(self._info)
        wanted = self._wanted
        self._plan()
        if self._batches and self._last_segment and self._mirror.recount(self._last_segment, self._info):
            self._wanted = wanted  # messages that were deleted meanwhile are missing too
            self._plan()
        self._metrics = self._metrics_of_last_segment() if self._batches else Metrics()

    @property
    def _last_segment(self) -> Segment | None:
        return self._info.segments[-1] if self._info.segments else None

    def _plan(self) -> None:
        """Plans which messages go into which segment, by the copies of the segments."""
        next_number = self._ledger.next_number
        known: set[str] = set()
        last_count = 0
        for segment in self._info.segments:
            head, ids = self._mirror.summary(segment)
            known.update(ids)
            last_count = head.document_count
            next_number = max(next_number, head.greatest_number + 1 if head.greatest_number is not None else 0)
        self._wanted = lacking(self._wanted, known, self._dataset)
        _check_ids(self._wanted, self._place)
        _check_numbers(next_number + len(self._wanted) - 1, self._place)
        self._batches = deque(batches(self._wanted, self._info.segment_count, last_count, next_number))

    def _metrics_of_last_segment(self) -> Metrics:
        segment = self._last_segment
        if segment is None:
            return Metrics()
        documents = self._mirror.documents(segment).values()
        return metrics_of((document.message for document in documents), self._schemes_in(segment))

    def _look_again(self, failed: Batch) -> bool:
        """After a failed commit, finds out what others have changed; returns whether it was Coda's client."""
        before = self._ledger.version, self._lock.version
        self._look()
        if (self._ledger.version, self._lock.version) == before and not failed.opens_segment:
            # It was neither a pipeline nor Coda's client: somebody has created one of the messages without a stamp, so
            # that no change was seen.
            self._mirror.reconcile(Segment(self._dataset, failed.segment_number), self._info)
            self._look()
        problems = self.findings().problems
        if problems:
            raise ConfigError(*problems)
        return self._ledger.version == before[0] and self._lock.version != before[1]

    def findings(self) -> Findings:
        """Where the dataset, or the setup of a new one, differs from the project's code schemes."""
        taken, segments = self._taken_names(), self._info.segments
        if self.is_of_new_dataset:
            return Findings([*taken, *of_new_dataset(self._place, Segment(self._dataset, 1), self._setup)])
        description = f'Reading the code schemes of dataset "{self._dataset}"'
        schemes = map_concurrently(self._schemes_in, segments, CALLS_AT_ONCE, description)
        found = map(SegmentSetup, self._fields_of_segments(), schemes)
        problems, remarks = of_dataset(self._place, self._setup.schemes, dict(zip(segments, found, strict=True)))
        return Findings([*taken, *problems], remarks)

    def remarks_on_messages(self) -> list[Problem]:
        """What somebody should know about the messages that are there, by the copies of the segments."""
        documents = (self._mirror.documents(segment) for segment in self._info.segments)
        return repeated_numbers(self._place, (each.sequence_number for found in documents for each in found.values()))

    def _fields_of_segments(self) -> list[Fields | None]:
        layout, costs = self._mirror.layout, self._mirror.costs
        references = [layout.segment(segment) for segment in self._info.segments[1:]]
        others = fetch_documents(layout, costs, references, self._place)
        return [self._info.fields, *(snapshot.to_dict() for snapshot in others)]

    def _schemes_in(self, segment: Segment) -> Sequence[CodaScheme]:
        if segment not in self._schemes:
            self._schemes[segment] = schemes_of(self._mirror.layout, self._mirror.costs, segment)
        return self._schemes[segment]

    def _schemes_to_copy(self) -> Sequence[CodaScheme]:
        """The schemes for a new segment: those of the last one."""
        return self._setup.schemes if self.is_of_new_dataset else self._schemes_in(self._info.segments[-1])

    def _taken_names(self) -> list[Problem]:
        """Segments and datasets that Coda could not tell apart by their names."""
        opened = [Segment(self._dataset, batch.segment_number) for batch in self._batches if batch.opens_segment]
        next_segments = self._existing([segment.name for segment in opened if segment.number > 1])
        if next_segments and (self._ledger.has_changed() or self._segments_were_added()):
            next_segments = []  # somebody else has just opened them: our commit will fail, and we read it again
        problems = [
            Problem(
                self._place,
                f'needs another segment, which Coda would call "{name}", but a dataset of that name exists',
                "rename that dataset in Coda",
            )
            for name in next_segments
        ]
        taken = segment_that_it_could_be(self._dataset)
        if self.is_of_new_dataset and taken is not None and self._existing([taken.dataset]):
            wrong = f'is what Coda will call segment {taken.number} of dataset "{taken.dataset}"'
            problems.append(Problem(self._place, wrong, "give it another CodaFilename"))
        return problems

    def _segments_were_added(self) -> bool:
        """Whether Coda counts more segments than before, for example because its own client has opened one."""
        layout, costs = self._mirror.layout, self._mirror.costs
        return count_segments(layout, costs, self._dataset) > self._info.segment_count

    def _existing(self, datasets: Sequence[str]) -> list[str]:
        layout, costs = self._mirror.layout, self._mirror.costs
        references = [layout.segment(Segment(dataset, 1)) for dataset in datasets]
        return [snapshot.id for snapshot in fetch_documents(layout, costs, references, self._place) if snapshot.exists]

    def _writes(self, batch: Batch) -> WriteBatch:
        """All writes of a batch except the metrics and the ledger, which depend on the batch before."""
        layout, segment = self._mirror.layout, Segment(self._dataset, batch.segment_number)
        writes = layout.client.batch()
        if batch.opens_segment:
            self._open(segment, writes)
        for message in batch.messages:
            reference = layout.messages(segment).document(message["MessageID"])
            writes.create(reference, {**message, LAST_UPDATED: SERVER_TIMESTAMP})
        return writes

    def _open(self, segment: Segment, writes: WriteBatch) -> None:
        """Creates a segment like the dataset's others, or the first one of a new dataset."""
        layout, fields = self._mirror.layout, self._info.fields
        writes.create(layout.segment(segment), fields if fields is not None else {"users": list(self._setup.users)})
        for scheme in self._schemes_to_copy():
            writes.set(layout.schemes(segment).document(scheme["SchemeID"]), dict(scheme))
        if segment.number > 1:
            writes.set(layout.segment_count(self._dataset), {"segment_count": segment.number})


def _check_numbers(last: int, place: str) -> None:
    if last > GREATEST_NUMBER:
        wrong = f"has a message with so large a SequenceNumber that the next would exceed {GREATEST_NUMBER:,}"
        raise DataError(Problem(place, wrong, "correct it in the Firebase console"))


def _check_ids(messages: Sequence[CodaMessage], place: str) -> None:
    unusable = [index for index, message in enumerate(messages) if not is_usable_id(message["MessageID"])]
    if unusable:
        right = 'expected the SHA-256 of the text; Firestore takes no "/" and no more than 1,500 bytes'
        wrong = f"{len(unusable)} of the new messages have a MessageID that Coda cannot store"
        raise DataError(Problem(place, wrong, right))
