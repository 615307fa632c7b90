"""How people log in: what FAB reads of `deploy/webserver_config.py`."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("airflow_of_its_own")

CONFIG = Path(__file__).parents[2] / "deploy/webserver_config.py"


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a deployment with an identity provider is told."""
    secret = tmp_path / "oidc_client_secret"
    secret.write_text("of the client\n")
    settings = {
        "OIDC_DISCOVERY_URL": "https://accounts.example.org/.well-known/openid-configuration",
        "OIDC_CLIENT_ID": "pipelines",
        "OIDC_CLIENT_SECRET_FILE": str(secret),
        "OIDC_ROLES": '{"operators": ["Op"], "it": ["Admin", "Op"]}',
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


def read() -> dict[str, Any]:
    return runpy.run_path(str(CONFIG))


def test_without_an_identity_provider_people_have_names_and_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    from flask_appbuilder.const import AUTH_DB  # noqa: PLC0415 - it brings Flask, which other tests do without

    monkeypatch.setenv("OIDC_DISCOVERY_URL", "")
    config = read()
    assert config["AUTH_TYPE"] == AUTH_DB
    assert "AUTH_USER_REGISTRATION" not in config  # nobody registers themselves


def test_with_one_its_groups_have_roles_and_who_has_none_may_see_nothing(told: dict[str, str]) -> None:
    config = read()
    assert config["AUTH_USER_REGISTRATION_ROLE"] == "Public"
    assert config["AUTH_ROLES_MAPPING"] == {"operators": ["Op"], "it": ["Admin", "Op"]}
    assert config["AUTH_ROLES_SYNC_AT_LOGIN"] is True
    (provider,) = config["OAUTH_PROVIDERS"]
    assert provider["remote_app"] == {
        "client_id": "pipelines",
        "client_secret": "of the client",
        "client_kwargs": {"scope": "openid email profile"},
        "server_metadata_url": told["OIDC_DISCOVERY_URL"],
    }


@pytest.mark.usefixtures("told")
def test_without_roles_of_groups_a_login_takes_away_no_role_that_an_administrator_gave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OIDC_ROLES", "")
    assert read()["AUTH_ROLES_SYNC_AT_LOGIN"] is False


@pytest.mark.parametrize("in_answer", [True, False])
@pytest.mark.usefixtures("told")
def test_somebody_is_who_the_provider_says_by_what_never_changes(*, in_answer: bool) -> None:
    manager = read()["OpenIdSecurityManager"]
    claims = {"sub": "248289761001", "email": "a@example.org", "given_name": "A", "groups": ["operators"]}
    answer = {"access_token": "…"} | ({"userinfo": claims} if in_answer else {})
    remote = SimpleNamespace(userinfo=lambda token: claims if token == answer else {})
    asked = SimpleNamespace(oauth_remotes={"sso": remote})
    assert manager.get_oauth_user_info(asked, "sso", answer) == {
        "username": "248289761001",
        "email": "a@example.org",
        "first_name": "A",
        "last_name": "",
        "role_keys": ["operators"],
    }
    assert manager.get_oauth_user_info(asked, "another", answer) == {}


NO_ROLES = 'OIDC_ROLES: is no JSON object of lists of roles; write one such as {"operators": ["Op"]}, in one line'


@pytest.mark.parametrize("written", ["operators: Op", '{"operators": "Op"}', '["Op"]', '{"operators": [1]}'])
@pytest.mark.usefixtures("told")
def test_roles_that_cannot_be_understood_are_told_in_one_line(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("OIDC_ROLES", written)
    with pytest.raises(SystemExit) as ended:
        read()
    assert ended.value.code == NO_ROLES


def test_roles_that_cannot_be_understood_end_the_server_with_that_line(told: dict[str, str]) -> None:
    environment = {**os.environ, **told, "OIDC_ROLES": "operators: Op"}
    ended = subprocess.run([sys.executable, CONFIG], env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == NO_ROLES
