"""Google's own credentials at the stand-in's token endpoint."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import credentials, service_account

from sandbox.drive.model import Account
from sandbox.drive.server import DriveServer
from sandbox.drive.tokens import DRIVE_SCOPE

ROBOT = "pipeline@radio-water.iam.gserviceaccount.com"
FAADUMO = "faadumo@example.org"


@pytest.fixture(scope="module")
def private_key() -> str:
    generated = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return generated.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def robot(server: DriveServer, private_key: str) -> Callable[..., Any]:
    def make(**options: Any) -> Any:
        key = {"client_email": ROBOT, "private_key": private_key, "token_uri": f"http://{server.host}/token"}
        return service_account.Credentials.from_service_account_info(key, **options)

    return make


def whose(server: DriveServer, asking: Any) -> Account:
    asking.refresh(Request())
    return server.tokens.account(f"Bearer {asking.token}")


def word(asking: Any) -> str:
    with pytest.raises(RefreshError) as caught:
        asking.refresh(Request())
    return str(caught.value.args[1]["error"])


def test_a_service_account_is_itself_or_whom_it_may_act_for(server: DriveServer, robot: Callable[..., Any]) -> None:
    assert whose(server, robot(scopes=[DRIVE_SCOPE])).email == ROBOT
    assert word(robot(scopes=[DRIVE_SCOPE], subject=FAADUMO)) == "unauthorized_client"
    server.tokens.delegations.add((ROBOT, FAADUMO))
    assert whose(server, robot(scopes=[DRIVE_SCOPE], subject=FAADUMO)).email == FAADUMO


def test_a_service_account_needs_the_scope_and_a_key_that_is_accepted(
    server: DriveServer, robot: Callable[..., Any]
) -> None:
    assert word(robot(scopes=["https://www.googleapis.com/auth/devstorage.read_only"])) == "invalid_scope"
    server.tokens.revoked_keys.add(ROBOT)
    assert word(robot(scopes=[DRIVE_SCOPE])) == "invalid_grant"


def test_a_person_stays_who_they_are_until_they_revoke_it(server: DriveServer) -> None:
    server.tokens.refresh_tokens["1//refresh"] = FAADUMO
    asking = credentials.Credentials(None, "1//refresh", None, f"http://{server.host}/token", "client", "secret")
    assert whose(server, asking).email == FAADUMO
    server.tokens.refresh_tokens.clear()
    assert word(asking) == "invalid_grant"
