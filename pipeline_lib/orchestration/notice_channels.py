"""Sends notices: always to the log, and by e-mail, Slack or a webhook through Airflow's connections."""
# ruff: noqa: PLC0415 - Airflow's parts take seconds to import, and most tasks have nothing to tell

import json
import logging
from collections.abc import Iterable, Mapping
from functools import partial
from html import escape
from http import HTTPStatus
from http.client import HTTPException
from smtplib import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
)
from socket import gaierror
from ssl import SSLCertVerificationError, SSLError
from time import monotonic
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError

from pipeline_lib.concurrency import call_within, map_concurrently
from pipeline_lib.delivery.notices import Notice, post_json
from pipeline_lib.model.notices import NoticeChannel
from pipeline_lib.orchestration.plan import PlannedNotice

logger = logging.getLogger(__name__)

MAIL_SECONDS = 15.0
"""How long a mail server may take in all; its connection's own limit is for each answer, which may come in pieces.

Airflow ends the process of a task 20 seconds after the task has failed, whatever it has told by then.
"""

_MOST_AT_ONCE = 8
_REST_SECONDS = 600.0
_SILENT_SINCE: dict[str | None, float] = {}
"""When this process gave up on a connection's server: whoever tells of 200 projects does not wait 200 times for it."""


def send(notice: Notice, ways: Iterable[PlannedNotice]) -> None:
    """Sends a notice; whatever prevents that is a warning in the log, and fails nothing else.

    Args:
        notice: What to tell.
        ways: How, if this kind is wanted there.
    """
    logger.warning("Notice (%s): %s", notice.kind.value, " | ".join(notice.text.splitlines()))
    wanted = [way for way in ways if notice.kind in way.kinds and way.channel is not NoticeChannel.LOG]
    # All at once: whoever waits for a server that is down must not have the others wait for it.
    reasons = map_concurrently(partial(_why_not, notice), wanted, limit=_MOST_AT_ONCE)
    for way, wrong in zip(wanted, reasons, strict=True):
        if wrong is not None:
            logger.warning(
                'The notice was not sent by %s: Airflow connection "%s": %s', way.channel.value, way.connection, wrong
            )


def _why_not(notice: Notice, way: PlannedNotice) -> str | None:
    """Sends a notice, and returns why that failed. Never the error's own words, which may quote a secret address."""
    since = _SILENT_SINCE.get(way.connection)
    if since is not None and monotonic() - since < _REST_SECONDS:
        return "its server did not answer shortly before, and is left alone for ten minutes; check whether it is up"
    try:
        _SENDERS[way.channel](notice, way)
    except _UnusableConnectionError as error:
        return str(error)
    except HTTPError as error:
        if error.code == HTTPStatus.TOO_MANY_REQUESTS:
            return "the address is told too much at once; have it take more, or tell it less (Kinds of Notices)"
        return f"the address answers {error.code}; correct the connection, or ask who runs the address"
    except Exception as error:  # noqa: BLE001 - a notice must never fail what it tells of
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, TimeoutError):
            _SILENT_SINCE[way.connection] = monotonic()
        known = (wrong for kind, wrong in _WRONG if isinstance(reason, kind))
        return next(known, f"{type(reason).__name__}; correct the connection, or see whether its server is there")
    return None


_WRONG: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (
        SMTPRecipientsRefused,
        "its server takes mail for nobody in To; correct To in Notices, or ask who runs the server",
    ),
    (SMTPSenderRefused, "its server takes no mail from the sender; correct from_email in its extra fields"),
    (
        SMTPNotSupportedError,
        'its server has no STARTTLS or no login; add {"disable_tls": true} to its extra fields, or take the login out',
    ),
    (SMTPAuthenticationError, "its server refuses the login or the password; correct them"),
    (gaierror, "the name of its host is unknown; correct the host"),
    (TimeoutError, "its server did not answer in time; check whether it is up, or correct the connection"),
    (
        SSLCertVerificationError,
        "the certificate of its server is not trusted here; correct the host, or have the certificate mended",
    ),
    (SSLError, "its server does not speak TLS there; correct the port, or the protocol"),
    (ConnectionError, "its server refuses the connection; correct the host and the port, or check whether it is up"),
    (SMTPException, "its server refuses the mail; check whether it is up, or ask who runs it"),
    ((HTTPException, ValueError), "its address is not that of a server of this kind; correct the connection"),
)
"""What errors mean, and what to do; the first that fits."""


