"""A client of Google Drive, by the credentials that a config names."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.auth.credentials import Credentials
from google.oauth2 import credentials as of_people
from google.oauth2 import service_account

from pipeline_lib.config.pipeline import DriveUpload
from pipeline_lib.delivery.drive_calls import RetryPolicy
from pipeline_lib.delivery.drive_client import DriveClient, connected
from pipeline_lib.delivery.drive_errors import DRIVE_SCOPE, Asking
from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.storage.secrets import read_secret

EMULATOR_SETTING = "DRIVE_EMULATOR_HOST"
"""`host:port` of a stand-in: with it nothing is sent to Google, and tokens are fetched from the stand-in too."""

_GOOGLES_TOKENS = "https://oauth2.googleapis.com/token"
_KINDS = 'name a service account\'s key, or credentials of a person with "type": "authorized_user"'


def drive_client(settings: DriveUpload, base: Path, place: str, policy: RetryPolicy | None = None) -> DriveClient:
    """A client of the Drive that a config's credentials lead to; nothing is sent yet.

    Args:
        settings: The config's.
        base: The config's folder.
        place: How errors name the settings: `pipeline.json: DriveUpload`.
        policy: How to retry failures that may pass.

    Raises:
        ConfigError: There are no credentials, or they are of another kind. The error never quotes them.
    """
    place_of_key = f"{place}.DriveCredentialsFileURL"
    written = _as_object(
        read_secret(settings.drive_credentials_file_url.get_secret_value(), base, place_of_key), place_of_key
    )
    host = os.environ.get(EMULATOR_SETTING) or None
    if host:
        written["token_uri"] = f"http://{host}/token"
    elif written.get("type") != "service_account":
        written["token_uri"] = _GOOGLES_TOKENS  # whatever the file says: nobody else may get the refresh token
    credentials, asking = _read(written, settings.subject, place, place_of_key)
    return connected(credentials, asking, host, policy)


def _as_object(text: str, place: str) -> dict[str, Any]:
    try:
        written = json.loads(text)
    except (ValueError, RecursionError):
        written = None
    if isinstance(written, dict):
        return written
    raise ConfigError(Problem(place, "holds no Google credentials", _KINDS))


def _read(written: Mapping[str, Any], subject: str | None, place: str, place_of_key: str) -> tuple[Credentials, Asking]:
    match written.get("type"):
        case "service_account":
            return _service_account(written, subject, place_of_key)
        case "authorized_user" if subject is not None:
            wrong = "only a service account can act for somebody, and these credentials are a person's own"
            raise ConfigError(Problem(f"{place}.Subject", wrong, "take Subject out, or name a service account's key"))
        case "authorized_user":
            return _person(written, place_of_key)
    if "installed" in written or "web" in written:
        wrong = "holds an OAuth client, with which nobody has logged in yet"
        raise ConfigError(Problem(place_of_key, wrong, "log in with it as docs/drive.md says; name the resulting file"))
    raise ConfigError(Problem(place_of_key, "holds credentials of another kind", _KINDS))


def _service_account(written: Mapping[str, Any], subject: str | None, place: str) -> tuple[Credentials, Asking]:
    try:
        credentials: Credentials = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
            written, scopes=[DRIVE_SCOPE], subject=subject
        )
    except Exception:  # noqa: BLE001 - whatever it is, it may quote the key
        wrong = "is not a complete service account key"
        error = ConfigError(Problem(place, wrong, "download it again from Google Cloud"))
    else:
        client_id = str(written.get("client_id", ""))
        asking = Asking(
            is_service_account=subject is None,
            called=f"the service account {written['client_email']}" if subject is None else "the account of Subject",
            client_id=client_id if client_id.isdecimal() else "",
            setting=place,
        )
        return credentials, asking
    raise error


def _person(written: Mapping[str, Any], place: str) -> tuple[Credentials, Asking]:
    needed = ("client_id", "client_secret", "refresh_token")
    missing = [key for key in needed if not isinstance(written.get(key), str)]
    if missing:
        wrong = f"lacks {' and '.join(missing)} of a person's credentials"
        raise ConfigError(Problem(place, wrong, "log in again, as docs/drive.md says"))
    client_id, client_secret, refresh_token = (written[key] for key in needed)
    credentials: Credentials = of_people.Credentials(  # type: ignore[no-untyped-call]
        token=None,
        refresh_token=refresh_token,
        token_uri=written["token_uri"],
        client_id=client_id,
        client_secret=client_secret,
    )
    return credentials, Asking(is_service_account=False, called="the person whose credentials these are", setting=place)
