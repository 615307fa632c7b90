"""Translates what Google Drive's client raises into errors that say what to do next.

Google's own texts are never repeated: they quote file names, upload URLs and other things.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException
from types import MappingProxyType
from typing import Any

import httplib2
from google.auth.exceptions import GoogleAuthError, TransportError
from googleapiclient.errors import HttpError

from pipeline_lib.errors import FatalSourceError, PipelineError, Problem, RetriableSourceError

FROM_DRIVE = (
    HttpError,
    GoogleAuthError,
    httplib2.HttpLib2Error,
    HTTPException,
    OSError,
    json.JSONDecodeError,
    UnicodeError,
)
"""What the official client raises; the last two when an answer is not JSON."""

DRIVE_SCOPE = "https://www.googleapis.com/auth/drive"

_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "sharingRateLimitExceeded"})
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True)
class Asking:
    """The account that calls Drive."""

    is_service_account: bool
    """Whether it is a service account that acts for itself, and so can own nothing."""
    called: str
    """What sentences call it: `the service account …`; never a person's address."""
    client_id: str = ""
    """The id with which an administrator lets a service account act for people."""
    setting: str = ""
    """How errors name the credentials: `pipeline.json: DriveUpload.DriveCredentialsFileURL`."""


WAYS_TO_OWN = (
    "move the folder to a shared drive and make the service account a Contributor there; or use a person's credentials "
    "(authorized_user); or let the service account act for a person (Subject): see docs/drive.md"
)
"""What to do when a service account has to create something outside of shared drives."""

MAKE_IT_EDITOR = "make it an Editor of the folder, or a Contributor of the shared drive"
"""What to do when an account may not change something."""


def status_of(error: BaseException) -> int | None:
    """The HTTP status of an answer; None for anything else."""
    return int(error.resp.status) if isinstance(error, HttpError) else None


def reason_of(error: BaseException) -> str:
    """Google's reason code, such as `storageQuotaExceeded`; empty if there is none."""
    try:
        said = json.loads(getattr(error, "content", b""))["error"]
        word = said["errors"][0]["reason"] if isinstance(said, dict) else said
    except (KeyError, IndexError, TypeError, ValueError):
        return ""
    return word if isinstance(word, str) and re.fullmatch(r"[A-Za-z_]{1,60}", word) else ""


def is_passing(error: BaseException) -> bool:
    """Whether another try may succeed."""
    status = status_of(error)
    if status is not None:
        is_too_fast = status == HTTPStatus.FORBIDDEN and reason_of(error) in _TOO_FAST
        return is_too_fast or status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if isinstance(error, GoogleAuthError):
        return isinstance(error, TransportError) or bool(error.retryable)
    return isinstance(error, FROM_DRIVE)


def retry_after_seconds(error: BaseException | None) -> float:
    """How long an answer asks to wait (`Retry-After`); 0 if it does not say."""
    written = error.resp.get("retry-after", "") if isinstance(error, HttpError) else ""
    if written.isdecimal():
        return float(written)
    try:
        return max((parsedate_to_datetime(written) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return 0.0


def translated(error: BaseException, place: str, asking: Asking) -> PipelineError:
    """What to raise instead of the client's error.

    Args:
        error: The client's error.
        place: What was requested: a setting, or a file on Drive.
        asking: The account.
    """
    if isinstance(error, GoogleAuthError) and not is_passing(error):
        return _no_token(error, asking.setting or place, asking)
    status, reason = status_of(error), reason_of(error)
    if is_passing(error) or reason == "dailyLimitExceeded":
        said = f"({' '.join(filter(None, (str(status), reason)))})" if status else ""
        wrong = f"Google Drive answers with an error {said}" if status else "Google Drive does not answer"
        return RetriableSourceError(Problem(place, wrong, "try again later"))
    if status == HTTPStatus.NOT_FOUND:
        wrong = "was deleted from Google Drive after it was looked up, or is not shared any more"
        return RetriableSourceError(Problem(place, wrong, "try again: missing files and folders are created again"))
    if status == HTTPStatus.UNAUTHORIZED:
        wrong = "Google does not accept the credentials (401)"
        return FatalSourceError(Problem(asking.setting or place, wrong, "make new ones"))
    wrong, right = _refusal(reason, asking)
    place = asking.setting or place if reason in _OF_CREDENTIALS else place
    return FatalSourceError(Problem(place, f"{wrong} ({' '.join(filter(None, (str(status), reason)))})", right))


_REFUSALS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "teamDriveFileLimitExceeded": (
            "the shared drive has reached its limit of items",
            "remove items that nobody needs, or use another shared drive",
        ),
        "accessNotConfigured": (
            "the Google Drive API is not enabled in the credentials' project",
            "enable it in the Google Cloud console under APIs and services, and try again after some minutes",
        ),
        "insufficientPermissions": (
            "these credentials are not for Google Drive",
            f"make some with the scope {DRIVE_SCOPE}",
        ),
        "appNotAuthorizedToFile": (
            "these credentials reach only files that they created themselves",
            f"make some with the scope {DRIVE_SCOPE}, not drive.file",
        ),
        "domainPolicy": (
            "an administrator has forbidden Google Drive to apps",
            "ask the administrator of the domain",
        ),
    }
)
_OF_CREDENTIALS = frozenset(
    {"accessNotConfigured", "appNotAuthorizedToFile", "domainPolicy", "insufficientPermissions"}
)
_NOT_ALLOWED = frozenset({"insufficientFilePermissions", "insufficientParentPermissions", "forbidden"})


def _refusal(reason: str, asking: Asking) -> tuple[str, str]:
    if reason == "storageQuotaExceeded" and asking.is_service_account:
        return f"{asking.called} has no storage, so it cannot create anything here", WAYS_TO_OWN
    if reason == "storageQuotaExceeded":
        return f"the storage of {asking.called} is full", "make room there, or upload to a shared drive"
    if reason in _NOT_ALLOWED:
        return f"{asking.called} may not change this on Google Drive", MAKE_IT_EDITOR
    return _REFUSALS.get(reason, ("Google Drive refuses the request", ""))


def _no_token(error: GoogleAuthError, place: str, asking: Asking) -> PipelineError:
    """The error for credentials that get no token from Google; it repeats Google's error code and no other text."""
    told: Any = error.args[1] if len(error.args) > 1 else None
    word = told.get("error", "") if isinstance(told, dict) else ""
    word = word if isinstance(word, str) and re.fullmatch(r"[a-z_]{1,40}", word) else "no reason given"
    wrong, right = "Google does not accept the credentials", "make new ones; check that this machine's clock is right"
    if word == "unauthorized_client":
        wrong = "the service account may not act for the Subject"
        right = (
            "have an administrator of its domain allow that (Security, API controls, domain-wide delegation) for the "
            f"client id {asking.client_id or 'in the key'} and the scope {DRIVE_SCOPE}"
        )
    elif word == "invalid_scope":
        wrong, right = "these credentials are not for Google Drive", f"make some with the scope {DRIVE_SCOPE}"
    elif not asking.is_service_account:
        wrong = "Google does not accept the credentials any more: they were revoked or have expired"
        right = "make new ones, as docs/drive.md explains; those of an app in testing expire after seven days"
    return FatalSourceError(Problem(place, f"{wrong} ({word})", right))
