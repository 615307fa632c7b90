import gzip
import json
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from pipeline_lib.errors import FatalSourceError, RetriableSourceError
from pipeline_lib.sources.http.client import Dialect, HttpApi, MalformedError, Service
from pipeline_lib.sources.http.rate_limiter import RateLimiter
from pipeline_lib.sources.http.retry_policy import RetryPolicy, TransientFailure

PLACE = "pipeline.json: RawDataSources[0]"
TOKEN = "canary0token0canary"  # noqa: S105 - invented
Serve = Callable[[], Any]


def api_of(host: str, fake_time: Any, *, limit: int = 2500, scheme: str = "http", **policy: Any) -> HttpApi:
    service = Service(f"{scheme}://{host}", f"Token {TOKEN}", PLACE, "TokenFileURL", is_emulator=True)
    budget = RateLimiter(limit, fake_time.timing.clock)
    return HttpApi(service, budget, RetryPolicy(**policy), fake_time.timing)


def left(api: HttpApi) -> dict[str, int]:
    assert isinstance(api.budget, RateLimiter)
    return api.budget.left()


def read_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise MalformedError from None


def get(api: HttpApi, path: str = "/api/v2/runs.json?flow=1") -> Any:
    return api.get(path, read_json, endpoint="runs", scope="v2.runs")


def refusal(api: HttpApi, kind: type[Exception]) -> str:
    with pytest.raises(kind) as raised:
        get(api)
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    return str(raised.value)


def test_an_answer_is_read_and_the_token_goes_in_its_header_whatever_netrc_says(
    server: Any, fake_time: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.answers_with({"results": [1]})
    api = api_of(server.host, fake_time)
    api._session.trust_env = True

    assert get(api) == {"results": [1]}
    assert server.paths == ["/api/v2/runs.json?flow=1"]
    assert server.asked[0].headers["Authorization"] == f"Token {TOKEN}"


def test_one_connection_serves_many_requests(server: Any, fake_time: Any) -> None:
    server.answers_with({"results": []})
    api = api_of(server.host, fake_time)
    for _ in range(3):
        get(api)
    assert len({asked.connection for asked in server.asked}) == 1


@pytest.mark.parametrize("encoding", ["gzip", ""])
def test_a_compressed_answer_is_unpacked(server: Any, fake_time: Any, encoding: str) -> None:
    body = b'{"results": []}'
    server.answers_with(gzip.compress(body, mtime=0) if encoding else body, headers={"Content-Encoding": encoding})
    assert get(api_of(server.host, fake_time)) == {"results": []}


def test_a_429_waits_as_long_as_the_server_asks_in_seconds_or_until_a_date(server: Any, fake_time: Any) -> None:
    server.answers_with(status=429, headers={"Retry-After": "40"})
    server.answers_with(
        status=429,
        headers={"Retry-After": "Thu, 01 May 2025 10:02:00 GMT", "Date": "Thu, 01 May 2025 10:00:30 GMT"},
    )
    server.answers_with({"results": []})
    api = api_of(server.host, fake_time)

    assert get(api) == {"results": []}
    assert fake_time.slept == [41, 92]
    assert api.traffic.request_counts == {"runs": 3}
    assert api.traffic.retry_counts == {"runs": 2}
    assert api.traffic.waited_seconds == {"budget": 0, "retry": 133}


@pytest.mark.parametrize("header", ["", "soon", "-5", "Thu, 01 May 2020 10:00:00 GMT"])
def test_a_429_storm_without_a_usable_retry_after_ends_after_six_tries(
    server: Any, fake_time: Any, header: str
) -> None:
    server.answers_with(status=429, headers={"Retry-After": header})
    api = api_of(server.host, fake_time)

    message = refusal(api, RetriableSourceError)

    assert message == (
        f"{PLACE}: {server.host}, asked for runs, answered 429 (6 tries); "
        "wait and try again; what was fetched before stays"
    )
    assert fake_time.slept == [1, 2, 4, 8, 16]
    assert api.traffic.request_counts == {"runs": 6}


def test_a_429_storm_with_a_retry_after_ends_when_two_hours_were_waited(server: Any, fake_time: Any) -> None:
    server.answers_with(status=429, headers={"Retry-After": "999999"})
    refusal(api_of(server.host, fake_time), RetriableSourceError)
    assert fake_time.slept == [3601]


@pytest.mark.parametrize("status", [204, 408, 425, 429, 500, 502, 503, 504, 520])
def test_what_passes_is_tried_again(server: Any, fake_time: Any, status: int) -> None:
    server.answers_with(b"", status=status).answers_with({"results": []})
    assert get(api_of(server.host, fake_time)) == {"results": []}
    assert fake_time.slept == [1]


def test_a_500_that_stays_is_tried_three_times(server: Any, fake_time: Any) -> None:
    server.answers_with(b"canary body", status=500)
    message = refusal(api_of(server.host, fake_time), RetriableSourceError)
    assert ", asked for runs, answered 500 (3 tries); " in message
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_not_tried_again_and_the_error_says_where_it_comes_from(
    server: Any, fake_time: Any, status: int
) -> None:
    server.answers_with({"detail": "Invalid token"}, status=status)
    assert refusal(api_of(server.host, fake_time), FatalSourceError) == (
        f"{PLACE}.TokenFileURL: {server.host} refuses the token: it answered {status} to runs; "
        "have TokenFileURL name a token that is valid, of a user who may see runs"
    )
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [400, 404, 405, 410])
def test_a_question_that_is_refused_is_not_asked_again(server: Any, fake_time: Any, status: int) -> None:
    server.answers_with(["canary body"], status=status)
    assert refusal(api_of(server.host, fake_time), FatalSourceError) == (
        f"{PLACE}: {server.host}, asked for runs, answered {status}; check which server the config names"
    )
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "location",
    [
        "http://{other}/api/v2/runs.json?canary=1",
        "https://rapidpro.example/x?canary=1",
        "https://252610000001.example/x?canary=1",
        "//canary canary/",
        "http://[canary",
        "/login?canary=1",
    ],
)
def test_a_redirect_is_refused_and_the_token_goes_nowhere_else(serve: Serve, fake_time: Any, location: str) -> None:
    server, other = serve(), serve()
    other.answers_with({"results": []})
    server.answers_with(b"", status=302, headers={"Location": location.format(other=other.host)})
    assert refusal(api_of(server.host, fake_time), FatalSourceError) == (
        f"{PLACE}: {server.host} redirects runs to another URL; "
        "name the server itself: a token is not sent to another one"
    )
    assert other.asked == []


