"""RapidPro's own client reads everything, so that the server is not only our reading of the protocol."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from temba_client.exceptions import (
    TembaBadRequestError,
    TembaConnectionError,
    TembaHttpError,
    TembaNoSuchObjectError,
    TembaRateExceededError,
    TembaTokenError,
)
from temba_client.v2 import TembaClient
from temba_client.v2.types import Message, Run

from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.faults import Fault
from sandbox.rapid_pro.generations import NYARUKA, UNICEF, Generation
from sandbox.rapid_pro.server import RapidProServer

Serve = Callable[..., RapidProServer]
FLOW = "f10f10f1-0000-4000-8000-000000000001"
GENERATIONS = [pytest.param(UNICEF, id="unicef"), pytest.param(NYARUKA, id="nyaruka")]


def _with_what_the_client_cannot_do_without(kind: type, item: dict[str, Any]) -> dict[str, Any]:
    """2.21 fails on a null path and on messages without quick replies, which the older generation does not know."""
    if kind is Run:
        return item | {"path": item["path"] or []}
    return item | {"quick_replies": item.get("quick_replies", [])} if kind is Message else item


def _client(server: RapidProServer, token: str | None = None) -> TembaClient:
    return TembaClient(server.url, token or server.token, transformer=_with_what_the_client_cannot_do_without)


def _at(minute: int) -> datetime:
    return datetime(2025, 5, 1, 9, minute, tzinfo=UTC)


def _numbers(items: list[Any]) -> list[int]:
    return [int(item.uuid[-12:]) for item in items]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_it_reads_the_workspace(serve: Serve, database: Database, generation: Generation) -> None:
    workspace = _client(serve(database, generation)).get_org()
    assert (workspace.uuid, workspace.name) == ("3075ace0-0000-4000-8000-000000000001", "Geedka")
    assert (workspace.anon, workspace.timezone, workspace.languages) == (False, "Africa/Mogadishu", ["som"])


@pytest.mark.parametrize("generation", GENERATIONS)
def test_it_reads_flows(serve: Serve, database: Database, generation: Generation) -> None:
    client = _client(serve(database, generation))
    water, old = client.get_flows().all()
    assert (water.uuid, water.name, water.archived, water.created_on) == (FLOW, "water", False, _at(0).replace(hour=8))
    assert (water.runs.completed, water.runs.waiting) == (2, 1)
    assert [(result.key, result.categories) for result in water.results] == [("water", ["All Responses"])]
    assert old.archived
    assert _numbers(client.get_flows(archived=True).all()) == [2]
    assert _numbers(client.get_flows(uuid=FLOW, type="message", archived=False).all()) == [1]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_it_reads_runs(serve: Serve, database: Database, generation: Generation) -> None:
    client = _client(serve(database, generation))
    run = client.get_runs(uuid="a1a1a1a1-0000-4000-8000-000000000001").first()
    assert (run.flow.name, run.contact.name, run.responded, run.exit_type) == ("water", "Person 1", True, "completed")
    assert (run.modified_on, run.exited_on, run.start) == (_at(1), _at(1), None)
    assert [step.node for step in run.path] == ["0de0de00-0000-4000-8000-000000000001"]
    value = run.values["water"]
    assert (value.name, value.value, value.category, value.time) == ("Water", "biyo", "All Responses", _at(1))
    assert _numbers(client.get_runs(flow=FLOW, reverse=True, paths=False).all()) == [1, 2, 3]
    assert _numbers(client.get_runs(after=_at(2), before=_at(3)).all()) == [3, 2]
    assert _numbers(client.get_runs(responded=True).all()) == [2, 1]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_it_pages_and_goes_on_from_a_cursor(serve: Serve, database: Database, generation: Generation) -> None:
    like = database.runs.rows["a1a1a1a1-0000-4000-8000-000000000001"]
    for number in range(1000, 1600):
        database.put_run(replace(like, id=number, uuid=f"a1a1a1a1-0000-4000-8000-{number:012}"))
    client = _client(serve(database, generation))
    query = {"flow": FLOW, "reverse": True, "before": _at(30)}
    fetches = client.get_runs(**query).iterfetches()
    assert len(next(fetches)) == 250
    cursor = fetches.get_cursor()
    resumed = [_numbers(fetch) for fetch in client.get_runs(**query).iterfetches(resume_cursor=cursor)]
    assert [len(page) for page in resumed] == [250, 103]
    assert resumed[0][0] == 1249
    assert resumed[-1][-1] == 3
    assert len(client.get_runs(**query).all()) == 603


@pytest.mark.parametrize("generation", GENERATIONS)
def test_it_reads_contacts_and_those_who_were_deleted(serve: Serve, database: Database, generation: Generation) -> None:
    client = _client(serve(database, generation))
    assert [contact.urns for contact in client.get_contacts(reverse=True).all()] == [["tel:+252610000001"], []]
    assert _numbers(client.get_contacts(urn="tel:+252610000001").all()) == [1]
    gone = client.get_contacts(deleted=True, after=_at(30), before=_at(30)).first()
    assert (gone.uuid[-1], gone.name, gone.status, gone.urns, gone.fields) == ("3", None, None, [], {})
    assert gone.modified_on == _at(30)
    assert client.get_contacts(deleted=True, after=_at(31)).all() == []


@pytest.mark.parametrize("generation", GENERATIONS)
def test_it_reads_messages(serve: Serve, database: Database, generation: Generation) -> None:
    client = _client(serve(database, generation))
    first, last = client.get_messages(before=_at(2)).all()[-1], client.get_messages().first()
    assert (first.direction, first.text, first.contact.name, first.flow.uuid) == ("in", "qoraal 1", "Person 1", FLOW)
    assert (last.direction, last.status, last.visibility) == ("out", "failed", "visible")
    (archived,) = client.get_messages(folder="archived").all()
    assert [attachment.content_type for attachment in archived.attachments] == ["image/jpeg"]
    incoming = client.get_messages(folder="incoming").all()
    assert [message.text for message in incoming] == (
        ["qoraal 1", "qoraal 4", "qoraal 3", "qoraal 2"] if generation is UNICEF else []
    )


@pytest.mark.parametrize("generation", GENERATIONS)
def test_it_reads_archives(serve: Serve, database: Database, generation: Generation) -> None:
    database.archive(datetime(2025, 5, 3, tzinfo=UTC).date(), purge=False)
    client = _client(serve(database, generation))
    newest, oldest = client.get_archives(type="run", period="daily").all()[:: 1 if generation is NYARUKA else 2]
    assert (oldest.start_date, oldest.period, oldest.record_count) == (datetime(2025, 5, 1, tzinfo=UTC), "daily", 3)
    assert (newest.start_date, newest.record_count) == (datetime(2025, 5, 2, tzinfo=UTC), 0)
    assert (newest.hash is None) == (generation is NYARUKA)
    assert oldest.download_url.startswith("http://127.0.0.1:")
    assert client.get_archives(after=datetime(2025, 5, 3, tzinfo=UTC)).all() == []


def test_it_understands_every_refusal(serve: Serve, database: Database) -> None:
    server = serve(database, hourly_limit=3)
    with pytest.raises(TembaTokenError):
        _client(server, "wrong").get_runs().all()
    with pytest.raises(TembaBadRequestError) as refused:
        _client(server).get_runs(uuid="x").all()
    assert refused.value.errors == {"detail": "Value for uuid must be a valid UUID"}
    with pytest.raises(TembaNoSuchObjectError):
        next(_client(server).get_runs(flow=FLOW).iterfetches(resume_cursor="YWJj"))
    _client(server).get_runs().first()
    with pytest.raises(TembaRateExceededError) as throttled:
        _client(server).get_runs().first()
    assert 3590 <= throttled.value.retry_after <= 3600
    _client(server).get_contacts().first()  # another scope


@pytest.mark.parametrize(("kind", "error"), [("cut", TembaConnectionError), ("503", TembaHttpError)])
def test_it_meets_the_faults(serve: Serve, database: Database, kind: Any, error: type[Exception]) -> None:
    server = serve(database)
    server.faults.append(Fault(kind, "runs"))
    with pytest.raises(error):
        _client(server).get_runs().first()
    assert _client(server).get_runs().first().uuid == "a1a1a1a1-0000-4000-8000-000000000003"


def test_it_waits_as_long_as_it_is_told(serve: Serve, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []
    monkeypatch.setattr("temba_client.base.time.sleep", waited.append)
    server = serve(database)
    server.faults.append(Fault("429", "runs", times=2, retry_after=7))
    assert len(_client(server).get_runs().all(retry_on_rate_exceed=True)) == 3
    assert waited == [7, 7]
    assert [request.status for request in server.requests] == [429, 429, 200]
