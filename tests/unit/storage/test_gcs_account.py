"""Cloud Storage for an account: where its credentials come from, and what it is told when it may not."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.credentials import AnonymousCredentials
from google.oauth2.credentials import Credentials

from pipeline_lib.errors import ConfigError, FatalSourceError, PipelineError, RetriableSourceError
from pipeline_lib.google_credentials import SCOPES, google_credentials_from
from pipeline_lib.storage import MissingArtifactError, Storage, read_uri, storage_at
from pipeline_lib.storage.gcs import connected, gcs_objects
from pipeline_lib.storage.object_store import ObjectStorage
from tests.cloud_storage_line import Line, objects_of

Fault = Callable[[Any], None]

SIGN_IN = "^POST /token"
DOWNLOAD = "^GET /download/"
LOOK = r"^GET /storage/v1/b/[^/]+/o/"
LIST = r"^GET /storage/v1/b/[^/]+/o\?"
EMAIL = "pipeline@geedka.iam.gserviceaccount.com"
BIG = bytes(9 * 2**20)


@pytest.fixture(scope="session")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


@pytest.fixture
def key_file(private_key: str, tmp_path: Path) -> Path:
    """A service account's."""
    fields = {"type": "service_account", "client_email": EMAIL, "token_uri": "https://oauth2.googleapis.com/token"}
    file = tmp_path / "key.json"
    file.write_text(json.dumps(fields | {"project_id": "geedka", "private_key": private_key}))
    return file


@pytest.fixture
def storage(line: Line, gcs_bucket: str) -> Storage:
    """What an account sees of the bucket whose tokens the line's other end gives."""
    who = {"token": None, "refresh_token": "secret-refresh", "client_id": "id", "client_secret": "secret"}
    objects = connected(Credentials(**who, token_uri=f"{line.url}/token", scopes=SCOPES), line.url)
    return ObjectStorage(f"{gcs_bucket}/demo", f"{gcs_bucket.removeprefix('gs://')}/demo", objects)


def answer(status: int, **fields: object) -> Fault:
    return lambda exchange: exchange.refuse(status, json.dumps(fields).encode())


GIVE_A_TOKEN = answer(200, access_token="secret-token", expires_in=3600)  # noqa: S106 - invented


def refusal(status: int, reason: str) -> Fault:
    return answer(status, error={"code": status, "message": "secret words", "errors": [{"reason": reason}]})


def carried(error: BaseException | None) -> str:
    """All that whoever logs an error could print."""
    return "" if error is None else f"{error!r} {error} {carried(error.__cause__)} {carried(error.__context__)}"


def exists(storage: Storage) -> object:
    return storage.exists("a")


def read(storage: Storage) -> object:
    return storage.read("a")


def create(storage: Storage) -> object:
    storage.create("a", b"content")
    return None


def create_big(storage: Storage) -> object:
    storage.create("a", BIG)
    return None


def names(storage: Storage) -> object:
    return storage.names("")


def find_out(storage: Storage) -> object:
    return storage.fingerprint("a")


def publish_again(storage: Storage) -> object:
    for _ in range(3):
        with storage.publish_folder("a") as folder:
            (folder / "b").write_text("c")
    return None


EVERYTHING = [exists, read, create, create_big, names, find_out, publish_again]


def test_an_account_signs_in_once_and_shows_its_token_with_every_request(line: Line, storage: Storage) -> None:
    line.next_time(SIGN_IN, GIVE_A_TOKEN)
    create(storage)
    assert (exists(storage), read(storage), names(storage)) == (True, b"content", ["a"])
    publish_again(ObjectStorage(f"{storage.uri}/b", f"{storage.uri.removeprefix('gs://')}/b", objects_of(storage)))
    asked = [exchange for exchange in line.seen if exchange.path != "/token"]
    assert {exchange.headers.get("Authorization") for exchange in asked} == {"Bearer secret-token"}
    assert {exchange.method for exchange in asked} == {"GET", "POST", "DELETE"}
    assert len(line.seen) - len(asked) == 1


@pytest.mark.parametrize(
    ("where", "do"),
    [
        ("^GET /storage", exists),
        (DOWNLOAD, read),
        ("^POST /upload", create),
        ("^POST /upload", create_big),
        (LIST, names),
        (LOOK, find_out),
        ("^DELETE", publish_again),
    ],
)
def test_who_may_not_is_told_the_account_and_the_role(
    line: Line, storage: Storage, where: str, do: Callable[[Storage], object]
) -> None:
    line.next_time(SIGN_IN, GIVE_A_TOKEN)
    line.next_time(where, refusal(403, "forbidden"))
    with pytest.raises(FatalSourceError) as raised:
        do(storage)
    place, wrong, right = raised.value.problems[0]
    assert place.startswith(storage.uri)
    assert wrong == "Google Cloud denies access to this account (403 forbidden)"
    assert right == "give it the role Storage Object User on the bucket; Storage Object Viewer is enough to read"
    assert "secret" not in carried(raised.value)


def test_a_reason_that_google_gives_is_passed_on(line: Line, storage: Storage) -> None:
    line.next_time(SIGN_IN, GIVE_A_TOKEN)
    line.next_time("^POST /upload", refusal(403, "retentionPolicyNotMet"), refusal(412, "x"), refusal(400, "invalid"))
    line.next_time(
        "^POST /upload", refusal(413, "a secret of 3 words"), lambda exchange: exchange.refuse(410, b"secret")
    )
    with pytest.raises(FatalSourceError, match=r"\(403 retentionPolicyNotMet\)"):
        create(storage)
    with pytest.raises(PipelineError, match="somebody else wrote it meanwhile"):
        create(storage)
    for reason in ("400 invalid", "413", "410"):
        with pytest.raises(FatalSourceError, match=rf"demo/a: Google Cloud Storage refuses the request \({reason}\)$"):
            create(storage)


