"""The Google account that the pipeline uses.

On the command line this is the account of Google's application default credentials: the key file that the setting
`GOOGLE_APPLICATION_CREDENTIALS` names, else what `gcloud auth application-default login` left, else the machine's own
service account. A caller with other credentials, such as Airflow with its connections, sets them for the time of a
task.
"""

import os
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeAlias

from pipeline_lib.context_variables import set_within
from pipeline_lib.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.auth.credentials import Credentials

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
"""The account's roles decide what it may do; a narrower scope would only repeat them."""

KEY_FILE_SETTING = "GOOGLE_APPLICATION_CREDENTIALS"

CredentialsGiver: TypeAlias = "Callable[[], Credentials]"

REMEDY = (
    f"name a service account's key file in {KEY_FILE_SETTING}, or run: gcloud auth application-default login; "
    "on Airflow, put the key in the connection google_cloud_default"
)


def application_default() -> "Credentials":
    """Google's application default credentials.

    Raises:
        ConfigError: There are no credentials, or the key file holds none.
    """
    import google.auth  # noqa: PLC0415 - not needed without URIs of Google's
    from google.auth.exceptions import DefaultCredentialsError  # noqa: PLC0415

    named = os.environ.get(KEY_FILE_SETTING)
    try:
        credentials, _ = google.auth.default(scopes=SCOPES)
    except (DefaultCredentialsError, AttributeError, OSError, ValueError):  # odd key files lead to any of these
        wrong = "names no file of Google credentials" if named else "there are none on this machine"
        problem = Problem(KEY_FILE_SETTING if named else "Google credentials", wrong, REMEDY)
    else:
        return credentials
    raise ConfigError(problem)  # raised here, so that Google's error, which may quote the file, is not its context


_GIVER: ContextVar[CredentialsGiver] = ContextVar("google_credentials_giver", default=application_default)


def credentials_giver() -> CredentialsGiver:
    """The function that gives the credentials in this context."""
    return _GIVER.get()


def google_credentials_from(giver: CredentialsGiver) -> AbstractContextManager[None]:
    """Take credentials from the giver within the block; it is only called when they are needed."""
    return set_within(_GIVER, giver)
