"""How notices reach people, and what happens if they do not."""

import json
import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from pipeline_lib.delivery.notices import SECONDS, Notice, post_json
from pipeline_lib.errors import Problem
from pipeline_lib.model.notices import NoticeChannel, NoticeKind
from pipeline_lib.orchestration.plan import PlannedNotice
from tests.receivers import MailServer, WebServer, serving

LINK = "http://airflow.example.org/dags/water/runs/scheduled__2026-01-01T23%3A00%3A00%2B00%3A00"
NOTICE = Notice(
    NoticeKind.FAILURE,
    "water",
    "fetch 1 failed",
    (Problem("demog.csv", "had 1,240 records, and has 3 <now>", "have them restored"),),
    LINK,
)
SENTENCE = "demog.csv: had 1,240 records, and has 3 <now>; have them restored"
TEXT = f"water: fetch 1 failed\n{SENTENCE}\n{LINK}"


@pytest.fixture
def mails() -> Iterator[MailServer]:
    server = MailServer()
    with serving(server):
        yield server


@pytest.fixture
def web() -> Iterator[WebServer]:
    server = WebServer()
    with serving(server):
        yield server


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    """What was logged since. By a handler of its own: Airflow, when it is imported, takes pytest's away."""
    from pipeline_lib.orchestration.notice_channels import logger  # noqa: PLC0415 - after conftest's settings

    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)


