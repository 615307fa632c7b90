from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client

from pipeline_lib.delivery.event_writer import COLLECTION, write_events
from pipeline_lib.delivery.events import RUN_END, RUN_START, Event, State
from pipeline_lib.errors import FatalSourceError, RetriableSourceError
from sandbox.emulator import free_address

AT = datetime(2026, 1, 2, 23, tzinfo=UTC)
START = Event("water", "r1", AT, RUN_START, State.START)


@pytest.fixture
def client(firestore_project: str) -> Iterator[Client]:
    with closing(Client(project=firestore_project, credentials=AnonymousCredentials())) as client:
        yield client


def told(client: Client) -> dict[str, dict[str, Any]]:
    return {document.id: document.to_dict() or {} for document in client.collection(COLLECTION).stream()}


def test_an_event_is_a_document_where_the_dashboard_looks(client: Client) -> None:
    write_events(client, [START], 60)
    assert client.document(f"metrics/pipelines/pipeline_logs/{START.id}").get().to_dict() == {
        "pipeline_name": "water",
        "run_id": "r1",
        "timestamp": "2026-01-02T23:00:00.000000+00:00",
        "event": "PipelineRunStart",
        "state": "start",
    }


def test_two_pipelines_in_one_microsecond_are_both_there_and_a_failure_is_told(client: Client) -> None:
    failed = Event("food", "r1", AT, RUN_END, State.FAILURE, error="DataError")
    write_events(client, [START, replace(START, pipeline_name="food"), failed], 60)
    documents = told(client).values()
    assert sorted((each["pipeline_name"], each["event"], each["state"]) for each in documents) == [
        ("food", "PipelineRunEnd", "failure"),
        ("food", "PipelineRunStart", "start"),
        ("water", "PipelineRunStart", "start"),
    ]


def test_an_event_that_is_told_again_is_one_and_stays_as_it_was(client: Client) -> None:
    write_events(client, [START], 60)
    write_events(client, [START, replace(START, counts={"messages": 3})], 60)
    assert told(client) == {START.id: START.document}


def test_a_refusal_is_told_by_its_kind(client: Client) -> None:
    too_large = replace(START, error="x" * 2_000_000)
    with pytest.raises(FatalSourceError, match=r"^OperationsDashboard: Firestore .*INVALID_ARGUMENT"):
        write_events(client, [too_large], 60)
    assert told(client) == {}


@pytest.mark.slow
def test_a_firestore_that_is_not_there_is_waited_for_no_longer_than_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", free_address())
    client = Client(project="nowhere", credentials=AnonymousCredentials())
    with closing(client), pytest.raises(RetriableSourceError, match="Firestore is unavailable"):
        write_events(client, [START], 0.5)
