from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import orjson
import pytest

from pipeline_lib.identity.sqlite import create_uuid_table
from pipeline_lib.sources.rapid_pro.client import STAND_IN_SETTING
from pipeline_lib.storage import storage_at
from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.generations import NYARUKA, UNICEF, Generation
from sandbox.rapid_pro.model import Workspace
from sandbox.rapid_pro.server import RapidProServer
from tests.unit.sources.rapid_pro.fetching.workspace import FLOWS, NOW, START, Fetcher, World, uuid


@pytest.fixture
def start() -> datetime:
    return START


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(params=[UNICEF, NYARUKA], ids=lambda generation: generation.name)
def generation(request: pytest.FixtureRequest) -> Generation:
    made: Generation = request.param
    return made


@pytest.fixture
def fetcher(generation: Generation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fetcher]:
    database = Database(Workspace(uuid(0, 0), "Geedka"), flows=FLOWS.values())
    with RapidProServer(database, generation, clock=NOW.timestamp) as server:
        monkeypatch.setenv(STAND_IN_SETTING, server.host)
        table = create_uuid_table(tmp_path / "uuids.sqlite", "TEST", "avf-phone-uuid-")
        yield Fetcher(server, World(database), storage_at((tmp_path / "data").as_uri()), table)


@pytest.fixture
def anonymous(fetcher: Fetcher) -> None:
    fetcher.server.database.workspace = replace(fetcher.server.database.workspace, anon=True)


@pytest.fixture
def forgotten(fetcher: Fetcher) -> Callable[[], list[tuple[str, list[str]]]]:
    """Who is to be forgotten: contacts and participants."""

    def read() -> list[tuple[str, list[str]]]:
        queue = orjson.loads(fetcher.storage.read(f"state/forget/RapidPro {uuid(0, 0)}.json"))
        return [(person["contact"], person["participants"]) for person in queue["people"]]

    return read