BODY = b'{"results": [{"canary": "canary text"}]}'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"body": BODY, "cut_at": 20}, "broke the connection"),
        ({"body": BODY, "cut_at": 0}, "broke the connection"),
        ({"body": BODY, "headers": {"Content-Length": "4000"}, "cut_at": 4000}, "broke the connection"),
        ({"body": BODY, "headers": {"Content-Length": "20"}}, "sent something else, or only a part of it"),
        ({"body": BODY[:20]}, "sent something else, or only a part of it"),
        ({"body": BODY, "headers": {"Content-Length": ""}, "cut_at": 20}, "sent something else"),
        ({"body": BODY, "headers": {"Content-Encoding": "gzip"}}, "sent an answer that cannot be decompressed"),
        ({"body": gzip.compress(BODY, mtime=0)[:30], "headers": {"Content-Encoding": "gzip"}}, "sent something else"),
        (
            {"body": b"1e\r\n" + BODY, "headers": {"Content-Length": "", "Transfer-Encoding": "chunked"}, "cut_at": 24},
            "broke the connection",
        ),
        ({"is_silent": True}, "took too long to answer"),
    ],
)
def test_what_is_cut_slow_or_garbled_is_tried_again_and_told_in_fixed_words(
    server: Any, fake_time: Any, broken: dict[str, Any], words: str
) -> None:
    server.answers_with(**broken).answers_with({"results": []})
    policy: dict[str, Any] = {"silence_seconds": 0.2 if broken.get("is_silent") else 600}
    api = api_of(server.host, fake_time, **policy)
    assert get(api) == {"results": []}

    server.answers = []
    server.answers_with(**broken)
    message = refusal(api_of(server.host, fake_time, **policy, most_tries=2), RetriableSourceError)
    assert f"{server.host}, asked for runs, {words}" in message
    assert "(2 tries)" in message
    assert "canary" not in message


def test_an_answer_that_trickles_is_cut_off_when_its_time_is_over(server: Any, fake_time: Any) -> None:
    server.answers_with(BODY)
    api = api_of(server.host, fake_time, answer_seconds=-1, most_tries=1)
    assert "took too long to answer (one try)" in refusal(api, RetriableSourceError)


