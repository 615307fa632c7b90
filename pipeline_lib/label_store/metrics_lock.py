"""The metrics of a dataset's last segment, with which a push and Coda's own clients notice each other.

Coda's Python client adds a message, or changes a label, in a transaction that writes the segment's metrics too. If the
metrics have not changed since before the messages were read, no client has added any. So a commit writes the metrics on
that condition, and fails as a whole otherwise. It counts them from the messages, whatever values stood there.
"""

from dataclasses import dataclass
from datetime import datetime

from google.cloud.firestore import WriteBatch

from pipeline_lib.label_store.costs import Costs
from pipeline_lib.label_store.dataset_info import fetch_documents, place_of
from pipeline_lib.label_store.layout import Layout, Segment
from pipeline_lib.label_store.metrics import Metrics


@dataclass
class MetricsLock:
    """The last segment's metrics as they were last read."""

    layout: Layout
    costs: Costs
    segment: Segment | None = None
    """The last segment; None if the dataset does not exist yet."""
    version: datetime | None = None
    """When they were last written; None if there are none."""

    def look(self, segment: Segment | None) -> None:
        """Reads them as they are now; to be called before the segment's messages are read."""
        self.segment, self.version = segment, None
        if segment is not None:
            references, place = [self.layout.metrics(segment)], place_of(segment.dataset, segment)
            self.version = fetch_documents(self.layout, self.costs, references, place)[0].update_time

    def write(self, writes: WriteBatch, segment: Segment, metrics: Metrics, metrics_before: Metrics) -> None:
        """Adds the metrics to a commit, which fails if somebody else has written the last segment's.

        Args:
            writes: All other writes of the commit.
            segment: The segment that gets the messages: the last one, or the new one that the commit opens after it.
            metrics: The segment's, with those messages.
            metrics_before: The last segment's, without them.
        """
        if self.segment is not None:
            is_opened = segment != self.segment
            self._write_unless_changed(writes, self.segment, metrics_before if is_opened else metrics)
        if segment != self.segment:
            # Nobody else can have opened the segment: the commit creates its document.
            writes.set(self.layout.metrics(segment), metrics.fields())

    def committed(self, segment: Segment, committed_at: datetime) -> None:
        """Notes that a commit has written the segment's metrics; the segment is the last one now."""
        self.segment, self.version = segment, committed_at

    def _write_unless_changed(self, writes: WriteBatch, segment: Segment, metrics: Metrics) -> None:
        document = self.layout.metrics(segment)
        if self.version is None:
            writes.create(document, metrics.fields())
        else:
            option = self.layout.client.write_option(last_update_time=self.version)
            writes.update(document, metrics.fields(), option=option)
