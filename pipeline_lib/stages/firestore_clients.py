"""Clients of Firestore, by the service account keys that configs name."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client
from google.oauth2.service_account import Credentials

from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.http_logs import hide_payloads
from pipeline_lib.storage.secrets import read_secret

EMULATOR_SETTING = "FIRESTORE_EMULATOR_HOST"
"""The client library's own variable: with it nothing is sent to Google, and no credentials are needed."""

_PROJECT_ID = re.compile(r"[a-z][a-z0-9.:-]{0,62}")


def firestore_client(credentials_url: str, base: Path, place: str) -> Client:
    """A client of the Firebase project that a service account key belongs to; nothing is sent yet.

    What the client sends and receives is never logged, whatever the log level.

    Args:
        credentials_url: Where the key is: a URL, or a path that starts from `base`.
        base: The config's folder.
        place: How errors name the setting: `pipeline.json: UUIDTable.FirebaseCredentialsFileURL`.

    Raises:
        ConfigError: There is no key, or it is not a service account key. The error never quotes it.
    """
    key = _service_account_key(read_secret(credentials_url, base, place), place)
    hide_payloads()
    if EMULATOR_SETTING in os.environ:
        return Client(key["project_id"], AnonymousCredentials())  # type: ignore[no-untyped-call]
    return Client(key["project_id"], _credentials(key, place))


def _service_account_key(text: str, place: str) -> dict[str, Any]:
    try:
        key = json.loads(text)
    except (ValueError, RecursionError):
        key = None
    if isinstance(key, dict) and key.get("type") == "service_account" and _is_project_id(key.get("project_id")):
        return key
    raise _no_key(place)


def _credentials(key: Mapping[str, Any], place: str) -> Credentials:
    try:
        credentials: Credentials = Credentials.from_service_account_info(key)  # type: ignore[no-untyped-call]
    except Exception:  # noqa: BLE001 - whatever it is, it may quote the key
        error = _no_key(place)
    else:
        return credentials
    raise error


def _is_project_id(value: object) -> bool:
    """Whether it has the form of a project id, and may therefore be shown."""
    return isinstance(value, str) and _PROJECT_ID.fullmatch(value) is not None


def _no_key(place: str) -> ConfigError:
    right = "name the JSON file that the Firebase console gives under Project settings, Service accounts"
    return ConfigError(Problem(place, "is no service account key", right))
