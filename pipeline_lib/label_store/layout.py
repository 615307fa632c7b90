"""The documents of Coda V2 in Firestore (sources.md B.1), and the pipeline's own beside them.

    datasets/{segment}                     {"users": [e-mail addresses]}; the first segment has the dataset's name
    datasets/{segment}/messages/{id}
    datasets/{segment}/code_schemes/{id}
    datasets/{segment}/metrics/messages    how far a segment's coding has come
    segment_counts/{dataset}               {"segment_count": 3}; without it there is one segment
    pipeline_ledgers/{dataset}             ours: changes with every commit that adds messages

A coder sees each segment as a dataset. Neither Coda's web app nor its data tools look at other collections, and its
security rules open none of them, so a ledger confuses nobody.
"""

import re
from typing import Any, NamedTuple, TypeAlias

from google.cloud.firestore import Client, CollectionReference, DocumentReference

SEGMENT_CAPACITY = 2500
"""Messages in one segment, by Coda's own limit."""

GREATEST_NUMBER = 2**53 - 1
"""The greatest `SequenceNumber` that JavaScript, and so the web app, can tell from the next one."""

LAST_UPDATED = "LastUpdated"
"""A message's field that the web app and this pipeline set to the server's time with every write."""

Fields: TypeAlias = dict[str, Any]

_SEGMENT_NAME = re.compile(r"(?P<dataset>.+)_(?P<number>[1-9][0-9]*)")
_UNUSABLE_ID = re.compile(r".*/.*|[.]{1,2}|__.*__", re.DOTALL)
_ID_BYTES = 1500


class Segment(NamedTuple):
    """A part of a dataset."""

    dataset: str
    number: int
    """From 1."""

    @property
    def name(self) -> str:
        """Its id in Coda."""
        return self.dataset if self.number == 1 else f"{self.dataset}_{self.number}"


class Layout(NamedTuple):
    """References to Coda's documents."""

    client: Client

    def segment(self, segment: Segment) -> DocumentReference:
        """A segment's document: who may see it."""
        return self.client.collection("datasets").document(segment.name)

    def messages(self, segment: Segment) -> CollectionReference:
        """Its messages."""
        return _collection(self.segment(segment), "messages")

    def schemes(self, segment: Segment) -> CollectionReference:
        """Its code schemes."""
        return _collection(self.segment(segment), "code_schemes")

    def metrics(self, segment: Segment) -> DocumentReference:
        """How far its coding has come."""
        return _collection(self.segment(segment), "metrics").document("messages")

    def segment_count(self, dataset: str) -> DocumentReference:
        """How many segments a dataset has."""
        return self.client.collection("segment_counts").document(dataset)

    def ledger(self, dataset: str) -> DocumentReference:
        """The document that changes whenever a pipeline adds messages to a dataset."""
        return self.client.collection("pipeline_ledgers").document(dataset)


def _collection(within: DocumentReference, name: str) -> CollectionReference:
    collection: CollectionReference = within.collection(name)
    return collection


def segment_that_it_could_be(dataset: str) -> Segment | None:
    """The segment of another dataset that would have this name, if any: `x_2` of `x`."""
    match = _SEGMENT_NAME.fullmatch(dataset)
    if match is None or match["number"] == "1":
        return None
    return Segment(match["dataset"], int(match["number"]))


def is_usable_id(document_id: str) -> bool:
    """Whether Firestore takes a text as the id of a document."""
    return not _UNUSABLE_ID.fullmatch(document_id) and len(document_id.encode()) <= _ID_BYTES
