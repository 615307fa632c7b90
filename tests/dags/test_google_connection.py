"""Whose credentials a task has for Google."""

import json
import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pipeline_lib.errors import ConfigError
from pipeline_lib.storage import storage_at
from tests.cloud_storage_line import objects_of
from tests.dags.conftest import call_of

CONTEXT = {
    "dag_run": SimpleNamespace(
        run_id="x",
        run_type=SimpleNamespace(value="manual"),
        run_after=None,
        logical_date=None,
        data_interval_end=None,
        triggering_user_name=None,
    ),
    "params": {},
}


@pytest.fixture(scope="session")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def key_of(email: str, private_key: str) -> dict[str, str]:
    fields = {"type": "service_account", "client_email": email, "token_uri": "https://oauth2.googleapis.com/token"}
    return fields | {"project_id": "geedka", "private_key": private_key}


def connection(**extra: object) -> str:
    return json.dumps({"conn_type": "google_cloud_platform", "extra": extra})


def account_of_a_task(configs: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Who a task is for Cloud Storage."""
    from pipeline_lib.orchestration import dag  # noqa: PLC0415 - after conftest's settings

    monkeypatch.setattr(dag, "CALLS", {"coda_pull": lambda *_: objects_of(storage_at("gs://bucket/demo")).account})
    (toy,) = dag.dags_in(configs, only="toy")
    account: str = call_of(toy.get_task("coda_pull"))(**CONTEXT)
    return account


def test_a_task_is_who_the_usual_connection_says(
    configs: Path, monkeypatch: pytest.MonkeyPatch, private_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = key_of("usual@geedka.iam.gserviceaccount.com", private_key)
    monkeypatch.setenv("AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT", connection(keyfile_dict=key))
    assert account_of_a_task(configs, monkeypatch) == "the account usual@geedka.iam.gserviceaccount.com"
    assert private_key.splitlines()[1] not in caplog.text


def test_a_task_is_who_the_connection_says_that_the_setting_names(
    configs: Path, monkeypatch: pytest.MonkeyPatch, private_key: str, tmp_path: Path
) -> None:
    file = tmp_path / "key.json"
    file.write_text(json.dumps(key_of("other@geedka.iam.gserviceaccount.com", private_key)))
    monkeypatch.setenv("AIRFLOW_CONN_GOOGLE_OF_RADIO", connection(key_path=str(file)))
    monkeypatch.setenv("PIPELINE_GOOGLE_CONNECTION", "google_of_radio")
    assert account_of_a_task(configs, monkeypatch) == "the account other@geedka.iam.gserviceaccount.com"


@pytest.mark.parametrize("named", [None, ""])  # a container is told an empty one
def test_without_a_connection_a_task_is_who_the_machine_is(
    named: str | None, configs: Path, monkeypatch: pytest.MonkeyPatch, private_key: str, tmp_path: Path
) -> None:
    if named is not None:
        monkeypatch.setenv("PIPELINE_GOOGLE_CONNECTION", named)
    file = tmp_path / "key.json"
    file.write_text(json.dumps(key_of("machine@geedka.iam.gserviceaccount.com", private_key)))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    assert account_of_a_task(configs, monkeypatch) == "the account machine@geedka.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    ("named", "written", "problem"),
    [
        (
            "nobodys",
            None,
            "there is no such Airflow connection; add it in Airflow, or correct the setting PIPELINE_GOOGLE_CONNECTION",
        ),
        ("broken", connection(keyfile_dict="{canary"), "has no Google credentials that can be used; give it a serv"),
        ("broken", connection(keyfile_dict={"type": "canary"}), "has no Google credentials that can be used; give"),
        ("broken", connection(keyfile_dict=["canary"]), "has no Google credentials that can be used; give it a"),
        ("broken", connection(key_path="/canary.json"), "has no Google credentials that can be used; give it a serv"),
        ("broken", connection(), "has no Google credentials that can be used; give it a service account's key"),
    ],
)
def test_a_connection_that_gives_no_credentials_is_named_and_not_quoted(
    configs: Path, monkeypatch: pytest.MonkeyPatch, named: str, written: str | None, problem: str
) -> None:
    monkeypatch.setenv("PIPELINE_GOOGLE_CONNECTION", named)
    if written:
        monkeypatch.setenv(f"AIRFLOW_CONN_{named.upper()}", written)
    with pytest.raises(ConfigError) as raised:
        account_of_a_task(configs, monkeypatch)
    assert str(raised.value).startswith(f'gs://bucket/demo: Airflow connection "{named}": {problem}')
    assert "canary" not in f"{raised.value} {raised.value.__context__} {raised.value.__cause__}"


def test_outside_a_task_nobody_asks_airflow(configs: Path, monkeypatch: pytest.MonkeyPatch, private_key: str) -> None:
    key = key_of("usual@geedka.iam.gserviceaccount.com", private_key)
    monkeypatch.setenv("AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT", connection(keyfile_dict=key))
    with pytest.raises(ConfigError, match="there are none on this machine"):
        storage_at("gs://bucket/demo")
