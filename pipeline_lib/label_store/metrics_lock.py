"""The metrics of a dataset's last segment, by which a push and Coda's own clients notice each other.

Coda's Python client adds a message, or changes a label, in a transaction that writes the segment's metrics too. Where
they are as they were before the messages were looked at, no client has added any since: so a commit writes them on that
condition, and fails as a whole otherwise. It writes what the messages say, whatever stood there.
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
    """The last segment's metrics as they were seen last."""

    layout: Layout
    costs: Costs
    segment: Segment | None = None
    """The last segment; None where the dataset does not exist yet."""
    version: datetime | None = None
    """When they were last written; None where there are none."""

    def look(self, segment: Segment | None) -> None:
        """Sees them as they are now; to be done before the segment's messages are looked at."""
        self.segment, self.version = segment, None
        if segment is not None:
            references, place = [self.layout.metrics(segment)], place_of(segment.dataset, segment)
            self.version = fetch_documents(self.layout, self.costs, references, place)[0].update_time

    def write(self, writes: WriteBatch, segment: Segment, metrics: Metrics, metrics_before: Metrics) -> None:
        """Adds the metrics to a commit, which fails if somebody else has written the last segment's.

        Args:
            writes: All else of the commit.
            segment: What it adds messages to: the last segment, or the one that it opens behind it.
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
        """Notes that a commit has written the segment's metrics; it is the last one now."""
        self.segment, self.version = segment, committed_at

    def _write_unless_changed(self, writes: WriteBatch, segment: Segment, metrics: Metrics) -> None:
        document = self.layout.metrics(segment)
        if self.version is None:
            writes.create(document, metrics.fields())
        else:
            option = self.layout.client.write_option(last_update_time=self.version)
            writes.update(document, metrics.fields(), option=option)
