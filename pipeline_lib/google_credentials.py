"""Whose account the pipeline speaks to Google with.

On the command line these are Google's application default credentials: the key file that the setting
`GOOGLE_APPLICATION_CREDENTIALS` names, else what `gcloud auth application-default login` left, else the machine's own
service account. Whoever has others, such as Airflow with its connections, gives them for the time of a task.
"""

import os
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeAlias

from pipeline_lib.context_values import set_within
from pipeline_lib.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.auth.credentials import Credentials

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
"""What the account's roles allow decides; a narrower scope would only say it twice."""

KEY_FILE_SETTING = "GOOGLE_APPLICATION_CREDENTIALS"

CredentialsGiver: TypeAlias = "Callable[[], Credentials]"

REMEDY = (
    f"name a service account's key file in {KEY_FILE_SETTING}, or run: gcloud auth application-default login; "
    "on Airflow, put the key in the connection google_cloud_default"
)


def application_default() -> "Credentials":
    """Google's application default credentials.

    Raises:
        ConfigError: There are none, or the key file is none.
    """
    import google.auth  # noqa: PLC0415 - what has no URIs of Google's does without
    from google.auth.exceptions import DefaultCredentialsError  # noqa: PLC0415

    named = os.environ.get(KEY_FILE_SETTING)
    try:
        credentials, _ = google.auth.default(scopes=SCOPES)
    except (DefaultCredentialsError, AttributeError, OSError, ValueError):  # all of which odd key files lead to
        wrong = "names no file of Google credentials" if named else "there are none on this machine"
        problem = Problem(KEY_FILE_SETTING if named else "Google credentials", wrong, REMEDY)
    else:
        return credentials
    raise ConfigError(problem)  # outside, so that it does not carry Google's, which may quote the file


_GIVER: ContextVar[CredentialsGiver] = ContextVar("google_credentials_giver", default=application_default)


def credentials_giver() -> CredentialsGiver:
    """Who gives the credentials here and now."""
    return _GIVER.get()


def google_credentials_from(giver: CredentialsGiver) -> AbstractContextManager[None]:
    """While the context lasts, credentials are asked of the giver, and only when they are needed."""
    return set_within(_GIVER, giver)