@pytest.mark.parametrize("do", [exists, read, create, find_out])
def test_credentials_that_google_refuses_are_told_with_the_uri(
    line: Line, storage: Storage, do: Callable[[Storage], object]
) -> None:
    line.next_time(SIGN_IN, answer(400, error="invalid_grant", error_description="secret words"))
    with pytest.raises(FatalSourceError) as raised:
        do(storage)
    assert str(raised.value).startswith(f"{storage.uri}/a: Google does not accept the credentials; name a service acc")
    assert "secret" not in carried(raised.value)
    assert "invalid_grant" not in carried(raised.value)


@pytest.mark.parametrize("do", [read, names])
def test_credentials_that_can_get_no_token_are_told_with_the_uri(
    line: Line, gcs_bucket: str, do: Callable[[Storage], object]
) -> None:
    objects = connected(Credentials(token=None), line.url)
    with pytest.raises(FatalSourceError, match=r"demo.*: Google does not accept the credentials; name a service"):
        do(ObjectStorage(f"{gcs_bucket}/demo", f"{gcs_bucket.removeprefix('gs://')}/demo", objects))


def test_a_token_that_google_refuses_is_told_as_credentials_and_never_shown(
    line: Line, storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    line.next_time(SIGN_IN, *[GIVE_A_TOKEN] * 10)
    line.next_time("/storage/", *[refusal(401, "authError")] * 20)
    for do in (exists, read, names):
        with pytest.raises(FatalSourceError, match="Google does not accept the credentials; name a") as raised:
            do(storage)
        assert "secret" not in carried(raised.value) + caplog.text


@pytest.mark.usefixtures("impatient")
def test_a_sign_in_that_does_not_answer_is_worth_another_try(
    line: Line, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("google.auth._exponential_backoff.time.sleep", lambda _: None)
    line.next_time(SIGN_IN, *[answer(503)] * 100_000)
    with pytest.raises(RetriableSourceError, match="demo/a: Google Cloud Storage does not answer; try again later"):
        read(storage)


@pytest.mark.parametrize("do", EVERYTHING)
def test_a_bucket_that_is_not_there_is_told_whatever_is_asked(
    line: Line, gcs_bucket: str, do: Callable[[Storage], object]
) -> None:
    with pytest.raises(ConfigError) as raised:
        do(storage_at(f"{gcs_bucket}-typo/demo"))
    assert str(raised.value) == f"{gcs_bucket}-typo: there is no such bucket; correct the name, or make it first"


def test_who_may_not_list_a_bucket_can_still_read_from_it(line: Line, gcs_bucket: str) -> None:
    storage_at(gcs_bucket).create("a.csv", b"1")
    line.next_time(LIST, *[refusal(403, "forbidden")] * 10)
    assert read_uri(f"{gcs_bucket}/a.csv") == b"1"
    with pytest.raises(MissingArtifactError):
        read_uri(f"{gcs_bucket}/b.csv")


REMEDY = (
    "name a service account's key file in GOOGLE_APPLICATION_CREDENTIALS, "
    "or run: gcloud auth application-default login; on Airflow, put the key in the connection google_cloud_default"
)


@pytest.mark.usefixtures("no_google_account")
def test_without_credentials_the_remedy_is_told_with_the_uri() -> None:
    with pytest.raises(ConfigError) as raised:
        storage_at("gs://bucket/demo")
    assert str(raised.value) == f"gs://bucket/demo: Google credentials: there are none on this machine; {REMEDY}"
    assert carried(raised.value) == f"{raised.value!r} {raised.value}  "


@pytest.mark.usefixtures("no_google_account")
@pytest.mark.parametrize("content", [None, "secret words", "[]", '{"type": "secret"}', '{"type": "service_account"}'])
def test_a_key_file_that_is_none_is_told_without_what_it_says(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key.json"
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError) as raised:
        storage_at("gs://bucket/demo")
    place = "gs://bucket/demo: GOOGLE_APPLICATION_CREDENTIALS"
    assert str(raised.value) == f"{place}: names no file of Google credentials; {REMEDY}"
    assert "secret" not in carried(raised.value)


@pytest.mark.usefixtures("no_google_account")
def test_the_key_file_that_the_setting_names_is_used(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key_file))
    assert gcs_objects("gs://bucket").account == f"the account {EMAIL}"


@pytest.mark.usefixtures("no_google_account")
def test_credentials_that_are_given_are_used_while_they_are_and_asked_for_once() -> None:
    given = [AnonymousCredentials(), AnonymousCredentials()]

    def give() -> Any:
        return given.pop()

    last = given[-1]
    with google_credentials_from(give):
        assert given
        clients = {id(objects_of(storage_at(f"gs://bucket/{number}")).client) for number in range(3)}
        assert len(clients) == 1
        assert objects_of(storage_at("gs://bucket/a")).client._credentials is last
    with pytest.raises(ConfigError):
        storage_at("gs://bucket/a")


def test_where_there_is_an_emulator_nobody_is_asked_for_credentials(
    gcs_bucket: str, gcs_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs_url.removeprefix("http://"))
    with google_credentials_from(lambda: pytest.fail("asked")):
        storage = storage_at(gcs_bucket)
        storage.create("a", b"1")
        assert storage.names("") == ["a"]
