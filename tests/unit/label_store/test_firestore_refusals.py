"""What Firestore refuses the label store, and that nothing it says gets out."""

import logging
import traceback
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest
from google.api_core.exceptions import PermissionDenied
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client, WriteBatch

from pipeline_lib.errors import FatalSourceError, RetriableSourceError, SourceError
from pipeline_lib.label_store.base import DatasetSetup
from pipeline_lib.label_store.firestore_store import FirestoreLabelStore
from pipeline_lib.label_store.push import Proposed, push
from pipeline_lib.storage import firestore_calls, storage_at
from tests.unit.label_store.in_firestore import Coda, message


class Refusing(grpc.GenericRpcHandler):
    """A server that refuses every call with one status, and quotes a secret."""

    def __init__(self, status: grpc.StatusCode) -> None:
        self._status = status

    def service(self, handler_call_details: Any) -> Any:
        def refuse(_request: bytes, context: Any) -> Iterator[bytes]:
            context.abort(self._status, f"{self._status.name}: secret/{handler_call_details.method}")
            yield b""

        return grpc.unary_stream_rpc_method_handler(refuse)


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[grpc.StatusCode], FirestoreLabelStore]]:
    """A label store on a server that refuses every call with a status; nobody is patient."""
    servers = []

    def make(status: grpc.StatusCode) -> FirestoreLabelStore:
        server = grpc.server(futures.ThreadPoolExecutor(2))
        server.add_generic_rpc_handlers((Refusing(status),))
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
        server.start()
        servers.append(server)
        client = Client(project="refusing", credentials=AnonymousCredentials())
        return FirestoreLabelStore(client, storage_at("memory://refusing"))

    brief = firestore_calls.RETRY.with_timeout(0.01)
    for module in (
        "label_store.segment_reader",
        "label_store.dataset_info",
        "label_store.ledger",
        "storage.firestore_calls",
    ):
        monkeypatch.setattr(f"pipeline_lib.{module}.RETRY", brief)
    yield make
    for server in servers:
        server.stop(None).wait()


PERMISSION = "see that the key is of the right Firebase project, and give its account the role Cloud Datastore User"
STATUSES = [
    (
        grpc.StatusCode.PERMISSION_DENIED,
        FatalSourceError,
        f"refuses the service account (PERMISSION_DENIED); {PERMISSION}",
    ),
    (
        grpc.StatusCode.UNAUTHENTICATED,
        FatalSourceError,
        "does not accept the service account key (UNAUTHENTICATED); make a new one",
    ),
    (
        grpc.StatusCode.NOT_FOUND,
        FatalSourceError,
        (
            "has no database in this project (NOT_FOUND); "
            "see that the key is of the right Firebase project, and that its Firestore database was made"
        ),
    ),
    (
        grpc.StatusCode.INVALID_ARGUMENT,
        FatalSourceError,
        "rejects the request (INVALID_ARGUMENT); report this: it is no mistake of yours",
    ),
    (
        grpc.StatusCode.UNAVAILABLE,
        RetriableSourceError,
        "is unavailable (UNAVAILABLE); try again later",
    ),
    (
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        RetriableSourceError,
        "is unavailable (RESOURCE_EXHAUSTED); try again later",
    ),
]


@pytest.mark.parametrize(("status", "error", "said"), STATUSES, ids=[status.name for status, *_ in STATUSES])
def test_a_refusal_names_the_dataset_and_what_to_do(
    refused: Any, status: grpc.StatusCode, error: type[SourceError], said: str
) -> None:
    store = refused(status)
    for act in (
        lambda: store.messages("gender"),
        lambda: push(store, {"gender": Proposed([message("a")], DatasetSetup(("coder@example.org",)))}.items()),
    ):
        with pytest.raises(SourceError) as caught:
            act()
        assert type(caught.value) is error
        assert str(caught.value) == f'dataset "gender": Firestore {said}'
        assert "secret" not in "".join(traceback.format_exception(caught.value))
        assert caught.value.__context__ is None


def test_a_key_that_may_only_read_adds_nothing_and_says_what_it_lacks(
    coda: Coda, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionDenied("secret")

    coda.push("x", "a")
    before = coda.everything()
    monkeypatch.setattr(WriteBatch, "commit", refuse)
    with pytest.raises(FatalSourceError) as caught:
        coda.push("x", "b")
    assert str(caught.value) == (
        f'dataset "x": Firestore refuses the service account (PERMISSION_DENIED); {PERMISSION}'
    )
    assert coda.everything() == before


def test_nothing_that_is_sent_or_answered_is_logged(coda: Coda, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    coda.push("x", "secret words")
    coda.pulled("x")
    assert "secret" not in caplog.text
