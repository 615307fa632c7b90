import uuid

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client

from pipeline_lib.label_store import batches
from pipeline_lib.storage import storage_at
from tests.unit.label_store.in_firestore import Coda


@pytest.fixture
def coda(firestore_project: str) -> Coda:
    """Coda in a Firebase project of the test's own, empty, and a pipeline without any state."""
    client = Client(project=firestore_project, credentials=AnonymousCredentials())
    return Coda(client, storage_at(f"memory://{uuid.uuid4()}"))


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of 25 messages and commits of 10: what takes thousands otherwise."""
    monkeypatch.setattr(batches, "SEGMENT_CAPACITY", 25)
    monkeypatch.setattr(batches, "_MESSAGES", 10)
