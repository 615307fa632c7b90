"""A Drive that stands in for Google's, and our client talking to it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from google.oauth2.credentials import Credentials

from pipeline_lib.delivery.drive_calls import RetryPolicy
from pipeline_lib.delivery.drive_client import DriveClient, connected
from pipeline_lib.delivery.drive_errors import Asking
from pipeline_lib.delivery.drive_folders import Destination
from pipeline_lib.delivery.drive_ids import RememberedIds
from pipeline_lib.delivery.drive_plan import plan
from pipeline_lib.delivery.drive_upload import Uploaded, upload
from pipeline_lib.storage import storage_at
from sandbox.drive.server import DriveServer

ROBOT = "pipeline@radio-water.iam.gserviceaccount.com"
FAADUMO = "faadumo@example.org"
OF_ROBOT = Asking(is_service_account=True, called=f"the service account {ROBOT}")
OF_PERSON = Asking(is_service_account=False, called="the person whose credentials these are")


@pytest.fixture
def server() -> Iterator[DriveServer]:
    with DriveServer() as server:
        server.store.add_account(ROBOT, is_service_account=True)
        server.store.add_account(FAADUMO)
        yield server


@pytest.fixture
def waits() -> list[float]:
    """How long the client has waited between tries, in seconds."""
    return []


@pytest.fixture
def client_of(server: DriveServer, waits: list[float]) -> Iterator[Callable[..., DriveClient]]:
    """Our client as an account uses it; it waits for nothing."""
    with ExitStack() as clients:

        def make(email: str = ROBOT) -> DriveClient:
            asking = OF_ROBOT if email == ROBOT else OF_PERSON
            credentials = Credentials(server.tokens.give(email))
            return clients.enter_context(connected(credentials, asking, server.host, RetryPolicy(sleep=waits.append)))

        yield make


@pytest.fixture
def client(client_of: Callable[..., DriveClient]) -> DriveClient:
    return client_of()


@pytest.fixture
def shared_drive(server: DriveServer) -> str:
    """The id of a shared drive, Water, to which the service account contributes."""
    return server.store.add_drive("Water", {ROBOT: "writer", FAADUMO: "organizer"}).item_id


@pytest.fixture
def her_folder(server: DriveServer) -> str:
    """The id of a folder in somebody's My Drive, water_outputs, that the service account may edit."""
    folder = server.store.add("water_outputs", server.store.accounts[FAADUMO].root_id)
    folder.shares[ROBOT] = "writer"
    return folder.item_id


@pytest.fixture
def local(tmp_path: Path) -> Callable[..., dict[str, Path]]:
    """Writes local files; gives their paths by name."""

    def write(**contents: Any) -> dict[str, Path]:
        found = {}
        for number, (name, content) in enumerate(contents["files"].items()):
            path = tmp_path / "local" / str(number) / name.rpartition("/")[2]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            found[name] = path
        return found

    return write


@pytest.fixture
def destination(local: Callable[..., dict[str, Path]]) -> Callable[..., Destination]:
    """What is to be at a path: files by name, their contents."""

    def make(path: str, files: dict[str, Any], setting: str = "Path", **options: Any) -> Destination:
        return Destination(setting, tuple(path.split("/")) if path else (), local(files=files), **options)

    return make


@pytest.fixture
def ids(tmp_path: Path) -> Callable[[], RememberedIds]:
    """What is remembered of ids, as a process that has just begun finds it."""
    return lambda: RememberedIds(storage_at((tmp_path / "project").as_uri()))


@pytest.fixture
def run(client: DriveClient, ids: Callable[[], RememberedIds]) -> Callable[..., Uploaded]:
    """Plans and uploads."""

    def act(*destinations: Destination, client: DriveClient = client) -> Uploaded:
        return upload(client, plan(client, list(destinations)), ids())

    return act
