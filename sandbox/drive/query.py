r"""The search language of `files.list`: `name = 'it\\'s' and 'folder-id' in parents and trashed = false`."""

import re
from collections.abc import Callable

from sandbox.drive.model import Account, Item, Refusal
from sandbox.drive.store import Store

Matches = Callable[[Item], bool]

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<sign>!=|=|\(|\))|(?P<word>\w+))")


class _Reader:
    """Reads a query by recursive descent: `or`, then `and`, then `not`, brackets and single terms."""

    def __init__(self, query: str, store: Store, account: Account) -> None:
        self._store, self._account = store, account
        self._tokens = _tokens(query)

    def whole(self) -> Matches:
        found = self._either()
        if self._tokens:
            raise _invalid()
        return found

    def _either(self) -> Matches:
        found = self._both()
        while self._goes_on("or"):
            found = _or(found, self._both())
        return found

    def _both(self) -> Matches:
        found = self._one()
        while self._goes_on("and"):
            found = _and(found, self._one())
        return found

    def _one(self) -> Matches:
        if self._goes_on("not"):
            negated = self._one()
            return lambda item: not negated(item)
        if self._goes_on("("):
            found = self._either()
            self._take(")")
            return found
        return self._term()

    def _term(self) -> Matches:
        first = self._next()
        if first.startswith("'"):
            self._take("in")
            self._take("parents")
            wanted = _text(first)
            folder = self._account.root_id if wanted == "root" else wanted
            return lambda item: item.parent_id == folder
        if first == "sharedWithMe":
            is_asked = self._flag(first) if self._goes_on("=") else True
            return lambda item: (self._account.email in item.shares) == is_asked
        sign = self._next()
        if first == "trashed" and sign in {"=", "!="}:
            is_asked = self._flag(first) == (sign == "=")
            return lambda item: self._store.is_in_trash(item) == is_asked
        return _compared(first, sign, _text(self._next()))

    def _flag(self, _: str) -> bool:
        word = self._next()
        if word not in {"true", "false"}:
            raise _invalid()
        return word == "true"

    def _goes_on(self, word: str) -> bool:
        if self._tokens and self._tokens[0] == word:
            self._tokens.pop(0)
            return True
        return False

    def _take(self, word: str) -> None:
        if self._next() != word:
            raise _invalid()

    def _next(self) -> str:
        if not self._tokens:
            raise _invalid()
        return self._tokens.pop(0)


def parsed(query: str, store: Store, account: Account) -> Matches:
    """What tells whether an item is asked for; everything, for an empty query.

    Raises:
        Refusal: The query is none.
    """
    return _Reader(query, store, account).whole() if query.strip() else lambda _: True


def _compared(field: str, sign: str, wanted: str) -> Matches:
    match field, sign:
        case "name", "=":  # upper and lower case count as alike, so that a client has to look for itself
            return lambda item: item.name.casefold() == wanted.casefold()
        case "name", "contains":
            return lambda item: item.name.casefold().startswith(wanted.casefold())
        case "mimeType", "=":
            return lambda item: item.mime_type == wanted
        case "mimeType", "!=":
            return lambda item: item.mime_type != wanted
    raise _invalid()


def _tokens(query: str) -> list[str]:
    tokens, end = [], 0
    while query[end:].strip():
        match = _TOKEN.match(query, end)
        if match is None:
            raise _invalid()
        tokens.append(match[match.lastgroup or 0])
        end = match.end()
    return tokens


def _text(token: str) -> str:
    if not token.startswith("'"):
        raise _invalid()
    return re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL)


def _and(one: Matches, other: Matches) -> Matches:
    return lambda item: one(item) and other(item)


def _or(one: Matches, other: Matches) -> Matches:
    return lambda item: one(item) or other(item)


def _invalid() -> Refusal:
    return Refusal(400, "invalid", "Invalid Value")
