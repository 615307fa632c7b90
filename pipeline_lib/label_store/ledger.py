"""A dataset's ledger, with which pipelines that add messages at the same time notice each other.

Every commit that adds messages changes the ledger, on the condition that nobody else has changed it since it was read.
If another pipeline has added messages meanwhile, the commit fails as a whole. Coda's own client does not use the
ledger: see `metrics_lock`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from google.api_core.exceptions import Aborted, AlreadyExists, FailedPrecondition, NotFound
from google.cloud.firestore import SERVER_TIMESTAMP, DocumentSnapshot, WriteBatch

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.label_store.base import CodaMessage
from pipeline_lib.label_store.costs import Costs
from pipeline_lib.label_store.dataset_info import fetch_documents, place_of
from pipeline_lib.label_store.layout import GREATEST_NUMBER, Layout
from pipeline_lib.storage.firestore_calls import RETRY, TIMEOUT_SECONDS, call_firestore


@dataclass
class Ledger:
    """The ledger as it was last read."""

    layout: Layout
    costs: Costs
    dataset: str
    version: datetime | None = None
    """When it was last written; None if there is none."""
    next_number: int = 0
    """The first `SequenceNumber` that no pipeline has given, as far as the ledger knows."""

    def look(self) -> None:
        """Reads it as it is now.

        Raises:
            DataError: Its number is invalid.
        """
        found = self._read()
        self.version = found.update_time
        number = (found.to_dict() or {}).get("next_sequence_number", 0)
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= GREATEST_NUMBER:
            wrong = 'has a "next_sequence_number" that is not a sequence number'
            right = "remove the document in the Firebase console: the next push creates it again"
            raise DataError(Problem(f'"pipeline_ledgers/{self.dataset}"', wrong, right))
        self.next_number = number

    def has_changed(self) -> bool:
        """Whether somebody has added messages since it was read."""
        written_at: datetime | None = self._read().update_time
        return written_at != self.version

    def commit(self, writes: WriteBatch, messages: list[CodaMessage]) -> datetime | None:
        """Commits the writes that add the messages, with the ledger as the last one.

        Returns:
            The server's time of the commit; None if others were faster, in which case nothing was written.
        """
        token = uuid4().hex
        self._write(writes, messages, token)
        write_count = len(writes)

        def commit() -> Any:
            try:
                return writes.commit(retry=RETRY, timeout=TIMEOUT_SECONDS)
            except (Aborted, AlreadyExists, FailedPrecondition, NotFound):
                return None

        results = call_firestore(place_of(self.dataset), commit)
        if results is not None:
            self.version = results[-1].update_time
        elif ((found := self._read()).to_dict() or {}).get("token") == token:
            self.version = found.update_time  # the commit had succeeded, its answer was lost, and the client retried
        else:
            return None
        self.costs.add(writes=write_count)
        return self.version

    def _write(self, writes: WriteBatch, messages: list[CodaMessage], token: str) -> None:
        document = self.layout.ledger(self.dataset)
        fields: dict[str, Any] = {"changed_at": SERVER_TIMESTAMP, "token": token}
        if messages:
            fields["next_sequence_number"] = messages[-1]["SequenceNumber"] + 1
        if self.version is None:
            writes.create(document, fields)
        else:
            writes.update(document, fields, option=self.layout.client.write_option(last_update_time=self.version))

    def _read(self) -> DocumentSnapshot[Any]:
        references = [self.layout.ledger(self.dataset)]
        return fetch_documents(self.layout, self.costs, references, place_of(self.dataset))[0]
