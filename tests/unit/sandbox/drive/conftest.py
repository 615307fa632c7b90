"""The stand-in of Google Drive, and Google's own client talking to it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httplib2
import pytest
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc

from sandbox.drive.server import DriveServer

ROBOT = "pipeline@radio-water.iam.gserviceaccount.com"
FAADUMO = "faadumo@example.org"


@pytest.fixture
def server() -> Iterator[DriveServer]:
    """A Drive that a service account and a person use; a folder of hers is shared with it, and both are in a drive."""
    with DriveServer() as server:
        server.store.add_account(ROBOT, is_service_account=True)
        server.store.add_account(FAADUMO)
        yield server


@pytest.fixture
def client_of(server: DriveServer) -> Iterator[Callable[[str], Any]]:
    """Google's client as an account uses it."""
    made = []

    def make(email: str = ROBOT) -> Any:
        document = json.loads(get_static_doc("drive", "v3"))
        document["rootUrl"] = f"http://{server.host}/"
        http = httplib2.Http(timeout=30)
        http.redirect_codes = http.redirect_codes - {308}
        credentials = Credentials(server.tokens.give(email))
        made.append(build_from_document(document, http=AuthorizedHttp(credentials, http=http)))
        return made[-1]

    yield make
    for client in made:
        client.close()
