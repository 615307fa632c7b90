"""`gs://`: the objects of Google Cloud Storage; an object's version is its generation.

Every write is conditional on the generation that was seen, so a request whose answer was lost can be sent again; a
token in the object's metadata then tells whether it was this request that wrote the object. Data is checked against
CRC32C sums in both directions.
"""

import base64
import hashlib
import io
import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, Any, TypeVar
from uuid import uuid4

import google_crc32c
from google.api_core.exceptions import NotFound, PreconditionFailed
from google.auth.credentials import AnonymousCredentials, Credentials
from google.cloud.storage import Blob, Client
from google.cloud.storage.retry import DEFAULT_RETRY

from pipeline_lib.errors import ConfigError, Problem, RetriableSourceError
from pipeline_lib.google_credentials import CredentialsGiver, credentials_giver
from pipeline_lib.http_logs import hide_payloads, hide_queries
from pipeline_lib.input_files import open_input
from pipeline_lib.progress import track
from pipeline_lib.storage.base import Versioned
from pipeline_lib.storage.deadline import seconds_left
from pipeline_lib.storage.google_errors import FROM_GOOGLE, damaged, translated
from pipeline_lib.storage.upload_sessions import RememberedSession, SessionEndedError, SessionUpload

EMULATOR_SETTING = "STORAGE_EMULATOR_HOST"

_BUCKET_LOOKUPS_OFF = "DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA"
"""The client's only switch for it: otherwise, tracing or not, it looks up each bucket in a thread of its own."""

_TIMEOUT_SECONDS = 60
_RETRY_SECONDS = 120
_RETRY = DEFAULT_RETRY.with_timeout(_RETRY_SECONDS)
_CHUNK_BYTES = 32 * 2**20
"""Larger files go in pieces of this size, held in memory and sent again if the connection breaks. Each piece waits for
an answer."""
_ONE_REQUEST_BYTES = 8 * 2**20
"""Up to this size, the client too sends a file in one request."""

_PIECE_BYTES = 2**20

_SHA256 = "pipeline-sha256"
_WRITE = "pipeline-write"

AnswerT = TypeVar("AnswerT")


