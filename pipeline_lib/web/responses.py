"""Responses with headers that keep a browser from doing more than showing them."""

import mimetypes
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline_lib.storage.deadline import deadline_in
from pipeline_lib.web.artifacts import Artifact

PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
"""For our own pages: nothing inline, nothing from elsewhere."""
FILE_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; font-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin allow-downloads"
)
"""For files of a run: no script ever runs, whatever somebody has written into one."""
_COMMON: Final = {
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}
_SHOWN = {".html": "text/html; charset=utf-8", ".png": "image/png", ".svg": "image/svg+xml", ".txt": "text/plain"}
"""The kinds of file that a browser may show; all others are downloads."""
_CHUNK_BYTES = 1 << 16
_PATIENCE_SECONDS = 10


class Hurried:
    """Has storages that are unavailable try again for seconds only: somebody waits for the page."""

    def __init__(self, app: ASGIApp) -> None:
        """Hurries an app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        with deadline_in(_PATIENCE_SECONDS):
            await self._app(scope, receive, send)


class Guarded:
    """Gives those headers to answers that the framework makes itself, such as redirects, and answers HEAD as GET."""

    def __init__(self, app: ASGIApp) -> None:
        """Guards an app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**_COMMON, "Content-Security-Policy": FILE_POLICY}.items():
                    headers.setdefault(name, value)
            await send(message)

        # The server sends no content in answer to what it knows as HEAD.
        is_head = scope["type"] == "http" and scope["method"] == "HEAD"
        await self._app({**scope, "method": "GET"} if is_head else scope, receive, send_guarded)


def html(content: str, status: int = 200) -> HTMLResponse:
    """One of our pages."""
    return HTMLResponse(content, status, headers={**_COMMON, "Content-Security-Policy": PAGE_POLICY})


def static(name: str, content: bytes) -> Response:
    """A style sheet or a script of our pages."""
    kind = mimetypes.guess_type(name)[0] or "text/plain"
    headers = {**_COMMON, "Cache-Control": "private, max-age=300", "Content-Security-Policy": FILE_POLICY}
    return Response(content, headers=headers, media_type=kind)


def file_of_run(artifact: Artifact, local: Path, held: ExitStack, *, is_download: bool) -> StreamingResponse:
    """A file of a run, as it is.

    Args:
        artifact: The file.
        local: Where it can be read.
        held: What keeps it there; closed when all is sent, or nobody listens any more.
        is_download: Whether to have it saved, where it might be shown.
    """
    suffix = local.suffix.lower()
    # HTML files other than the report are made by tools whose scripts would not run here, so they are downloads.
    may_be_shown = suffix in _SHOWN and (suffix != ".html" or not artifact.holds_texts)
    is_shown = may_be_shown and not is_download
    disposition = "inline" if is_shown else "attachment"
    headers = {
        **_COMMON,
        "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(artifact.path.rpartition('/')[2], safe='')}",
        "Content-Length": str(local.stat().st_size),
        "Content-Security-Policy": FILE_POLICY,
    }
    kind = _SHOWN[suffix] if is_shown else "application/octet-stream"
    return StreamingResponse(_chunks(local, held), headers=headers, media_type=kind)


def _chunks(local: Path, held: ExitStack) -> Iterator[bytes]:
    with held, local.open("rb") as opened:
        while chunk := opened.read(_CHUNK_BYTES):
            yield chunk
