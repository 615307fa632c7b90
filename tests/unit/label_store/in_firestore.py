"""Coda in a Firebase project, as a test sees it and as others change it."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from google.api_core.exceptions import Aborted
from google.api_core.retry import Retry, if_exception_type
from google.cloud.firestore import SERVER_TIMESTAMP, Client, CollectionReference, Query, Transaction, transactional

from pipeline_lib.label_store.base import CodaMessage, DatasetSetup
from pipeline_lib.label_store.firestore_store import FirestoreLabelStore
from pipeline_lib.label_store.push import Proposed, push
from pipeline_lib.storage import Storage
from sandbox.coda_web_app import Browser

CODER = "coder@example.org"
SCHEME: dict[str, Any] = {
    "SchemeID": "Scheme-1",
    "Name": "water",
    "Version": "1",
    "Codes": [
        {"CodeID": "code-a", "CodeType": "Normal", "StringValue": "a", "NumericValue": 1},
        {"CodeID": "code-ws", "CodeType": "Control", "ControlCode": "WS", "StringValue": "WS", "NumericValue": -1},
        {"CodeID": "code-nc", "CodeType": "Control", "ControlCode": "NC", "StringValue": "NC", "NumericValue": -2},
    ],
}
SETUP = DatasetSetup(users=(CODER,), schemes=(SCHEME,))
OF_NO_FURTHER_SEGMENT = 2
"""Reads that a look at a dataset is billed for to learn that no segment is there which is not counted."""
OF_THE_METRICS, OF_A_COUNT = 1, 1
"""Reads of a push that adds something: by these it notices what others add and delete meanwhile."""

_AGAIN = Retry(predicate=if_exception_type(Aborted), initial=0.05, maximum=1.0)

LONG_AGO = datetime(2021, 11, 1, tzinfo=UTC)


def id_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def message(text: str, **more: Any) -> CodaMessage:
    """A message as Coda has it, with its text's hash as its id."""
    base = {"MessageID": id_of(text), "Text": text, "CreationDateTimeUTC": "2021-11-01T10:00:00Z", "Labels": []}
    return base | more