class _UnusableConnectionError(Exception):
    """A connection that leads nowhere; the text says why, and what to do."""


def _mail(notice: Notice, way: PlannedNotice) -> None:
    # With its imports, which take seconds on a busy machine.
    call_within(MAIL_SECONDS, partial(_mail_in_its_own_time, notice, way))


def _mail_in_its_own_time(notice: Notice, way: PlannedNotice) -> None:
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier
    from airflow.sdk.exceptions import AirflowException

    extra = _fields(_connection(way.connection).extra)
    sender = extra.get("from_email")
    if not isinstance(sender, str) or not sender:
        raise _UnusableConnectionError('has no sender; add {"from_email": "pipeline@example.org"} to its extra fields')
    notifier = SmtpNotifier(
        to=list(way.to),
        from_email=sender,
        subject=notice.title,
        html_content=notice.html,
        smtp_conn_id=way.connection,
        auth_type=str(extra.get("auth_type") or "basic"),
    )
    try:
        notifier.notify({})  # not by calling the notifier: that would render the notice as a template
    except AirflowException:
        if notifier.auth_type != "basic":
            raise _UnusableConnectionError("lacks what a login by its auth_type needs; correct its fields") from None
        raise TimeoutError from None  # the provider's error after its last try, in place of SMTPServerDisconnected


def _to_slack(notice: Notice, way: PlannedNotice) -> None:
    address = _address(way.connection)
    # Slack's own connection type keeps the secret part of the address as the password.
    url = f"{address.url.rstrip('/')}/{address.secret.lstrip('/')}" if address.secret else address.url
    post_json(url, {"text": escape(notice.text, quote=False)})  # what Slack would take for links and mentions


def _to_webhook(notice: Notice, way: PlannedNotice) -> None:
    address = _address(way.connection)
    post_json(address.url, notice.document, address.secret)


_SENDERS: Mapping[NoticeChannel, Any] = MappingProxyType(
    {NoticeChannel.SMTP: _mail, NoticeChannel.SLACK: _to_slack, NoticeChannel.WEBHOOK: _to_webhook}
)


_HOSTS = MappingProxyType({"slackwebhook": "https://hooks.slack.com/services"})
"""Where connections of a type lead that name no host."""


class _Address(NamedTuple):
    url: str
    secret: str | None
    """The password, if that is not the address itself."""


def _address(connection_id: str | None) -> _Address:
    """The address in a connection: its password if that is a whole address, else its host with its other parts."""
    connection = _connection(connection_id)
    password, host = connection.password or "", connection.host or _HOSTS.get(connection.conn_type, "")
    if password.startswith(("https://", "http://")):
        return _Address(password, None)
    if not host:
        raise _UnusableConnectionError("has no address; write it as the connection's password, https:// and all")
    if "://" in host:
        return _Address(host, password or None)
    host = f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host  # a bare IPv6 address
    protocols = {"http", "https"}
    schema = (connection.schema or "").strip("/")
    protocol = next((part for part in (schema, connection.conn_type) if part in protocols), "https")
    port = f":{connection.port}" if connection.port else ""
    path = f"/{schema}" if schema not in protocols and schema else ""
    return _Address(f"{protocol}://{host}{port}{path}", password or None)


def _connection(connection_id: str | None) -> Any:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return Connection.get(connection_id or "")
    except AirflowNotFoundException:
        wrong = "there is none of this id; add it in Airflow (Admin, Connections), or correct the id in Notices"
    except PermissionError:
        wrong = "Airflow does not let this task read it; give its team access to it"
    raise _UnusableConnectionError(wrong)


def _fields(extra: str | None) -> dict[str, Any]:
    try:
        fields = json.loads(extra or "{}")
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}
