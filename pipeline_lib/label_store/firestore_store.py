"""Labels in Coda V2's own database, Firestore."""

import logging
from collections.abc import Iterator, Sequence

from google.cloud.firestore import Client

from pipeline_lib.errors import Problem
from pipeline_lib.http_logs import hide_payloads
from pipeline_lib.label_store.base import CodaMessage, DatasetSetup, StoredMessage
from pipeline_lib.label_store.costs import Costs
from pipeline_lib.label_store.dataset_info import fetch_dataset_info, place_of
from pipeline_lib.label_store.firestore_writer import FirestoreAddition
from pipeline_lib.label_store.layout import Layout
from pipeline_lib.label_store.mirror import Mirror
from pipeline_lib.storage import Storage

logger = logging.getLogger(__name__)


class FirestoreLabelStore:
    """Coda's datasets in one Firebase project.

    The messages are copied to the pipeline's own state, so that later only changed ones are read.

    Args:
        client: A client of the Firebase project.
        storage: The storage of the pipeline's project.
        reconciles: Whether `messages` compares the time when each message was written, as it does once a week anyway,
            rather than reading only messages with a new stamp.
    """

    def __init__(self, client: Client, storage: Storage, *, reconciles: bool = False) -> None:
        hide_payloads()
        self._reconciles = reconciles
        self._costs = Costs()
        self._mirror = Mirror(Layout(client), storage, self._costs)

    def messages(self, dataset: str) -> Iterator[StoredMessage] | None:
        """The dataset's messages in the order of their sequence numbers."""
        found = fetch_dataset_info(self._mirror.layout, self._costs, dataset)
        for segment in found.unlisted:
            wrong = "has messages but no document, so nobody can see them in Coda"
            right = "create the document again in the Firebase console"
            logger.warning("%s", Problem(place_of(dataset, segment), wrong, right))
        self._mirror.refresh(found, fully=self._reconciles)
        return self._mirror.messages(found) if found.fields is not None else None

    def addition(self, dataset: str, messages: Sequence[CodaMessage], setup: DatasetSetup) -> FirestoreAddition:
        """What adding messages would do."""
        return FirestoreAddition(self._mirror, dataset, messages, setup)

    def costs(self) -> dict[str, int]:
        """The billed reads and writes so far."""
        return self._costs.by_measure()
