"""Adds messages in one transaction, as Coda's own client does: for when that client keeps adding messages.

A push reads a dataset, and commits on the condition that nobody has added anything since. While a client adds several
messages a second, such a commit never succeeds. A transaction makes the client wait instead: it reads no more than it
must, and nobody can change what it has read before it ends. It adds to the stored metrics, as the client does.
"""

from typing import Any
from uuid import uuid4

from google.api_core.exceptions import Aborted, AlreadyExists
from google.cloud.firestore import SERVER_TIMESTAMP, Query, Transaction, transactional

from pipeline_lib.label_store.base import CodaMessage
from pipeline_lib.label_store.batches import has_room
from pipeline_lib.label_store.costs import Costs
from pipeline_lib.label_store.dataset_info import place_of
from pipeline_lib.label_store.layout import LAST_UPDATED, Layout, Segment
from pipeline_lib.storage.firestore_calls import RETRY, TIMEOUT_SECONDS, call_firestore

_ATTEMPT_COUNT = 20
_READ_COUNT = 4


def add_in_transaction(layout: Layout, costs: Costs, last: Segment, messages: list[CodaMessage]) -> bool:
    """Adds messages to a dataset's last segment, all of them or none; returns whether it added them.

    It adds none if one is there already, the segment is not the last one any more, or it lacks room for all.

    Args:
        layout: Where the dataset is.
        costs: The costs are added to these.
        last: The segment.
        messages: The messages; they get numbers of their own.
    """

    @transactional
    def add(transaction: Transaction) -> bool:
        patiently: dict[str, Any] = {"transaction": transaction, "retry": RETRY, "timeout": TIMEOUT_SECONDS}
        references = layout.metrics(last), layout.segment_count(last.dataset), layout.ledger(last.dataset)
        metrics, counting, ledger = ((each.get(**patiently).to_dict() or {}) for each in references)
        of_greatest_number = layout.messages(last).order_by("SequenceNumber", direction=Query.DESCENDING).limit(1)
        greatest = [each.get("SequenceNumber") for each in of_greatest_number.get(**patiently)]
        known_count: Any = metrics.get("messages_count")
        next_number: Any = ledger.get("next_sequence_number", 0)
        are_numbers = all(isinstance(each, int) for each in (known_count, next_number, *greatest))
        is_last = counting.get("segment_count", 1) == last.number
        if not (are_numbers and is_last and has_room(known_count, len(messages))):
            return False
        first = max(next_number, *(each + 1 for each in greatest), 0)
        for number, message in enumerate(messages, start=first):
            fields = {**message, "SequenceNumber": number, LAST_UPDATED: SERVER_TIMESTAMP}
            transaction.create(layout.messages(last).document(message["MessageID"]), fields)
        transaction.update(layout.metrics(last), {"messages_count": known_count + len(messages)})
        changed = {"changed_at": SERVER_TIMESTAMP, "token": uuid4().hex}
        transaction.set(layout.ledger(last.dataset), {**changed, "next_sequence_number": first + len(messages)})
        return True

    def add_unless_others_are_faster() -> bool:
        try:
            return bool(add(layout.client.transaction(max_attempts=_ATTEMPT_COUNT)))
        except (Aborted, AlreadyExists, ValueError):  # the last: all attempts were aborted
            return False

    is_added = call_firestore(place_of(last.dataset, last), add_unless_others_are_faster)
    costs.add(documents=_READ_COUNT, writes=len(messages) + 2 if is_added else 0)
    return is_added