@dataclass(frozen=True)
class Coda:
    """Coda, as a test sees it."""

    client: Client
    storage: Storage
    """Of a pipeline's project."""

    def store(self, storage: Storage | None = None) -> FirestoreLabelStore:
        """A new store, as each task opens one."""
        return FirestoreLabelStore(self.client, storage or self.storage)

    def push(self, dataset: str, *texts: str, setup: DatasetSetup = SETUP) -> int:
        """How many of the texts were added."""
        return push(self.store(), {dataset: Proposed([message(text) for text in texts], setup)}.items())[dataset]

    def pulled(self, dataset: str) -> dict[str, CodaMessage]:
        """A dataset's messages by text."""
        return {each["Text"]: each for _, each in self.store().messages(dataset) or ()}

    def cost_of_pull(self, dataset: str) -> tuple[int, int]:
        """Documents that a pull reads, and what it is billed for beside."""
        store = self.store()
        list(store.messages(dataset) or ())
        documents, further, written = store.costs().values()
        assert written == 0
        return documents, further

    def messages(self, segment: str) -> CollectionReference:
        """The messages of a segment."""
        return self.client.collection("datasets", segment, "messages")

    def put(self, segment: str, text: str, stamp: Any = SERVER_TIMESTAMP, **more: Any) -> None:
        """Writes a message, as a tool of Coda's would; its segment is made if it is not there."""
        self.client.collection("datasets").document(segment).set({"users": [CODER]})
        self.client.collection("datasets", segment, "code_schemes").document("Scheme-1").set(SCHEME)
        stamped = {} if stamp is None else {"LastUpdated": stamp}
        self.messages(segment).document(id_of(text)).set(message(text, **more) | stamped)

    def add_as_client(self, dataset: str, text: str, capacity: int = 2500) -> None:
        """Adds a message as Coda's own Python client does: in a transaction that goes by the metrics and writes them.

        It adds to the last segment, or opens another where the metrics say that this one is full.
        """

        @transactional
        def add(transaction: Transaction) -> None:
            counting = self.client.document("segment_counts", dataset)
            count = (counting.get(transaction=transaction).to_dict() or {"segment_count": 1})["segment_count"]
            names = [dataset, *(f"{dataset}_{number}" for number in range(2, count + 1))]
            greatest = -1
            for name in names:
                last = self.messages(name).order_by("SequenceNumber", direction=Query.DESCENDING).limit(1)
                greatest = max([greatest, *(each.get("SequenceNumber") for each in last.get(transaction=transaction))])
            metrics = self.client.document("datasets", names[-1], "metrics", "messages")
            known = metrics.get(transaction=transaction).to_dict() or {"messages_count": 0}
            if known["messages_count"] >= capacity:
                names.append(f"{dataset}_{count + 1}")
                segment = self.client.document("datasets", names[-1])
                schemes = list(self.client.collection("datasets", dataset, "code_schemes").get(transaction=transaction))
                transaction.set(segment, {"users": [CODER]})
                for scheme in schemes:
                    transaction.set(segment.collection("code_schemes").document(scheme.id), scheme.to_dict() or {})
                transaction.set(counting, {"segment_count": count + 1})
                metrics, known = segment.collection("metrics").document("messages"), {"messages_count": 0}
            numbered = message(text, SequenceNumber=greatest + 1) | {"LastUpdated": SERVER_TIMESTAMP}
            transaction.set(self.messages(names[-1]).document(id_of(text)), numbered)
            transaction.set(metrics, {**known, "messages_count": known["messages_count"] + 1})

        # The library takes another turn where the server aborts a commit, and none where it aborts a read, as it does
        # where two transactions wait for each other.
        _AGAIN(lambda: add(self.client.transaction(max_attempts=50)))()

    def label_as_client(self, segment: str, text: str) -> None:
        """Labels a message as Coda's own Python client does: in a transaction that counts the label in the metrics."""
        document = self.messages(segment).document(id_of(text))
        metrics = self.client.document("datasets", segment, "metrics", "messages")

        @transactional
        def label(transaction: Transaction) -> None:
            known = metrics.get(transaction=transaction).to_dict() or {}
            labels = [
                {"SchemeID": "Scheme-1", "CodeID": "code-a", "Checked": True, "DateTimeUTC": "2021-11-02T00:00:00Z"}
            ]
            transaction.update(document, {"Labels": labels, "LastUpdated": SERVER_TIMESTAMP})
            transaction.update(metrics, {"messages_with_label": known["messages_with_label"] + 1})

        _AGAIN(lambda: label(self.client.transaction(max_attempts=50)))()

    def label(self, segment: str, text: str, code: str = "code-a") -> None:
        """Labels a message in a browser that has just loaded it."""
        browser = self.browser()
        browser.open(segment)
        browser.label(segment, id_of(text), "Scheme-1", code)

    def browser(self, coder: str = CODER) -> Browser:
        return Browser(self.client, coder)

    def document(self, *path: str) -> dict[str, Any] | None:
        """A document's fields."""
        fields: dict[str, Any] | None = self.client.document(*path).get().to_dict()
        return fields

    def everything(self) -> dict[str, dict[str, Any]]:
        """All documents of Coda's by path, without times of the server."""
        found: dict[str, dict[str, Any]] = {}
        for collection in ("datasets", "segment_counts"):
            for snapshot in self.client.collection(collection).stream():
                found[snapshot.reference.path] = snapshot.to_dict() or {}
                for below in ("messages", "code_schemes", "metrics"):
                    for inner in snapshot.reference.collection(below).stream():
                        found[inner.reference.path] = inner.to_dict() or {}
        for fields in found.values():
            fields.pop("LastUpdated", None)
        return found

    def counted_and_numbered(self) -> tuple[dict[str, int], dict[str, int], list[int]]:
        """Messages of each segment, what its metrics say of them, and all sequence numbers."""
        everything = self.everything()
        messages = {path: each for path, each in everything.items() if "/messages/" in path}
        sizes = Counter(path.split("/")[1] for path in messages)
        metrics = {name: everything[f"datasets/{name}/metrics/messages"]["messages_count"] for name in sizes}
        return dict(sizes), metrics, sorted(each["SequenceNumber"] for each in messages.values())

    def age_copies(self, **time: float) -> None:
        """Lets time pass since the copies in the pipeline's state were made, and Coda was looked at."""
        for name in self.storage.names("state/coda"):
            stored = self.storage.read_versioned(name)
            assert stored is not None
            first, _, rest = stored.content.partition(b"\n")
            head = json.loads(first)
            for key in head.keys() & {"read_at", "counted_at", "reconciled_at", "looked_at"}:
                head[key] = (datetime.fromisoformat(head[key]) - timedelta(**time)).isoformat()
            self.storage.replace(name, json.dumps(head).encode() + b"\n" + rest, expected=stored)
