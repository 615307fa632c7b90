"""What the parameters of a request ask for (sources.md A.2 and A.3).

As on the real server, a date that cannot be parsed and a flow that does not exist find nothing, without an error. Where
a client's mistake would pass unseen there, this server refuses: an unknown parameter, one that is given twice, a cursor
of another query.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode
from uuid import UUID
from zlib import crc32

from sandbox.rapid_pro.listing import Cursor, Listing, RowT, Window

Test = Callable[[RowT], bool]

LARGEST_OFFSET = 100_000
"""A cursor never skips more rows of one instant, so that a listing with more of them never ends."""

_PAGED = frozenset({"cursor", "after", "before"})
PARAMETERS: Mapping[str, frozenset[str]] = {
    "archives": frozenset({"after", "archive_type", "before", "limit", "offset", "period", "type"}),
    "contacts": _PAGED | {"deleted", "group", "reverse", "urn", "uuid"},
    "flows": _PAGED | {"archived", "type", "uuid"},
    "messages": _PAGED | {"broadcast", "contact", "folder", "id", "label", "uuid"},
    "org": frozenset(),
    "runs": _PAGED | {"contact", "flow", "id", "paths", "responded", "reverse", "uuid"},
    "workspace": frozenset(),
}
"""What each endpoint may be asked, in any generation."""


class QueryError(Exception):
    """A request that the server does not answer; the text is for its client."""

    def __init__(self, detail: str, status: int = 400) -> None:
        self.status = status
        super().__init__(detail)


@dataclass(frozen=True)
class Query:
    """The parameters of one request to one endpoint."""

    endpoint: str
    parameters: Mapping[str, str]

    @classmethod
    def of(cls, endpoint: str, query_string: str) -> "Query":
        """A request's parameters, decoded.

        Raises:
            QueryError: One is unknown or stands there twice, or the query is not percent-encoded as it should be.
        """
        try:
            pairs = parse_qsl(query_string, keep_blank_values=True, strict_parsing=bool(query_string), errors="strict")
        except ValueError:
            raise QueryError("Malformed query string") from None
        parameters = dict(pairs)
        if len(parameters) < len(pairs):
            raise QueryError("A parameter is given twice")
        if unknown := sorted(parameters.keys() - PARAMETERS[endpoint]):
            raise QueryError(f"Unknown parameters: {', '.join(unknown)}")
        return cls(endpoint, parameters)

    def text(self, name: str) -> str | None:
        """A parameter; null when it is empty."""
        return self.parameters.get(name) or None

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Whether a parameter says yes."""
        return self.parameters.get(name, str(default)).lower() in {"true", "y", "yes", "1"}

    def uuid(self, name: str, *, refuses_malformed: bool = True) -> str | None:
        """A uuid in its usual spelling; QueryError if it is none, unless that is to be found out later."""
        given = self.parameters.get(name)
        if given is None or not (refuses_malformed or given):
            return None
        try:
            return str(UUID(given))
        except ValueError:
            if refuses_malformed:
                raise QueryError(f"Value for {name} must be a valid UUID") from None
            return given

    def integer(self, name: str) -> int | None:
        """A whole number; QueryError if it is none."""
        given = self.parameters.get(name)
        try:
            return None if given is None else int(given)
        except ValueError:
            raise QueryError(f"Value for {name} must be an integer") from None

    def natural_number(self, name: str) -> int | None:
        """A whole number from 0 on; null for anything else, which is then as if it were not given."""
        try:
            return number if (number := int(self.parameters.get(name, ""))) >= 0 else None
        except ValueError:
            return None

    def only_one_of(self, *names: str) -> None:
        """Refuse parameters that exclude one another."""
        if sum(bool(self.parameters.get(name)) for name in names) > 1:
            raise QueryError(f"You may only specify one of the {', '.join(names)} parameters")

    def window(self, listing: Listing[RowT], *tests: Test[RowT]) -> Window[RowT]:
        """The rows of a listing that are asked for, which stand the test if there are any."""
        try:
            after, before = (instant_of(self.text(name)) for name in ("after", "before"))
        except ValueError:
            return Listing[RowT]().window(None, None, oldest_first=True)
        window = listing.window(after, before, oldest_first=self.flag("reverse"))
        if not tests:
            return window
        span = slice(window.start, window.end)
        kept = [
            (key, row)
            for key, row in zip(listing.keys[span], listing.rows[span], strict=True)
            if all(test(row) for test in tests)
        ]
        left = Listing([key for key, _ in kept], [row for _, row in kept])
        return left.window(None, None, oldest_first=window.oldest_first)

    def cursor(self) -> Cursor:
        """Where the page begins; QueryError for what is no cursor of this very query."""
        encoded = self.parameters.get("cursor")
        if encoded is None:
            return Cursor()
        try:
            tokens = dict(parse_qsl(b64decode(encoded, validate=True).decode("ascii"), strict_parsing=True))
            position, offset = instant_of(tokens.get("p")), int(tokens.get("o", "0"))
            is_of_this = tokens["q"] == self._digest() and offset >= 0
        except (ValueError, KeyError, Base64Error):
            raise QueryError("Invalid cursor", 404) from None
        if not is_of_this:
            raise QueryError("Invalid cursor", 404)
        return Cursor(position, min(offset, LARGEST_OFFSET), tokens.get("r") == "1")

    def at(self, cursor: Cursor) -> str:
        """The same query string with another cursor."""
        tokens = {
            **({"o": cursor.offset} if cursor.offset else {}),
            **({"r": 1} if cursor.is_backward else {}),
            **({"p": str(cursor.position)} if cursor.position else {}),
            "q": self._digest(),
        }
        encoded = b64encode(urlencode(tokens).encode("ascii")).decode("ascii")
        return urlencode(sorted({**self.parameters, "cursor": encoded}.items()))

    def _digest(self) -> str:
        same = sorted(item for item in self.parameters.items() if item[0] != "cursor")
        return f"{crc32(urlencode([('endpoint', self.endpoint), *same]).encode()):08x}"


def instant_of(text: str | None) -> datetime | None:
    """The instant of a text in ISO 8601, in UTC if it names no zone; ValueError if it cannot be parsed."""
    if text is None:
        return None
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
