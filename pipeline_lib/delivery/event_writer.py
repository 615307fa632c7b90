"""Writes events to the operations dashboard's collection on Firestore: each once, within a short time limit."""

from collections.abc import Sequence
from typing import Any

from google.api_core.exceptions import AlreadyExists
from google.api_core.retry import Retry
from google.cloud.firestore import Client, DocumentReference

from pipeline_lib.delivery.events import Event
from pipeline_lib.storage.firestore_calls import call_firestore, is_passing

COLLECTION = "metrics/pipelines/pipeline_logs"

_PLACE = "OperationsDashboard"


def write_events(client: Client, events: Sequence[Event], seconds: float) -> None:
    """Write events to the dashboard; one that is there already stays as it is.

    Args:
        client: Of the dashboard's Firebase project.
        events: The events.
        seconds: How long to try, for each.

    Raises:
        SourceError: Firestore did not store one.
    """
    retry = Retry(predicate=is_passing, initial=0.1, maximum=1.0, timeout=seconds)
    for event in events:
        document = client.collection(COLLECTION).document(event.id)
        call_firestore(_PLACE, lambda: _create(document, event.document, retry, seconds))  # noqa: B023 - called at once


def _create(document: DocumentReference, content: dict[str, Any], retry: Retry, seconds: float) -> None:
    try:
        document.create(content, retry=retry, timeout=seconds)
    except AlreadyExists:
        return  # written before, perhaps by a try whose answer was lost
