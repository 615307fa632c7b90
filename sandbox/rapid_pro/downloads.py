"""The links to archives, which are signed and open to whoever has them, as S3's are, for a day."""

import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode

from sandbox.rapid_pro.archives import Archive
from sandbox.rapid_pro.database import Database

ROOT = "/archives/"
_DAY_SECONDS = 24 * 3600
_TIME_FORMAT = "%Y%m%dT%H%M%SZ"


class DownloadError(Exception):
    """A link that is not honoured; the text is S3's code for it."""

    def __init__(self, code: str, status: int) -> None:
        self.status = status
        super().__init__(code)


class Downloads:
    """Links to archives' files and what they lead to."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._secret = secrets.token_bytes()

    def url(self, origin: str, archive: Archive) -> str:
        """A link that works from now on, for a day."""
        path = f"{ROOT}{archive.name}"
        signed_at = datetime.fromtimestamp(self._clock(), UTC).strftime(_TIME_FORMAT)
        claims = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Date": signed_at, "X-Amz-Expires": str(_DAY_SECONDS)}
        return f"{origin}{path}?{urlencode(claims | {'X-Amz-Signature': self._signature(path, claims)})}"

    def content(self, path: str, query_string: str, database: Database) -> bytes:
        """The file that a link leads to.

        Raises:
            DownloadError: The signature is wrong, the link is too old, or there is another version by now.
        """
        claims = dict(parse_qsl(query_string))
        signature = claims.pop("X-Amz-Signature", "")
        if not hmac.compare_digest(signature.encode(), self._signature(path, claims).encode()):
            raise DownloadError("SignatureDoesNotMatch", 403)
        signed_at = datetime.strptime(claims["X-Amz-Date"], _TIME_FORMAT).replace(tzinfo=UTC)
        if self._clock() >= signed_at.timestamp() + int(claims["X-Amz-Expires"]):
            raise DownloadError("AccessDenied", 403)
        with database.lock:
            archive = next((item for item in database.archives.values() if f"{ROOT}{item.name}" == path), None)
        if archive is None:
            raise DownloadError("NoSuchKey", 404)
        return archive.content

    def _signature(self, path: str, claims: dict[str, str]) -> str:
        signed = f"{path}?{urlencode(sorted(claims.items()))}"
        return hmac.new(self._secret, signed.encode(), sha256).hexdigest()
