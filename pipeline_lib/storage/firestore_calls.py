"""Calls to Firestore, with retries, and without leaking anything that it holds.

A document's name may be a person's address. The client library puts names into the texts of its exceptions and, at
DEBUG, whole documents into its logs, which `http_logs.hide_payloads` keeps silent.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.api_core.retry import Retry
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore import Client, DocumentReference, DocumentSnapshot
from google.cloud.firestore_v1.types import BatchWriteResponse
from grpc import StatusCode

from pipeline_lib.errors import FatalSourceError, PipelineError, Problem, RetriableSourceError, SourceError

ReplyT = TypeVar("ReplyT")

TIMEOUT_SECONDS = 120.0
"""For one call; without it, a lost connection would block for ever."""

CALLS_AT_ONCE = 4
"""Enough to hide the latency, and few enough for memory, which holds a segment for each."""

# These statuses do not say whether the call took effect, and another try may get another answer.
_PASSING = {
    StatusCode.ABORTED,
    StatusCode.CANCELLED,
    StatusCode.DEADLINE_EXCEEDED,
    StatusCode.INTERNAL,
    StatusCode.RESOURCE_EXHAUSTED,
    StatusCode.UNAVAILABLE,
    StatusCode.UNKNOWN,
}
_REFUSALS = {
    StatusCode.PERMISSION_DENIED: (
        "refuses the service account",
        "see that the key is of the right Firebase project, and give its account the role Cloud Datastore User",
    ),
    StatusCode.UNAUTHENTICATED: ("does not accept the service account key", "make a new one"),
    StatusCode.NOT_FOUND: (
        "has no database in this project",
        "see that the key is of the right Firebase project, and that its Firestore database was made",
    ),
}
# gRPC reports UNAVAILABLE like this if Google gives no token because the key was revoked: a retry would fail too.
_REVOKED = "plugin failed with error: ('invalid_grant"
_STATUSES = {status.value[0]: status for status in StatusCode}


def is_passing(error: BaseException) -> bool:
    """Whether another try may succeed."""
    return _status(error) in _PASSING


RETRY = Retry(predicate=is_passing, initial=0.2, maximum=10.0, timeout=60.0)
"""For the client library, and for calls that may safely be made twice."""


def call_firestore(place: str, call: Callable[[], ReplyT]) -> ReplyT:
    """What a call of the client library returns; the call itself has to retry.

    Args:
        place: What the call is about, for an error: a table, a dataset, perhaps a segment.
        call: The call.

    Raises:
        SourceError: The call failed. The error names the status alone, and drops the library's exception.
    """
    try:
        return call()
    except PipelineError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, its text may hold an address
        failure = _explained(error, place)
    raise failure


def fetch_documents(
    client: Client, references: Sequence[DocumentReference], fields: Sequence[str] | None = None
) -> list[DocumentSnapshot[Any]]:
    """Documents, whether they exist or not, in no order; an interrupted reply is requested again.

    Args:
        client: The client of the documents' database.
        references: The documents to read.
        fields: The fields to read; default: all.

    Raises:
        Exception: As the client library raises it; see `call_firestore`.
    """

    def get_all() -> list[DocumentSnapshot[Any]]:
        return list(client.get_all(list(references), fields, retry=None, timeout=TIMEOUT_SECONDS))

    return RETRY(get_all)()


def surely_created(response: BatchWriteResponse, place: str) -> list[bool]:
    """Which of a request's creations it surely made; for the others, the stored document must be read.

    Raises:
        SourceError: A creation was refused, and would be again.
    """
    statuses = [_STATUSES.get(status.code, StatusCode.UNKNOWN) for status in response.status]
    for status in set(statuses) - _PASSING - {StatusCode.OK, StatusCode.ALREADY_EXISTS}:
        raise _failure(status, place)
    return [status is StatusCode.OK for status in statuses]


def _explained(error: Exception, place: str) -> SourceError:
    status = _status(error)
    if status is not None:
        return _failure(status, place)
    wrong = f"the Firestore client failed ({type(error).__name__})"
    return FatalSourceError(Problem(place, wrong, "report this: it is no mistake of yours"))


def _failure(status: StatusCode, place: str) -> SourceError:
    if status in _PASSING:
        wrong = f"Firestore is unavailable ({status.name})"
        return RetriableSourceError(Problem(place, wrong, "try again later"))
    wrong, right = _REFUSALS.get(status, ("rejects the request", "report this: it is no mistake of yours"))
    return FatalSourceError(Problem(place, f"Firestore {wrong} ({status.name})", right))


def _status(error: BaseException | None) -> StatusCode | None:
    """The failure's status in gRPC; None where the error is not gRPC's."""
    match error:
        case RetryError():
            return _status(error.cause)
        case GoogleAPICallError():
            return StatusCode.UNAUTHENTICATED if _REVOKED in str(error.message) else error.grpc_status_code
        case GoogleAuthError():
            return StatusCode.UNAVAILABLE if error.retryable else StatusCode.UNAUTHENTICATED
    return None
