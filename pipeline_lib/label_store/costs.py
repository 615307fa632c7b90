"""What Firestore bills for."""

from dataclasses import dataclass, field
from threading import Lock


@dataclass
class Costs:
    """What Firestore has been asked for, as Google bills it; threads may share it."""

    document_count: int = 0
    """Documents that were read."""
    further_read_count: int = 0
    """Reads billed without a document: one for a query or a look-up that finds none, one for a thousand counted."""
    write_count: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def add(self, *, documents: int = 0, further_reads: int = 0, writes: int = 0) -> None:
        """Counts what a call has cost."""
        with self._lock:
            self.document_count += documents
            self.further_read_count += further_reads
            self.write_count += writes

    def by_measure(self) -> dict[str, int]:
        """The counts, by what they count."""
        return {
            "documents_read": self.document_count,
            "reads_without_document": self.further_read_count,
            "documents_written": self.write_count,
        }
