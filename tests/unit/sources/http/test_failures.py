import socket
import ssl
from datetime import UTC, datetime

import pytest
import requests
from urllib3.connection import HTTPConnection
from urllib3.exceptions import MaxRetryError, NameResolutionError, ReadTimeoutError, SSLError

from pipeline_lib.sources.http.failures import is_untrusted, retry_after_seconds, what_failed

NOW = datetime(2025, 5, 1, 10, 0, tzinfo=UTC)
POOL = None  # what the exceptions are told of the pool does not matter


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "40"}, 40),
        ({"Retry-After": " 0 "}, 0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "²"}, None),
        ({"Retry-After": "9" * 400}, float("inf")),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Thu, 01 May 2025 10:00:30 GMT"}, 30),
        ({"Retry-After": "Thu, 01 May 2025 10:00:30 -0000"}, 30),
        ({"Retry-After": "Thu, 01 May 2025 13:00:30 +0300"}, 30),
        ({"Retry-After": "Thu, 01 May 2025 09:00:00 GMT"}, 0),
        ({"Retry-After": "Thu, 99 May 2025 10:00:30 GMT"}, None),
        ({"Retry-After": "Thu, 01 May 2025 10:00:30 GMT", "Date": "Thu, 01 May 2025 10:00:20 GMT"}, 10),
        ({"Retry-After": "Thu, 01 May 2025 10:00:30 GMT", "Date": "today"}, 30),
    ],
)
def test_a_server_asks_to_wait_for_seconds_or_until_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers, NOW) == seconds


def test_what_failed_is_found_behind_what_wraps_it_and_told_without_the_url() -> None:
    url = "/canary?canary"
    unknown = NameResolutionError("canary", HTTPConnection("canary"), socket.gaierror())
    untrusted = SSLError(ssl.SSLCertVerificationError("canary"))
    told = {
        "has a name that this machine's DNS server does not know": MaxRetryError(POOL, url, unknown),  # type: ignore[arg-type]
        "has a TLS certificate that does not verify": MaxRetryError(POOL, url, untrusted),  # type: ignore[arg-type]
        "took too long to answer": ReadTimeoutError(POOL, url, "canary"),  # type: ignore[arg-type]
        "broke the TLS connection": SSLError("canary"),
        "broke the connection": ConnectionResetError("canary"),
    }
    assert [what_failed(requests.ConnectionError(error)) for error in told.values()] == list(told)
    assert [is_untrusted(requests.ConnectionError(error)) for error in told.values()] == [False, True, *[False] * 3]
    assert what_failed(requests.exceptions.InvalidURL("canary")) == "gave no answer"