@dataclass(eq=False)
class GcsObjects:
    """Objects by path, `<bucket>/<name>`, and what is known of their buckets.

    Every method raises, naming the object's URI:
        ConfigError: There is no such bucket.
        FatalSourceError: Google refuses, as when the account lacks a role.
        RetriableSourceError: Google does not answer, or data was damaged in transit.
    """

    client: Client
    account: str
    """The account to give a role to, for error sentences."""
    _found_buckets: set[str] = field(default_factory=set, init=False, repr=False)
    """Buckets that have answered, so that none is looked up twice; threads may share it, and at worst look up again."""

    def version(self, path: str) -> str | None:
        """The object's generation; None where there is no object."""
        held = self._held(path)
        return str(held.generation) if held else None

    def read(self, path: str) -> Versioned | None:
        """The object and its generation; None where there is no object."""
        content = io.BytesIO()
        try:
            generation = self._download(path, content)
        except FileNotFoundError:
            return None
        return Versioned(content.getvalue(), generation)

    def put(self, path: str, content: bytes | Path, expected: str | None) -> bool:
        """Write the object if its generation is the expected one, and say whether it was."""
        if expected is not None and not expected.isdecimal():
            return False
        with io.BytesIO(content) if isinstance(content, bytes) else open_input(content) as stream:
            return self._upload(path, stream, int(expected or 0))

    def put_in_pieces(self, path: str, file: Path, session: RememberedSession) -> None:
        """Write a file if nothing has that name, going on where an earlier process broke off.

        A small one goes in one request, and the session is not used.
        """
        with open_input(file) as stream:
            size = stream.seek(0, io.SEEK_END)
            if size <= _ONE_REQUEST_BYTES:
                self._upload(path, stream, 0)
                return
            address = session.read()
            with suppress(PreconditionFailed):  # the caller checks whether it is this file that is there
                is_sent = address is not None and self._send(path, address, stream, size)
                if not is_sent and not self._send(path, self._begun(path, stream, session), stream, size, received=0):
                    wrong = "Google Cloud Storage has ended the upload before it was complete"
                    raise RetriableSourceError(Problem(f"gs://{path}", wrong, "try again"))

    def download(self, path: str, to: Path) -> None:
        """Copy the object to a local file; FileNotFoundError where there is no object."""
        with to.open("w+b") as opened:
            self._download(path, opened)

    def fingerprint(self, path: str) -> str | None:
        """The SHA-256 of the object's content, or `md5:` and the MD5 where somebody else uploaded it."""
        held = self._held(path)
        if held is None:
            return None
        if known := (held.metadata or {}).get(_SHA256):
            return str(known)
        if held.md5_hash:
            return f"md5:{base64.b64decode(held.md5_hash).hex()}"
        found = self.read(path)  # a composite object: Google has only a CRC32C of it
        return hashlib.sha256(found.content).hexdigest() if found else None

    def holds(self, path: str, file: Path) -> bool | None:
        """Whether the object is a local file, by its size and its CRC32C as Google has it; None: there is no object."""
        held = self._held(path)
        if held is None:
            return None
        with open_input(file) as stream:
            return bool(held.size == stream.seek(0, io.SEEK_END) and held.crc32c == _crc32c(stream))

    def found(self, folder: str) -> dict[str, datetime]:
        """The paths of all objects below a folder, and when they were written.

        The console's placeholders for empty folders do not count.
        """
        bucket, _, name = folder.partition("/")
        listing = partial(
            self.client.list_blobs,
            bucket,
            prefix=f"{name}/" if name else None,
            fields="items(bucket,name,updated),nextPageToken",
            **_limits(),
        )
        try:
            blobs = self._asked(folder, lambda: list(listing()))
        except FileNotFoundError:
            return {}
        return {f"{bucket}/{blob.name}": blob.updated for blob in blobs if not blob.name.endswith("/")}

    def remove(self, path: str) -> None:
        """Remove the object, if it is there."""
        with suppress(FileNotFoundError):
            self._asked(path, lambda: self._blob(path).delete(timeout=_TIMEOUT_SECONDS, retry=_RETRY))

    def _held(self, path: str) -> Blob | None:
        """What is known about the object; None where there is no object."""
        blob = self._blob(path)
        try:
            self._asked(path, lambda: blob.reload(**_limits()))
        except FileNotFoundError:
            return None
        return blob

    def _upload(self, path: str, stream: IO[bytes], generation: int) -> bool:
        """Writes the object if it has the generation (0: if there is none), and says whether it had."""
        write, crc32c = uuid4().hex, _crc32c(stream)
        blob = self._described(path, stream, write, crc32c)
        options = {
            "size": stream.seek(0, io.SEEK_END),
            "rewind": True,
            "if_generation_match": generation,
            "checksum": None,  # the client's own check would remove whatever object is there by then
            "timeout": _TIMEOUT_SECONDS,
            "retry": _RETRY,
        }
        try:
            self._asked(path, lambda: blob.upload_from_file(stream, **options))
        except PreconditionFailed:
            is_done = False
        else:
            is_done = True
        if not is_done:
            return self._is_written(path, write)
        if blob.crc32c != crc32c:
            with suppress(FileNotFoundError, PreconditionFailed):
                self._asked(path, lambda: blob.delete(if_generation_match=blob.generation, retry=_RETRY))
            raise damaged(f"gs://{path}")
        return True

    def _begun(self, path: str, stream: IO[bytes], session: RememberedSession) -> str:
        """Begins a session, remembers it, and returns its address."""
        blob, size = self._described(path, stream, uuid4().hex, _crc32c(stream)), stream.seek(0, io.SEEK_END)
        begin = partial(
            blob.create_resumable_upload_session,
            size=size,
            if_generation_match=0,
            checksum=None,
            timeout=_TIMEOUT_SECONDS,
            retry=_RETRY,
        )
        address = str(self._asked(path, begin))
        session.remember(address)
        return address

    def _send(self, path: str, address: str, stream: IO[bytes], size: int, received: int | None = None) -> bool:
        """Sends the rest of a file, and says whether the session lasted until all of it was there."""
        sending = SessionUpload(address, stream, size, _CHUNK_BYTES, _TIMEOUT_SECONDS, _RETRY, received)
        pieces = track(sending.pieces(), "pieces of an upload", total=-(-size // _CHUNK_BYTES))
        try:
            self._asked(path, lambda: deque(pieces, maxlen=0))
        except SessionEndedError:
            return False
        return True

    def _described(self, path: str, stream: IO[bytes], write: str, crc32c: str) -> Blob:
        """The object to write, with its checksum and metadata."""
        blob = self._blob(path, chunk_size=_CHUNK_BYTES)
        blob.crc32c = crc32c  # Google checks it before it creates the object
        blob.metadata = {_WRITE: write, _SHA256: _sha256(stream)}
        return blob

    def _is_written(self, path: str, write: str) -> bool:
        """Whether this write made the object that is there now, although its answer was lost and it was sent again."""
        held = self._held(path)
        return held is not None and (held.metadata or {}).get(_WRITE) == write

    def _download(self, path: str, to: IO[bytes]) -> str:
        """Writes the object to an empty file and says its generation; FileNotFoundError where there is no object."""
        blob = self._blob(path)
        self._asked(path, lambda: blob.download_to_file(to, checksum="crc32c", **_limits()))
        # The client does not check a download that broke off and was resumed. The checksum of an object that Google
        # keeps compressed is that of the compressed bytes, which only the client has seen.
        if blob.content_encoding != "gzip" and blob.crc32c != _crc32c(to):
            raise damaged(f"gs://{path}")
        return str(blob.generation)

    def _asked(self, path: str, ask: Callable[[], AnswerT]) -> AnswerT:
        """Google's answer; FileNotFoundError where there is no such object."""
        try:
            return ask()
        except FROM_GOOGLE as error:
            failure = translated(error, f"gs://{path}", self.account)
        if isinstance(failure, FileNotFoundError):
            self._check_bucket(path)
        raise failure  # raised here, so that Google's error is not its context

    def _check_bucket(self, path: str) -> None:
        """Tells a missing bucket from a missing object, which Google's answers do not."""
        bucket = path.partition("/")[0]
        if bucket in self._found_buckets:
            return
        try:
            next(iter(self.client.list_blobs(bucket, max_results=1, **_limits())), None)
        except NotFound:
            is_there = False
        except FROM_GOOGLE:
            return  # an account that may not list it gets that error where it matters
        else:
            is_there = True
            self._found_buckets.add(bucket)
        if not is_there:
            raise ConfigError(
                Problem(f"gs://{bucket}", "there is no such bucket", "correct the name, or make it first")
            )

    def _blob(self, path: str, **options: Any) -> Blob:
        bucket, _, name = path.partition("/")
        return self.client.bucket(bucket).blob(name, **options)


def _limits() -> dict[str, Any]:
    """How long to wait for an answer, and to try again, where something is read."""
    left = seconds_left(_RETRY_SECONDS)
    return {
        "timeout": min(left, _TIMEOUT_SECONDS),
        "retry": _RETRY if left == _RETRY_SECONDS else _RETRY.with_timeout(left),
    }


def gcs_objects(uri: str) -> GcsObjects:
    """The objects that the current credentials give access to; clients are made once in a process.

    Where `STORAGE_EMULATOR_HOST` is set, everybody has access to what is there.

    Args:
        uri: The URI that they are needed for; errors name it.

    Raises:
        ConfigError: There are no credentials.
    """
    try:
        return _gcs_objects(credentials_giver(), os.environ.get(EMULATOR_SETTING), os.getpid())
    except ConfigError as error:
        problems = [problem._replace(place=f"{uri}: {problem.place}") for problem in error.problems]
    raise ConfigError(*problems)


@lru_cache(maxsize=8)
def _gcs_objects(giver: CredentialsGiver, emulator: str | None, _process: int) -> GcsObjects:
    if not emulator:
        return connected(giver())
    anybody = AnonymousCredentials()  # type: ignore[no-untyped-call]
    return connected(anybody, emulator if "://" in emulator else f"http://{emulator}")


def connected(credentials: Credentials, url: str | None = None) -> GcsObjects:
    """The objects that credentials give access to, on Google's own servers or on those behind a URL.

    From then on in this process, nothing that Google's client sends or receives is logged (see `http_logs`), and the
    client no longer looks up buckets by itself.
    """
    hide_queries()  # whoever knows an upload's query can continue the upload
    hide_payloads()
    os.environ.setdefault(_BUCKET_LOOKUPS_OFF, "true")
    email = getattr(credentials, "service_account_email", None)
    return GcsObjects(
        client=Client(project=None, credentials=credentials, client_options={"api_endpoint": url}),
        account=f"the account {email}" if email else "this account",
    )


def _crc32c(stream: IO[bytes]) -> str:
    """The sum of the whole stream as Google writes it."""
    stream.seek(0)
    summed: Any = google_crc32c.Checksum()  # type: ignore[no-untyped-call]
    for piece in iter(partial(stream.read, _PIECE_BYTES), b""):
        summed.update(piece)
    return base64.b64encode(summed.digest()).decode()


def _sha256(stream: IO[bytes]) -> str:
    stream.seek(0)
    return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
