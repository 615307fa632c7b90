"""What Google's client raises, as errors that say what to do next.

Google's own errors quote answers of any content, and upload addresses, with which anybody can continue an upload.
"""

import re
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

import requests
import urllib3
from google.api_core.exceptions import GoogleAPIError, PreconditionFailed, RetryError
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse

from pipeline_lib.errors import FatalSourceError, PipelineError, Problem, RetriableSourceError
from pipeline_lib.google_credentials import REMEDY
from pipeline_lib.storage.base import conflict

FROM_GOOGLE = (
    DataCorruption,
    GoogleAPIError,
    GoogleAuthError,
    InvalidResponse,
    OSError,  # those of requests
    ValueError,  # an upload that lost its place
    HTTPException,
    urllib3.exceptions.HTTPError,
)
"""What the client raises, retries included."""

_LINE_BROKE = (
    ConnectionError,
    RetryError,
    TimeoutError,
    ValueError,
    HTTPException,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
)


def translated(error: Exception, uri: str, account: str) -> Exception:
    """The error to raise instead of one of Google's exceptions; the exception itself, where the caller handles it.

    Args:
        error: What was raised.
        uri: The object, or the folder.
        account: The account that asked, for error sentences.

    Returns:
        FileNotFoundError where there is no such object or bucket; the caller knows which.
    """
    if isinstance(error, PreconditionFailed):
        return error
    if isinstance(error, RetryError):
        error = error.cause or error  # the error of each try
    code = _code(error)
    if isinstance(error, DataCorruption) or (code == HTTPStatus.BAD_REQUEST and "crc32c" in str(error).casefold()):
        return damaged(uri)
    if code == HTTPStatus.NOT_FOUND:
        # The client resumes a broken download at the generation that it began with, which is gone.
        return conflict(uri) if "generation=" in _url(error) else FileNotFoundError(uri)
    if _is_refusal(error, code):
        return _refusal(error, code, uri, account)
    if code is not None or isinstance(error, (GoogleAuthError, *_LINE_BROKE)):
        wrong = (
            f"Google Cloud Storage answers with an error ({code})" if code else "Google Cloud Storage does not answer"
        )
        return RetriableSourceError(Problem(uri, wrong, "try again later"))
    return error


def damaged(uri: str) -> PipelineError:
    """The error for an object whose checksum differs from that of the data sent or received."""
    return RetriableSourceError(Problem(uri, "was damaged in transit: its checksum does not match", "try again"))


_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


def _code(error: Exception) -> int | None:
    """The HTTP status, however the exception keeps it."""
    code = getattr(error, "code", None)
    if isinstance(error, InvalidResponse):
        code = error.response.status_code
    return int(code) if code is not None and str(code).isdecimal() else None


def _is_refusal(error: Exception, code: int | None) -> bool:
    if isinstance(error, GoogleAuthError):
        return not error.retryable
    return code is not None and code < HTTPStatus.INTERNAL_SERVER_ERROR and code not in _PASSING


def _refusal(error: Exception, code: int | None, uri: str, account: str) -> PipelineError:
    reason = " ".join(filter(None, (str(code or ""), _reason(error))))
    if code == HTTPStatus.FORBIDDEN:
        right = "give it the role Storage Object User on the bucket; Storage Object Viewer is enough to read"
        return FatalSourceError(Problem(uri, f"Google Cloud denies access to {account} ({reason})", right))
    if code in {None, HTTPStatus.UNAUTHORIZED}:
        return FatalSourceError(Problem(uri, "Google does not accept the credentials", REMEDY))
    return FatalSourceError(Problem(uri, f"Google Cloud Storage refuses the request ({reason})"))


def _reason(error: Exception) -> str:
    """Google's word for why, such as `retentionPolicyNotMet`; empty where the answer has none."""
    try:
        told = _response(error).json()["error"]["errors"][0]["reason"]
    except (AttributeError, KeyError, IndexError, TypeError, ValueError):
        return ""
    return told if isinstance(told, str) and re.fullmatch(r"[A-Za-z]{1,60}", told) else ""


def _url(error: Exception) -> str:
    return str(getattr(getattr(_response(error), "request", None), "url", ""))


def _response(error: Exception) -> Any:
    return getattr(error, "response", None)
