"""What Firestore bills for."""

from dataclasses import dataclass, field
from threading import Lock


@dataclass
class Costs:
    """Requests to Firestore, as Google bills them; threads may share the object."""

    document_count: int = 0
    """Documents that were read."""
    further_read_count: int = 0
    """Reads billed without a document: one for a query or look-up that finds none, one per thousand counted."""
    write_count: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def add(self, *, documents: int = 0, further_reads: int = 0, writes: int = 0) -> None:
        """Adds the costs of a call."""
        with self._lock:
            self.document_count += documents
            self.further_read_count += further_reads
            self.write_count += writes

    def by_measure(self) -> dict[str, int]:
        """The counts, by their names."""
        return {
            "documents_read": self.document_count,
            "reads_without_document": self.further_read_count,
            "documents_written": self.write_count,
        }
