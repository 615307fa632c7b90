from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.generations import UNICEF, Generation
from sandbox.rapid_pro.model import Contact, Flow, Message, Result, Run, Step, Value, Workspace
from sandbox.rapid_pro.server import TOKEN, RapidProServer

START = datetime(2025, 5, 1, 9, tzinfo=UTC)
FLOW, ARCHIVED_FLOW = "f10f10f1-0000-4000-8000-000000000001", "f10f10f1-0000-4000-8000-000000000002"
NODE = "0de0de00-0000-4000-8000-000000000001"
Serve = Callable[..., RapidProServer]
Get = Callable[..., requests.Response]


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def contact_uuid(number: int) -> str:
    return f"c047ac70-0000-4000-8000-{number:012}"


def run_uuid(number: int) -> str:
    return f"a1a1a1a1-0000-4000-8000-{number:012}"


def make_contact(number: int, **given: Any) -> Contact:
    values = {"urns": (f"tel:+25261000000{number}",), "name": f"Person {number}"} | given
    return Contact(number, contact_uuid(number), at(number), values.pop("modified_on", at(number)), **values)


def make_run(number: int, minutes: float | None = None, **given: Any) -> Run:
    """A run that was modified so many minutes after the start; its number of minutes by default."""
    modified_on = at(number if minutes is None else minutes)
    value = Value("Water", "biyo", "All Responses", NODE, modified_on, "biyo la'aan")
    defaults: dict[str, Any] = {
        "flow": FLOW,
        "contact": contact_uuid(1),
        "created_on": modified_on - timedelta(seconds=70),
        "values": {"water": value},
        "exited_on": modified_on,
        "exit_type": "completed",
        "path": (Step(NODE, modified_on - timedelta(seconds=70)),),
    }
    return Run(number, run_uuid(number), modified_on=modified_on, **(defaults | given))


def make_message(number: int, **given: Any) -> Message:
    defaults: dict[str, Any] = {
        "contact": contact_uuid(1),
        "direction": "in",
        "text": f"qoraal {number}",
        "created_on": at(number),
        "modified_on": at(number),
    }
    return Message(number, f"3e55a9e0-0000-4000-8000-{number:012}", **(defaults | given))


@pytest.fixture
def flows() -> list[Flow]:
    water = Result("water", "Water", NODE)
    return [
        Flow(FLOW, "water", at(-60), at(-60), (water,)),
        Flow(ARCHIVED_FLOW, "old", at(-120), at(-5), archived=True),
    ]


@pytest.fixture
def database(flows: list[Flow]) -> Database:
    """Two flows, three contacts of whom one was deleted, three runs a minute apart, a message of each kind."""
    return Database(
        Workspace("3075ace0-0000-4000-8000-000000000001", "Geedka"),
        flows=flows,
        contacts=[make_contact(1), make_contact(2, urns=()), make_contact(3, deleted=True, modified_on=at(30))],
        runs=[make_run(1), make_run(2, exit_type=None, exited_on=None), make_run(3, values={}, responded=False)],
        messages=[
            make_message(1, flow=FLOW, modified_on=at(50)),
            make_message(2, flow=FLOW, visibility="archived", attachments=("image/jpeg:https://media.invalid/1.jpg",)),
            make_message(3, flow=FLOW, visibility="deleted"),
            make_message(4),
            make_message(5, direction="out", status="sent", sent_on=at(9)),
            make_message(6, direction="out", status="wired", sent_on=at(8)),
            make_message(7, direction="out", status="queued"),
            make_message(8, direction="out", status="failed"),
        ],
    )


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as running:

        def started(database: Database, generation: Generation = UNICEF, **options: Any) -> RapidProServer:
            return running.enter_context(RapidProServer(database, generation, **options))

        yield started


@pytest.fixture
def get() -> Iterator[Get]:
    """A GET of one client, which keeps its connection: of an endpoint by name, or of a URL."""
    with requests.Session() as session:

        def got(server: RapidProServer, target: str, *, token: str | None = TOKEN, **parameters: Any) -> Any:
            url = target if target.startswith("http") else f"{server.url}/api/v2/{target}.json"
            headers = {} if token is None else {"Authorization": f"Token {token}"}
            return session.get(url, params=parameters, headers=headers, timeout=600)

        yield got
