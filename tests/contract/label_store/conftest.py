"""One label store of every kind, empty, and how somebody else (a coder, another pipeline) writes to the same one."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client

from pipeline_lib.label_store.arrivals import Arrivals
from pipeline_lib.label_store.base import CodaMessage, DatasetSetup, LabelStore
from pipeline_lib.label_store.firestore_store import FirestoreLabelStore
from pipeline_lib.label_store.folder_store import DirectoryLabelStore
from pipeline_lib.label_store.messages import as_it_stood
from pipeline_lib.label_store.pull import Wanted, pull
from pipeline_lib.label_store.push import Proposed, push
from pipeline_lib.storage import Storage, storage_at

CODE = {"CodeID": "code-a", "CodeType": "Normal", "StringValue": "a", "NumericValue": 1}
SCHEME = {"SchemeID": "Scheme-1", "Name": "water", "Version": "1", "Codes": [CODE]}
SETUP = DatasetSetup(users=("coder@example.org",), schemes=(SCHEME,))


@dataclass(frozen=True)
class StoreAtHand:
    store: LabelStore
    write: Callable[[str, list[CodaMessage]], None]
    """Replaces a dataset's messages, as the web app's users would, one after the other."""

    state: Storage
    """Of a pipeline's project."""
    folder: Path
    """A folder to pull to."""
    setup: DatasetSetup = SETUP

    def messages(self, dataset: str, as_of: datetime | None = None) -> list[CodaMessage] | None:
        """The dataset's messages as they stood; None where there is no such dataset."""
        found = self.store.messages(dataset)
        if found is None:
            return None
        messages = [message for _, message in found]
        stood = (as_it_stood(message, as_of) if as_of else message for message in messages)
        return [message for message in stood if message is not None]

    def add(self, dataset: str, messages: list[CodaMessage]) -> int:
        """How many messages were added."""
        return push(self.store, {dataset: Proposed(messages, SETUP)}.items(), Arrivals(self.state))[dataset]

    def pull(self, dataset: str, as_of: datetime | None, *, is_kept: bool = True) -> bytes:
        """The file of a pull, which is kept unless it was only a dry run."""
        arrivals = Arrivals(self.state)
        pull(self.store, {dataset: Wanted("pulled.json")}, self.folder, as_of, arrivals)
        if is_kept:
            arrivals.keep()
        return (self.folder / "pulled.json").read_bytes()


def directory(uri: str, folder: Path) -> StoreAtHand:
    storage = storage_at(uri)

    def write(dataset: str, messages: list[CodaMessage]) -> None:
        name = f"{dataset}.json"
        storage.replace(name, json.dumps(messages).encode(), expected=storage.read_versioned(name))

    return StoreAtHand(DirectoryLabelStore(storage), write, storage_at(f"memory://{uuid.uuid4()}"), folder)


def firestore(project: str, folder: Path) -> StoreAtHand:
    client = Client(project=project, credentials=AnonymousCredentials())

    def write(dataset: str, messages: list[CodaMessage]) -> None:
        document = client.collection("datasets").document(dataset)
        document.set({"users": list(SETUP.users)})
        for scheme in SETUP.schemes:
            document.collection("code_schemes").document(scheme["SchemeID"]).set(dict(scheme))
        for message in messages:
            stamp = message.get("LastUpdated")
            fields = message | ({"LastUpdated": datetime.fromisoformat(stamp)} if stamp else {})
            is_first = message is next(each for each in messages if each["MessageID"] == message["MessageID"])
            document_id = message["MessageID"] if is_first else f"{message['MessageID']} again"
            document.collection("messages").document(document_id).set(fields)

    state = storage_at(f"memory://{uuid.uuid4()}")
    return StoreAtHand(FirestoreLabelStore(client, state), write, state, folder)


MAKERS: dict[str, Callable[[pytest.FixtureRequest, Path], StoreAtHand]] = {
    "directory on file": lambda _, folder: directory((folder / "Coded Coda Files").as_uri(), folder),
    "directory in memory": lambda _, folder: directory(f"memory://{uuid.uuid4()}/labels", folder),
    "Firestore": lambda request, folder: firestore(request.getfixturevalue("firestore_project"), folder),
}


@pytest.fixture(params=sorted(MAKERS))
def at_hand(request: pytest.FixtureRequest, tmp_path: Path) -> StoreAtHand:
    return MAKERS[request.param](request, tmp_path)


@pytest.fixture
def label() -> Callable[..., dict[str, Any]]:
    """Makes a label by a coder, made at a time."""

    def make(made_at: str, code: str = "code-a", *, checked: bool = True) -> dict[str, Any]:
        return {
            "SchemeID": "Scheme-1",
            "CodeID": code,
            "DateTimeUTC": made_at,
            "Checked": checked,
            "Origin": {"OriginID": "x", "Name": "coder@example.org", "OriginType": "Manual"},
        }

    return make


@pytest.fixture
def message() -> Callable[..., CodaMessage]:
    """Makes a message with an id, created at a time."""

    def make(message_id: str, *labels: dict[str, Any], created_at: str = "2021-11-01T10:00:00Z", **more: Any) -> Any:
        base = {"MessageID": message_id, "Text": f"text of {message_id}", "CreationDateTimeUTC": created_at}
        return {**base, "Labels": list(labels), **more}

    return make
