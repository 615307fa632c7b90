"""The Google credentials of an Airflow task, from a connection, read as the Google provider's own hook reads it."""
# ruff: noqa: PLC0415 - Airflow's provider takes seconds to import, and most tasks do not use Google

import os
from typing import TYPE_CHECKING

from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.google_credentials import application_default

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

SETTING = "PIPELINE_GOOGLE_CONNECTION"
"""The environment variable that names the connection."""

USUAL = "google_cloud_default"
"""The connection that the Google provider's operators use too; without it a task has the machine's credentials."""


def connection_credentials() -> "Credentials":
    """Credentials of the connection that the setting names, else of `google_cloud_default`, else the machine's own.

    Raises:
        ConfigError: There is no such connection, the task may not read it, or it has no key that can be used.
    """
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    named = os.environ.get(SETTING)
    try:
        Connection.get(named or USUAL)
    except AirflowNotFoundException:
        if not named:
            return application_default()
        wrong, right = "there is no such Airflow connection", f"add it in Airflow, or correct the setting {SETTING}"
    except PermissionError:
        wrong, right = "Airflow does not let this task read the connection", "give the task's team access to it"
    else:
        return _credentials_of(named or USUAL)
    raise ConfigError(Problem(f'Airflow connection "{named or USUAL}"', wrong, right))


def _credentials_of(connection_id: str) -> "Credentials":
    from airflow.providers.google.common.hooks.base_google import GoogleBaseHook
    from airflow.sdk.exceptions import AirflowException
    from google.auth.exceptions import GoogleAuthError

    try:
        credentials: Credentials = GoogleBaseHook(connection_id).get_credentials()
    except (AirflowException, GoogleAuthError, AttributeError, LookupError, OSError, TypeError, ValueError):
        wrong = "has no Google credentials that can be used"
    else:
        return credentials
    # Raised outside, so that it does not carry the original exception, which may quote the key.
    right = "give it a service account's key (Keyfile JSON) or the path of its file"
    raise ConfigError(Problem(f'Airflow connection "{connection_id}"', wrong, right))