def test_an_answer_that_unpacks_to_more_than_memory_could_hold_is_no_answer(
    server: Any, fake_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline_lib.sources.http.client._LARGEST_ANSWER_BYTES", 100_000)
    server.answers_with(gzip.compress(b" " * 200_000 + b"{}", mtime=0), headers={"Content-Encoding": "gzip"})
    api = api_of(server.host, fake_time, most_tries=1)
    assert "sent something else" in refusal(api, RetriableSourceError)


def test_a_server_that_is_not_there_is_tried_again(fake_time: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        host = f"127.0.0.1:{reserved.getsockname()[1]}"
    assert f"{host}, asked for runs, cannot be reached (6 tries)" in refusal(
        api_of(host, fake_time), RetriableSourceError
    )
    assert fake_time.slept == [1, 2, 4, 8, 16]


def test_requests_wait_for_the_hourly_budget_and_say_so(
    server: Any, fake_time: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server.answers_with({"results": []})
    api = api_of(server.host, fake_time, limit=2)
    get(api)
    fake_time.seconds += 3560
    get(api)
    assert (fake_time.slept, left(api)) == ([], {"v2.runs": 0})
    get(api)
    assert fake_time.slept == [40]
    assert api.traffic.waited_seconds == {"budget": 40, "retry": 0}
    assert [record.getMessage() for record in caplog.records] == [
        f"waiting 40 s for the budget of {server.host}: 2 requests an hour (v2.runs)"
    ]


def test_who_has_waited_waits_again_if_others_took_what_came_free(server: Any, fake_time: Any) -> None:
    class Shared:
        waits: ClassVar = [60.0, 30.0, 0.0]

        def wait_seconds(self, scope: str) -> float:
            assert scope == "v2.runs"
            return self.waits.pop(0)

        def spend(self, scope: str) -> None:
            assert (scope, self.waits) == ("v2.runs", [])

        def limit_told(self, scope: str) -> str:
            return scope

    server.answers_with({"results": []})
    api = api_of(server.host, fake_time)
    api.budget = Shared()
    get(api)
    assert api.traffic.waited_seconds["budget"] == 90


def test_repeated_requests_are_taken_from_the_budget_too(server: Any, fake_time: Any) -> None:
    server.answers_with(status=502).answers_with(status=502).answers_with({"results": []})
    api = api_of(server.host, fake_time, limit=2500)
    get(api)
    assert left(api) == {"v2.runs": 2497}


def test_waiting_for_a_server_in_trouble_is_told(server: Any, fake_time: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    server.answers_with(status=429, headers={"Retry-After": "40"}).answers_with({"results": []})
    get(api_of(server.host, fake_time))
    assert [record.getMessage() for record in caplog.records] == [
        f"{server.host}, asked for runs, answered 429; trying again in 41 s"
    ]


def downloaded(api: HttpApi, url: str) -> bytes:
    with api.download(url, "archive run|daily|2025-05-01", endpoint="archive files") as pieces:
        return b"".join(pieces)


def test_a_download_comes_as_it_is_stored_and_without_our_token(server: Any, fake_time: Any) -> None:
    zipped = gzip.compress(b"line\n", mtime=0)
    server.answers_with(zipped, headers={"Content-Encoding": "gzip"})
    api = api_of("rapidpro.invalid", fake_time)
    assert downloaded(api, f"http://{server.host}/bucket/a.jsonl.gz?X-Amz-Signature=canary") == zipped
    assert server.paths == ["/bucket/a.jsonl.gz?X-Amz-Signature=canary"]
    assert "Authorization" not in server.asked[0].headers
    assert server.asked[0].headers["Accept-Encoding"] == "identity"
    assert api.traffic.request_counts == {"archive files": 1}
    assert left(api) == {}


@pytest.mark.parametrize("status", [400, 403, 404, 302])
def test_a_link_that_has_expired_is_an_error_that_a_new_listing_mends(server: Any, fake_time: Any, status: int) -> None:
    server.answers_with(b"canary", status=status, headers={"Location": "http://canary.example/"})
    with pytest.raises(RetriableSourceError) as raised:
        downloaded(api_of("rapidpro.invalid", fake_time), f"http://{server.host}/a?X-Amz-Signature=canary")
    assert str(raised.value) == (
        f"{PLACE}: the store, asked for archive run|daily|2025-05-01, answered {status}; "
        "try again: links expire, and a new listing has new ones"
    )
    assert len(server.asked) == 1


def test_a_store_in_trouble_is_asked_again(server: Any, fake_time: Any) -> None:
    server.answers_with(b"", status=503).answers_with(b"content")
    assert downloaded(api_of("rapidpro.invalid", fake_time), f"http://{server.host}/a") == b"content"


@pytest.mark.parametrize("broken", [{"cut_at": 100_000}, {"headers": {"Content-Length": "300000"}, "cut_at": 200_000}])
def test_a_download_that_is_cut_raises_after_what_it_gave(server: Any, fake_time: Any, broken: dict[str, Any]) -> None:
    server.answers_with(b"x" * 200_000, **broken)
    api, got = api_of("rapidpro.invalid", fake_time), list[Any]()

    def read() -> None:
        with api.download(f"http://{server.host}/a?canary", "archive a", endpoint="archive files") as pieces:
            got.extend(pieces)

    with pytest.raises(RetriableSourceError) as raised:
        read()
    assert "the store, asked for archive a, broke the connection" in str(raised.value)
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    assert len(b"".join(got)) == broken["cut_at"]


@pytest.fixture
def self_signed(tmp_path: Path) -> Iterator[str]:
    """A host with TLS whose certificate nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    unsigned = x509.CertificateBuilder(
        name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1)
    )
    certificate = unsigned.add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
    ).sign(key, hashes.SHA256())
    (tmp_path / "server.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")

    def shake_hands(listening: socket.socket) -> None:
        try:
            with listening.accept()[0] as accepted, context.wrap_socket(accepted, server_side=True):
                pass
        except OSError:  # the client hangs up
            pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(20)
        thread = threading.Thread(target=shake_hands, args=(listening,))
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize("is_emulator", [True, False])
def test_a_server_that_cannot_prove_who_it_is_gets_no_token(
    self_signed: str, fake_time: Any, is_emulator: bool
) -> None:
    api = api_of(self_signed, fake_time, scheme="https")
    api._session.trust_env = not is_emulator
    assert refusal(api, FatalSourceError) == (
        f"{PLACE}: {self_signed}, asked for runs, has a TLS certificate that does not verify; "
        "fix its certificate, or name the issuer's file in the setting REQUESTS_CA_BUNDLE"
    )
    assert fake_time.slept == []


def test_nothing_secret_stands_in_a_repr(fake_time: Any) -> None:
    api = api_of("rapidpro.example", fake_time)
    assert TOKEN not in f"{api!r} {api.service!r} {api._session!r} {vars(api)!r}"


def test_what_must_not_stand_in_a_url_is_asked_in_a_form(server: Any, fake_time: Any) -> None:
    server.answers_with({"a": 1}, status=503).answers_with({"a": 1})
    api = api_of(server.host, fake_time)
    form = {"method": "get", "input_token": TOKEN}
    assert api.post("/debug_token", form, read_json, endpoint="token", scope="") == {"a": 1}
    assert server.paths == ["/debug_token"] * 2
    assert [asked.body for asked in server.asked] == [f"method=get&input_token={TOKEN}".encode()] * 2


class Strict(Dialect):
    """Reads a refusal's body, and counts answers."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def hear(self, headers: Mapping[str, str]) -> None:
        self.heard.append(headers["X-Told"])

    def refusal(self, status: int, body: Callable[[], bytes], endpoint: str) -> TransientFailure | None:
        return TransientFailure(f"says {status} of {endpoint}", 7) if b"wait" in body() else None


def test_a_service_may_say_more_than_http_does(server: Any, fake_time: Any) -> None:
    server.answers_with({"a": "wait"}, status=400, headers={"X-Told": "1"})
    server.answers_with({"a": 1}, headers={"X-Told": "2"}).answers_with({"a": 2}, status=400, headers={"X-Told": "3"})
    service = Service(f"http://{server.host}", f"Token {TOKEN}", PLACE, "TokenFileURL", is_emulator=True)
    dialect = Strict()
    api = HttpApi(service, RateLimiter(9, fake_time.timing.clock), RetryPolicy(), fake_time.timing, dialect)
    assert get(api) == {"a": 1}
    assert fake_time.slept == [8.0]
    assert "answered 400" in refusal(api, FatalSourceError)
    assert dialect.heard == ["1", "2", "3"]
