"""From a request to the server's answer: who asks, how often, and for what (sources.md A.2)."""

import hmac
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from sandbox.http_server import Answer
from sandbox.rapid_pro.api import ROOT, Api
from sandbox.rapid_pro.downloads import ROOT as DOWNLOADS_ROOT
from sandbox.rapid_pro.downloads import DownloadError
from sandbox.rapid_pro.faults import Throttle
from sandbox.rapid_pro.query import PARAMETERS, Query, QueryError

DOWNLOAD = "download"
"""What requests for archives' files count as, beside the endpoints."""

_SCOPES = {"contacts": "v2.contacts", "messages": "v2.messages", "runs": "v2.runs"}
_TOKEN_HEADER_PARTS = 2


class Target(NamedTuple):
    """What a request is for."""

    endpoint: str
    """Its name; `download`; empty for anything that the server does not have."""
    path: str
    query_string: str


def target_of(uri: str) -> Target:
    """The target that a request line names."""
    path, _, query_string = uri.partition("?")
    if path.startswith(DOWNLOADS_ROOT):
        return Target(DOWNLOAD, path, query_string)
    name = path.removeprefix(ROOT).removesuffix(".json")
    return Target(name if name in PARAMETERS and path == f"{ROOT}{name}.json" else "", path, query_string)


class Service:
    """The API and the archives' files, as one client after another asks for them."""

    def __init__(self, api: Api, token: str, throttle: Throttle | None) -> None:
        self._api, self._token, self._throttle = api, token, throttle

    def answer(self, method: str, target: Target, origin: str, authorizations: Sequence[str]) -> Answer:
        """What a request is answered, whatever is wrong with it.

        Args:
            method: In capitals.
            target: What it is for.
            origin: Scheme and host by which the client reaches this server.
            authorizations: Its `Authorization` headers.
        """
        if target.endpoint == DOWNLOAD:
            return self._download(target, authorizations)
        if target.path == ROOT:
            return Answer(200, b"<h1>RapidPro API v2</h1>", "text/html")
        if not target.endpoint:
            return Answer(404, b"<h1>Not Found</h1>", "text/html")
        refusal = self._refusal(method, target.endpoint, authorizations)
        if refusal is not None:
            return refusal
        headers = {"X-Temba-Workspace": self._api.database.workspace.uuid}
        try:
            body = self._api.answer(Query.of(target.endpoint, target.query_string), origin)
        except QueryError as error:
            return _error(error.status, str(error))
        return Answer(200, body, headers=headers)

    def _refusal(self, method: str, endpoint: str, authorizations: Sequence[str]) -> Answer | None:
        parts = authorizations[0].split() if len(authorizations) == 1 else []
        if not parts or parts[0].lower() != "token":
            return _error(403, "Authentication credentials were not provided.")
        if len(parts) != _TOKEN_HEADER_PARTS or not hmac.compare_digest(parts[1].encode(), self._token.encode()):
            return _error(403, "Invalid token")
        wait = self._throttle.seconds_to_wait(_SCOPES.get(endpoint, "v2")) if self._throttle else 0
        if wait:
            return throttled(wait)
        return None if method == "GET" else _error(405, f'Method "{method}" not allowed.')

    def _download(self, target: Target, authorizations: Sequence[str]) -> Answer:
        if authorizations:  # S3 takes one mechanism only, and the token is none of its business
            return _storage_error(400, "InvalidArgument")
        try:
            content = self._api.downloads.content(target.path, target.query_string, self._api.database)
        except DownloadError as error:
            return _storage_error(error.status, str(error))
        return Answer(200, content, "application/octet")


def throttled(retry_after: int | None) -> Answer:
    """What a client is told that asks too often."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    detail = f"Request was throttled. Expected available in {retry_after} seconds."
    return Answer(429, orjson.dumps({"detail": detail}), headers=headers)


def _error(status: int, detail: str) -> Answer:
    return Answer(status, orjson.dumps({"detail": detail}))


def _storage_error(status: int, code: str) -> Answer:
    return Answer(status, f"<Error><Code>{code}</Code></Error>".encode(), "application/xml")
