"""Failures on the way to a server, in words that quote nothing that was sent or received."""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
import urllib3.exceptions

FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
"""What reading from a server can raise, except for our own errors."""

_WORDS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((ssl.SSLCertVerificationError,), "has a TLS certificate that does not verify"),
    ((urllib3.exceptions.NameResolutionError,), "has a name that this machine's DNS server does not know"),
    ((urllib3.exceptions.ProxyError,), "cannot be reached through the proxy"),
    ((urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.NewConnectionError), "cannot be reached"),
    ((urllib3.exceptions.TimeoutError, TimeoutError), "took too long to answer"),
    ((urllib3.exceptions.SSLError, ssl.SSLError), "broke the TLS connection"),
    ((urllib3.exceptions.DecodeError,), "sent an answer that cannot be decompressed"),
    ((urllib3.exceptions.ProtocolError, ConnectionError), "broke the connection"),
)


def what_failed(error: Exception) -> str:
    """What the server did, to continue a sentence that begins with its name."""
    causes = _causes(error)
    return next(
        (words for kinds, words in _WORDS if any(isinstance(cause, kinds) for cause in causes)), "gave no answer"
    )


def is_untrusted(error: Exception) -> bool:
    """Whether the server's certificate does not verify."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long an answer's `Retry-After` asks to wait; None if it is missing or invalid.

    A date there is compared with the answer's own `Date` header, if it has one: clocks differ.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    until = _http_date(text)
    if until is None:
        return None
    return max(0.0, (until - (_http_date(headers.get("Date", "")) or now)).total_seconds())


def _causes(error: BaseException) -> list[BaseException]:
    """The exception and its causes: requests and urllib3 keep them as a `reason` or as an argument."""
    found: list[BaseException] = []
    ahead: list[object] = [error]
    while ahead:
        one = ahead.pop()
        if isinstance(one, BaseException) and not any(one is other for other in found):
            found.append(one)
            ahead += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
