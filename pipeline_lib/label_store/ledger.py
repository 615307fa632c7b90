"""A dataset's ledger, by which pipelines that add messages at the same time notice each other.

It is changed with every commit that adds messages, on the condition that it is as it was seen. Whoever added messages
meanwhile has changed it too, and the commit fails as a whole. Coda's own client knows no ledger: see `metrics_lock`.
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
    """The ledger as it was seen last."""

    layout: Layout
    costs: Costs
    dataset: str
    version: datetime | None = None
    """When it was last written; None where there is none."""
    next_number: int = 0
    """The first `SequenceNumber` that no pipeline has given, as far as the ledger knows."""

    def look(self) -> None:
        """Sees it as it is now.

        Raises:
            DataError: Its number is none.
        """
        found = self._read()
        self.version = found.update_time
        number = (found.to_dict() or {}).get("next_sequence_number", 0)
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= GREATEST_NUMBER:
            wrong = 'has a "next_sequence_number" that is no number of a message'
            right = "remove the document in the Firebase console: the next push begins it anew"
            raise DataError(Problem(f'"pipeline_ledgers/{self.dataset}"', wrong, right))
        self.next_number = number

    def has_changed(self) -> bool:
        """Whether somebody has added messages since it was seen."""
        written_at: datetime | None = self._read().update_time
        return written_at != self.version

    def commit(self, writes: WriteBatch, messages: list[CodaMessage]) -> datetime | None:
        """Commits what adds the messages, with the ledger as the last of the writes.

        Returns:
            The server's time of the commit; None if others were faster, and nothing of it is there.
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
            self.version = found.update_time  # it was there, nobody heard of it, and the client tried again
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
