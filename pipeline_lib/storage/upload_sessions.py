"""Uploads in pieces that outlive the process: what Cloud Storage already has of a file is not sent again.

A session is begun once and has an address of its own (https://cloud.google.com/storage/docs/resumable-uploads). Anybody
who knows the address can continue the upload for a week: it is kept in the project's state, and never logged.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import IO

import requests
from google.api_core.exceptions import ServiceUnavailable, from_http_status
from google.api_core.retry import Retry

from pipeline_lib.errors import StorageConflictError
from pipeline_lib.storage.base import Located

_ENDED = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
"""Cloud Storage's answers to a request in a session that is over."""
_OF_NO_USE = _ENDED | {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
"""Its answers to a query for the state of a session that is of no more use; the error of a new session says why."""


class SessionEndedError(Exception):
    """Nothing more can be sent in this session: begin another one."""


@dataclass(frozen=True)
class RememberedSession:
    """The session of one file's upload to one place, in a document of the project's state."""

    document: Located
    uri: str
    """Where the file goes."""
    fingerprint: str
    """The file's SHA-256."""

    def read(self) -> str | None:
        """The session's address; None where none was begun for this file and this place."""
        stored = self.document.storage.read_versioned(self.document.name)
        if stored is not None:
            with suppress(TypeError, ValueError, KeyError):
                told = json.loads(stored.content)
                if (told["uri"], told["sha256"]) == (self.uri, self.fingerprint):
                    return str(told["session"])
        return None

    def remember(self, address: str) -> None:
        """Keep the address of a session that has begun; if somebody else stores another meanwhile, theirs stays."""
        storage, name = self.document
        content = json.dumps({"uri": self.uri, "sha256": self.fingerprint, "session": address}).encode()
        with suppress(StorageConflictError):
            storage.replace(name, content, expected=storage.read_versioned(name))


@dataclass
class SessionUpload:
    """Uploads a file piece by piece, from where an earlier process or the connection broke off."""

    address: str
    stream: IO[bytes]
    size: int
    piece_bytes: int
    """A multiple of 256 KiB."""
    timeout_seconds: float
    retry: Retry
    received: int | None = None
    """How much Cloud Storage has of it; None where it must be asked first."""
    _http: requests.Session = field(default_factory=requests.Session)

    def pieces(self) -> Iterator[int]:
        """Sends the file's pieces; after each, gives how much of the file is there.

        Raises:
            SessionEndedError: The session is no more.
            PreconditionFailed: At the end there is another object of that name.
            GoogleAPICallError: Cloud Storage refuses, or does not answer for long (then perhaps ConnectionError).
        """
        with self._http:
            while (received := self.retry(self._step)()) < self.size:
                yield received

    def _step(self) -> int:
        """Sends the next piece, after asking which one that is, if need be, and returns how much is there."""
        before = self._put(b"", f"bytes */{self.size}") if self.received is None else self.received
        if before == self.size:
            return before
        self.received = None  # whatever breaks now, the next try asks first
        self.stream.seek(before)
        piece = self.stream.read(self.piece_bytes)
        received = self._put(piece, f"bytes {before}-{before + len(piece) - 1}/{self.size}")
        if received <= before:
            raise ServiceUnavailable("nothing of a piece has come")  # type: ignore[no-untyped-call]
        self.received = received
        return received

    def _put(self, piece: bytes, content_range: str) -> int:
        """How much there is; all of it once the object is there."""
        headers = {"Content-Range": content_range, "Content-Type": "application/octet-stream"}
        answer = self._answer(piece, headers)
        if answer.status_code in {HTTPStatus.OK, HTTPStatus.CREATED}:
            return self.size
        if answer.status_code == HTTPStatus.PERMANENT_REDIRECT:  # in Google's words "resume incomplete"
            held = re.fullmatch(r"bytes=0-(\d+)", answer.headers.get("Range", ""))
            return int(held[1]) + 1 if held else 0
        if answer.status_code in (_ENDED if piece else _OF_NO_USE):
            raise SessionEndedError
        # Its text would quote the answer or the address, and the retry logs it.
        words = "crc32c" if "crc32c" in answer.text.casefold() else ""
        raise from_http_status(answer.status_code, words, response=answer)  # type: ignore[no-untyped-call]

    def _answer(self, piece: bytes, headers: dict[str, str]) -> requests.Response:
        """What Cloud Storage answers; ConnectionError, without the address, where it does not."""
        with suppress(requests.RequestException):
            return self._http.put(
                self.address, piece, headers=headers, timeout=self.timeout_seconds, allow_redirects=False
            )
        raise ConnectionError
