from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_lib.identity.sqlite import create_uuid_table
from pipeline_lib.sources.facebook.client import STAND_IN_SETTING
from pipeline_lib.storage import storage_at
from sandbox.facebook.model import Token
from sandbox.facebook.server import FacebookServer
from sandbox.facebook.synthetic import APP, OTHER_PAGE, PAGE, TOKEN
from sandbox.facebook.world import World
from tests.unit.sources.facebook.exports import Exports
from tests.unit.sources.facebook.page import NOW, Fetcher, Written


@pytest.fixture
def fetcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fetcher]:
    """A page without posts."""
    world = World(apps=[APP], tokens=[Token(TOKEN, APP.id, PAGE.id)], pages=[PAGE, OTHER_PAGE])
    with FacebookServer(world, clock=NOW.timestamp) as server:
        monkeypatch.setenv(STAND_IN_SETTING, server.host)
        table = create_uuid_table(tmp_path / "uuids.sqlite", "TEST", "avf-facebook-uuid-")
        yield Fetcher(server, Written(world), storage_at((tmp_path / "data").as_uri()), table)


@pytest.fixture
def exports(tmp_path: Path) -> Exports:
    """A folder without exports."""
    return Exports(tmp_path)