@pytest.fixture(autouse=True)
def no_server_that_was_silent_in_a_test_before(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline_lib.orchestration import notice_channels  # noqa: PLC0415 - after conftest's settings

    monkeypatch.setattr(notice_channels, "_SILENT_SINCE", {})


def send(*ways: PlannedNotice) -> None:
    from pipeline_lib.orchestration.notice_channels import send as send_notice  # noqa: PLC0415

    send_notice(NOTICE, ways)


def test_the_log_has_every_notice(warnings: list[str]) -> None:
    send()
    assert warnings == [f"Notice (failure): water: fetch 1 failed | {SENTENCE} | {LINK}"]


def test_an_e_mail_has_what_is_wrong_what_to_do_and_the_link(
    mails: MailServer, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", mails.connection())
    send(PlannedNotice(channel=NoticeChannel.SMTP, connection="smtp_default", to=("a@example.org", "b@example.org")))
    (mail,) = mails.mails
    assert (mail["Subject"], mail["From"], mail["To"]) == (
        "water: fetch 1 failed",
        "pipeline@example.org",
        "a@example.org, b@example.org",
    )
    (part,) = mail.iter_parts()
    assert "and has 3 &lt;now&gt;; have them restored</p>" in part.get_content()
    assert f'href="{LINK}"' in part.get_content()
    assert len(warnings) == 1


def test_a_file_whose_name_is_not_utf_8_is_told_too(
    mails: MailServer, web: WebServer, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline_lib.orchestration.notice_channels import send as send_notice  # noqa: PLC0415 - as above

    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", mails.connection())
    monkeypatch.setenv("AIRFLOW_CONN_OFFICE", f"{web.url}/hook")
    place = b"enqu\xeates/d\xc3\xa9mog.csv".decode(errors="surrogateescape")
    notice = replace(NOTICE, problems=(Problem(place, "has nothing left"),))
    ways = (
        PlannedNotice(channel=NoticeChannel.SMTP, connection="smtp_default", to=("a@example.org",)),
        PlannedNotice(channel=NoticeChannel.WEBHOOK, connection="office"),
    )
    send_notice(notice, ways)
    sentence = "enqu?tes/d\u00e9mog.csv: has nothing left"
    assert [got["problems"] for _, _, got in web.requests] == [[sentence]]
    ((part,),) = [list(mail.iter_parts()) for mail in mails.mails]
    assert f"<p>{sentence}</p>" in part.get_content()
    assert len(warnings) == 1


@pytest.mark.parametrize(
    ("connection", "path", "token"),
    [
        ({"conn_type": "http", "password": "URL/hook/canary"}, "/hook/canary", None),
        ({"conn_type": "http", "host": "URL/hook", "password": "canary"}, "/hook", "Bearer canary"),
        ({"conn_type": "http", "host": "127.0.0.1", "port": "PORT", "schema": "http"}, "/", None),
        ("URL/hook", "/hook", None),
    ],
)
def test_an_address_gets_json(
    web: WebServer, monkeypatch: pytest.MonkeyPatch, connection: Any, path: str, token: str | None
) -> None:
    written = connection if isinstance(connection, str) else json.dumps(connection)
    written = written.replace("URL", web.url).replace('"PORT"', str(web.server_address[1]))
    monkeypatch.setenv("AIRFLOW_CONN_OFFICE", written)
    send(PlannedNotice(channel=NoticeChannel.WEBHOOK, connection="office"))
    document = {"text": TEXT, "kind": "failure", "project": "water", "summary": "fetch 1 failed"}
    ((asked, authorization, got),) = web.requests
    assert (asked.rstrip("/"), authorization) == (path.rstrip("/"), token)
    assert got == document | {"problems": [SENTENCE], "link": LINK}


def test_slack_gets_a_text_at_the_address_that_its_connection_type_keeps_in_two_parts(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = {"conn_type": "slackwebhook", "host": f"{web.url}/services", "password": "T000/B000/canary"}
    monkeypatch.setenv("AIRFLOW_CONN_SLACK", json.dumps(written))
    send(PlannedNotice(channel=NoticeChannel.SLACK, connection="slack"))
    told = TEXT.replace("<now>", "&lt;now&gt;")  # else Slack takes it for a link
    assert web.requests == [("/services/T000/B000/canary", None, {"text": told})]


def test_slack_s_own_connection_type_needs_no_host(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline_lib.orchestration import notice_channels  # noqa: PLC0415 - after conftest's settings

    sent: list[str] = []
    monkeypatch.setattr(notice_channels, "post_json", lambda url, _document: sent.append(url))
    monkeypatch.setenv("AIRFLOW_CONN_SLACK", json.dumps({"conn_type": "slackwebhook", "password": "T000/B000/canary"}))
    send(PlannedNotice(channel=NoticeChannel.SLACK, connection="slack"))
    assert sent == ["https://hooks.slack.com/services/T000/B000/canary"]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("::1", "https://[::1]:8080/hook"),
        ("[::1]", "https://[::1]:8080/hook"),
        ("example.org", "https://example.org:8080/hook"),
    ],
)
def test_a_host_may_be_an_ipv6_address(monkeypatch: pytest.MonkeyPatch, host: str, url: str) -> None:
    from pipeline_lib.orchestration import notice_channels  # noqa: PLC0415 - after conftest's settings

    sent: list[str] = []
    monkeypatch.setattr(notice_channels, "post_json", lambda url, _document, _token: sent.append(url))
    connection = {"conn_type": "https", "host": host, "port": 8080, "schema": "hook"}
    monkeypatch.setenv("AIRFLOW_CONN_OFFICE", json.dumps(connection))
    send(PlannedNotice(channel=NoticeChannel.WEBHOOK, connection="office"))
    assert sent == [url]


@pytest.mark.parametrize(
    ("busy_count", "seconds", "wrong"),
    [(1, 5, []), (9, 1, ["the address is told too much at once; have it take more, or tell it less"])],
)
def test_an_address_that_is_told_too_much_at_once_is_told_again_when_it_says(
    web: WebServer,
    warnings: list[str],
    monkeypatch: pytest.MonkeyPatch,
    busy_count: int,
    seconds: float,
    wrong: list[str],
) -> None:
    from pipeline_lib.orchestration import notice_channels  # noqa: PLC0415 - after conftest's settings

    monkeypatch.setattr(notice_channels, "post_json", partial(post_json, seconds=seconds))
    monkeypatch.setenv("AIRFLOW_CONN_OFFICE", f"{web.url}/hook")
    web.busy_count = busy_count
    send(PlannedNotice(channel=NoticeChannel.WEBHOOK, connection="office"))
    assert [line.partition('"office": ')[2].partition(" (Kinds")[0] for line in warnings[1:]] == wrong
    assert len(web.requests) == (1 if wrong else 2)


def test_servers_that_do_not_answer_are_waited_for_together_and_not_again_soon(
    web: WebServer, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline_lib.orchestration import notice_channels  # noqa: PLC0415 - after conftest's settings

    monkeypatch.setattr(notice_channels, "post_json", partial(post_json, seconds=2))
    monkeypatch.setattr(notice_channels, "MAIL_SECONDS", 2)
    monkeypatch.setenv("AIRFLOW_CONN_OFFICE", f"{web.url}/hook")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        extra = '{"from_email": "pipeline@example.org", "disable_ssl": true, "disable_tls": true}'
        mail = {"conn_type": "smtp", "host": host, "port": port, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_MAIL", json.dumps(mail))
        for name in ("FIRST", "SECOND"):
            monkeypatch.setenv(f"AIRFLOW_CONN_{name}", f"http://{host}:{port}/hook")
        ways = (
            PlannedNotice(channel=NoticeChannel.SMTP, connection="mail", to=("a@example.org",)),
            *(PlannedNotice(channel=NoticeChannel.WEBHOOK, connection=name) for name in ("first", "second", "office")),
        )
        began = monotonic()
        send(*ways)
        took = monotonic() - began
        began = monotonic()
        send(*ways)
        took_again = monotonic() - began
    assert len(web.requests) == 2
    of_first, of_second = warnings[1:4], warnings[5:]
    assert ["did not answer in time; check" in line for line in of_first] == [True] * 3
    assert ["did not answer shortly before, and is left alone" in line for line in of_second] == [True] * 3
    assert took < 4  # one after the other they would take six seconds
    assert took_again < 1


def test_what_comes_before_the_mail_counts_too(
    mails: MailServer, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline_lib.orchestration import notice_channels  # noqa: PLC0415 - after conftest's settings

    looked_up = Event()
    monkeypatch.setattr(notice_channels, "MAIL_SECONDS", 0.5)
    monkeypatch.setattr(notice_channels, "_connection", lambda _: looked_up.wait(10) and SimpleNamespace(extra=None))
    began = monotonic()
    send(PlannedNotice(channel=NoticeChannel.SMTP, connection="mail", to=("a@example.org",)))
    looked_up.set()
    assert monotonic() - began < 5
    assert "did not answer in time" in warnings[1]
    assert mails.mails == []


def test_a_failed_task_is_told_before_airflow_ends_its_process() -> None:
    from airflow.sdk.configuration import conf  # noqa: PLC0415 - after conftest's settings

    from pipeline_lib.orchestration.notice_channels import MAIL_SECONDS  # noqa: PLC0415

    assert max(SECONDS, MAIL_SECONDS) < conf.getfloat("core", "task_success_overtime")


def test_only_the_kinds_that_are_wanted_are_sent(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OFFICE", f"{web.url}/hook")
    send(PlannedNotice(channel=NoticeChannel.WEBHOOK, connection="office", kinds=(NoticeKind.MISSED,)))
    send(PlannedNotice(channel=NoticeChannel.WEBHOOK, connection="office", kinds=(NoticeKind.FAILURE,)))
    assert len(web.requests) == 1


@pytest.mark.parametrize(
    ("channel", "connection", "status", "wrong"),
    [
        ("webhook", None, 200, "there is none of this id; add it in Airflow"),
        ("webhook", {"conn_type": "http"}, 200, "has no address; write it as the connection's password"),
        ("webhook", {"conn_type": "http", "password": "URL/canary"}, 500, "the address answers 500; "),
        ("webhook", {"conn_type": "http", "password": "URL/canary"}, 302, "the address answers 302; "),
        (
            "slack",
            {"conn_type": "http", "password": "http://127.0.0.1:CLOSED/canary"},
            200,
            "its server refuses the connection; correct the host and the port",
        ),
        ("webhook", {"conn_type": "http", "password": "http://canary.invalid/"}, 200, "the name of its host"),
        (
            "webhook",
            {"conn_type": "http", "password": "http://127.0.0.1:SILENT/canary"},
            200,
            "did not answer in time; ",
        ),
        ("smtp", {"host": "canary.invalid", "extra": "SENDER"}, 200, "the name of its host is unknown"),
        ("smtp", {"host": "127.0.0.1", "port": "SILENT", "extra": "SENDER"}, 200, "did not answer in time; "),
        ("smtp", {"conn_type": "smtp", "host": "127.0.0.1"}, 200, 'has no sender; add {"from_email": '),
        ("smtp", {"host": "127.0.0.1", "port": "CLOSED", "extra": "SENDER"}, 200, "refuses the connection; correct"),
        ("smtp", {"conn_type": "smtp", "extra": "SENDER"}, 200, "refuses the mail; "),
        (
            "smtp",
            {"host": "127.0.0.1", "extra": '{"from_email": "a@b.c", "timeout": "soon"}'},
            200,
            "is not that of a server",
        ),
        (
            "webhook",
            {"conn_type": "http", "password": "https://127.0.0.1:OPEN/canary"},
            200,
            "does not speak TLS there; ",
        ),
        ("webhook", {"conn_type": "http", "password": "https://exa mple.org/canary"}, 200, "is not that of a server"),
        ("webhook", {"conn_type": "http", "host": "ftp://127.0.0.1/canary"}, 200, "is not that of a server"),
        ("slack", {"conn_type": "postgres", "host": "127.0.0.1", "port": "CLOSED"}, 200, "refuses the connection; "),
    ],
)
def test_what_cannot_be_sent_is_a_sentence_in_the_log_and_the_next_one_is_sent(
    web: WebServer,
    warnings: list[str],
    monkeypatch: pytest.MonkeyPatch,
    channel: str,
    connection: dict[str, Any] | None,
    status: int,
    wrong: str,
) -> None:
    from pipeline_lib.orchestration import notice_channels  # noqa: PLC0415 - after conftest's settings

    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = str(closed.getsockname()[1])
    monkeypatch.setenv("AIRFLOW_CONN_OFFICE", f"{web.url}/hook")
    monkeypatch.setattr(notice_channels, "post_json", partial(post_json, seconds=1))
    web.status = status
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the call, and says nothing
        if connection is not None:
            sender = '{"from_email": "pipeline@example.org", "disable_ssl": true, "timeout": 1, "retry_limit": 0}'
            written = json.dumps({"conn_type": "smtp"} | connection).replace("URL", web.url).replace('"SENDER"', sender)
            for word, number in (
                ("CLOSED", port),
                ("SILENT", str(silent.getsockname()[1])),
                ("OPEN", str(web.server_address[1])),
            ):
                written = written.replace(f'"{word}"', number).replace(word, number)
            monkeypatch.setenv("AIRFLOW_CONN_OTHER", written)
        send(
            PlannedNotice(channel=NoticeChannel(channel), connection="other", to=("a@example.org",)),
            PlannedNotice(channel=NoticeChannel.WEBHOOK, connection="office"),
        )
    assert f'The notice was not sent by {channel}: Airflow connection "other": ' in warnings[1]
    assert wrong in warnings[1]
    assert "canary" not in warnings[1]
    assert "/hook" in [path for path, _, _ in web.requests]


@pytest.mark.parametrize("channel", ["webhook", "smtp"])
def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(
    channel: str, warnings: list[str], monkeypatch: pytest.MonkeyPatch, own_certificate: Path
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own_certificate)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take_a_call() -> None:
            with suppress(OSError), server.accept()[0] as call:
                context.wrap_socket(call, server_side=True)

        taking = Thread(target=take_a_call)
        taking.start()
        port = server.getsockname()[1]
        connection: dict[str, Any] = {"conn_type": "http", "password": f"https://127.0.0.1:{port}/canary"}
        if channel == "smtp":
            extra = '{"from_email": "pipeline@example.org", "retry_limit": 0}'
            connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_OTHER", json.dumps(connection))
        send(PlannedNotice(channel=NoticeChannel(channel), connection="other", to=("a@example.org",)))
        taking.join()
    assert "the certificate of its server is not trusted here; correct the host, or have" in warnings[1]


@pytest.fixture
def own_certificate(tmp_path: Path) -> Path:
    """A key and a certificate that it has signed itself, in one file."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    signed = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + signed.public_bytes(Encoding.PEM)
    path = tmp_path / "own.pem"
    path.write_bytes(written)
    return path


@pytest.mark.parametrize(
    ("channel", "begins", "goes_on"),
    [
        ("webhook", b"HTTP/1.1 200 OK\r\n", b"X-More: is to come\r\n"),
        ("smtp", b"220-here\r\n", b"220-more is to come\r\n"),
    ],
)
def test_an_answer_that_never_ends_holds_nobody_up(
    warnings: list[str], monkeypatch: pytest.MonkeyPatch, channel: str, begins: bytes, goes_on: bytes
) -> None:
    from pipeline_lib.orchestration import notice_channels  # noqa: PLC0415 - after conftest's settings

    monkeypatch.setattr(notice_channels, "post_json", partial(post_json, seconds=1))
    monkeypatch.setattr(notice_channels, "MAIL_SECONDS", 1)
    told = Event()
    most_lines = 300  # a minute's, if nobody gives up
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer_for_ever() -> None:
            with suppress(OSError), server.accept()[0] as call:
                call.sendall(begins)
                for _ in range(most_lines):
                    if told.wait(0.2):
                        return
                    call.sendall(goes_on)

        answering = Thread(target=answer_for_ever)
        answering.start()
        host, port = server.getsockname()
        extra = {"from_email": "pipeline@example.org", "disable_ssl": True, "disable_tls": True, "retry_limit": 0}
        connection = {"conn_type": "smtp", "host": host, "port": port, "extra": json.dumps(extra)}
        address = f"http://{host}:{port}/hook"
        monkeypatch.setenv("AIRFLOW_CONN_OTHER", json.dumps(connection) if channel == "smtp" else address)
        send(PlannedNotice(channel=NoticeChannel(channel), connection="other", to=("a@example.org",)))
        assert answering.is_alive()
        told.set()
        answering.join()
    assert "did not answer in time; check whether it is up" in warnings[1]


NO_SUCH_COMMAND = 'has no STARTTLS or no login; add {"disable_tls": true} to its extra fields, or take the login out'


@pytest.mark.parametrize(
    ("login", "extra", "wrong"),
    [
        (None, {"disable_tls": False}, NO_SUCH_COMMAND),
        ("canary", {}, NO_SUCH_COMMAND),
        ("canary", {"auth_type": "oauth2"}, "lacks what a login by its auth_type needs; correct its fields"),
    ],
)
def test_what_a_mail_server_cannot_do_is_a_sentence_that_says_what_to_leave_out(
    mails: MailServer,
    warnings: list[str],
    monkeypatch: pytest.MonkeyPatch,
    login: str | None,
    extra: dict[str, Any],
    wrong: str,
) -> None:
    password = "canary" if login and not extra else None
    connection = json.loads(mails.connection(**extra)) | {"login": login, "password": password}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))
    send(PlannedNotice(channel=NoticeChannel.SMTP, connection="smtp_default", to=("a@example.org",)))
    assert wrong in warnings[1]
    assert "canary" not in warnings[1]


@pytest.mark.parametrize(
    ("command", "answer", "wrong"),
    [
        (b"RCPT", "550 no canary here", "takes mail for nobody in To; correct To in Notices"),
        (b"MAIL", "553 no canary here", "takes no mail from the sender; correct from_email"),
        (b"AUTH", "535 no canary here", "refuses the login or the password; correct them"),
    ],
)
def test_what_a_mail_server_refuses_is_a_sentence_without_its_words(
    mails: MailServer,
    warnings: list[str],
    monkeypatch: pytest.MonkeyPatch,
    command: bytes,
    answer: str,
    wrong: str,
) -> None:
    mails.answers = {b"EHLO": "250-here\r\n250 AUTH PLAIN", b"AUTH": "235 welcome"} | {command: answer}
    login = json.loads(mails.connection()) | {"login": "pipeline", "password": "canary"}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(login))
    send(PlannedNotice(channel=NoticeChannel.SMTP, connection="smtp_default", to=("canary@example.org",)))
    assert wrong in warnings[1]
    assert "canary" not in warnings[1]
    assert mails.mails == []
