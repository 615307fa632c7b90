import json
import logging
import traceback
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.auth.credentials import AnonymousCredentials
from google.oauth2.service_account import Credentials

from pipeline_lib.errors import ConfigError
from pipeline_lib.stages.firestore_clients import firestore_client

PLACE = "pipeline.json: UUIDTable.FirebaseCredentialsFileURL"
SECRET = "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n"  # noqa: S105 - invented


def key(**changes: object) -> dict[str, object]:
    """A service account key as Google writes it, whose private key is none."""
    written = {
        "type": "service_account",
        "project_id": "radio-water",
        "private_key_id": "0",
        "private_key": SECRET,
        "client_email": "pipeline@radio-water.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    return {name: value for name, value in {**written, **changes}.items() if value is not None}


@pytest.fixture(scope="module")
def private_key() -> str:
    generated = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return generated.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_a_client_is_of_the_keys_project_and_account(
    tmp_path: Path, private_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    (tmp_path / "key.json").write_text(json.dumps(key(private_key=private_key)))
    for written in ("key.json", (tmp_path / "key.json").as_uri()):
        client = firestore_client(written, tmp_path, PLACE)
        assert client.project == "radio-water"
        credentials = client._credentials
        assert isinstance(credentials, Credentials)
        assert credentials.service_account_email == "pipeline@radio-water.iam.gserviceaccount.com"


def test_an_emulator_is_asked_without_credentials(tmp_path: Path, firestore_project: str) -> None:
    (tmp_path / "key.json").write_text(json.dumps({"type": "service_account", "project_id": firestore_project}))
    client = firestore_client("key.json", tmp_path, PLACE)
    assert client.project == firestore_project
    assert isinstance(client._credentials, AnonymousCredentials)
    client.document("tables/water").set({"table_name": "water"})
    assert client.document("tables/water").get().to_dict() == {"table_name": "water"}


@pytest.mark.parametrize(
    "content",
    [
        SECRET,
        "[]",
        "null",
        f'{{"type": "service_account", "private_key": "{SECRET}',
        json.dumps(key(project_id=None)),
        json.dumps(key(project_id=" ")),
        json.dumps(key(project_id="252612345678")),
        json.dumps(key(project_id="radio water, secret")),
        json.dumps(key(project_id=5)),
        json.dumps(key(type="authorized_user")),
        json.dumps(key()),
        json.dumps(key(private_key=None)),
        json.dumps(key(private_key=7)),
        json.dumps(key(private_key={})),
        json.dumps(key(private_key="")),
        json.dumps(key(client_email=None)),
        json.dumps(key(token_uri=None)),
    ],
)
def test_a_file_that_is_no_key_is_refused_and_not_quoted(
    tmp_path: Path, content: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    (tmp_path / "key.json").write_text(content)
    with caplog.at_level(logging.DEBUG), pytest.raises(ConfigError) as caught:
        firestore_client("key.json", tmp_path, PLACE)
    assert str(caught.value) == (
        f"{PLACE}: is no service account key; "
        "name the JSON file that the Firebase console gives under Project settings, Service accounts"
    )
    assert caught.value.__context__ is None
    assert "hunter2" not in "".join(traceback.format_exception(caught.value)) + caplog.text


def test_a_key_that_is_not_there_is_refused_by_the_settings_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pipeline\.json: UUIDTable\.FirebaseCredentialsFileURL: there is no such"):
        firestore_client("key.json", tmp_path, PLACE)
