"""From updates to a line of traced data."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

HIDDEN_VALUE = "#HIDDEN-VALUE-44dce0a0-e79c-48cf-8d8e-ec59137ef0d0"
"""Stands in an update for a key that is gone from then on."""


class History(NamedTuple):
    """An object's updates as JSON, newest first, and the hash of the newest, which covers all."""

    text: str
    sha: str


class Update(NamedTuple):
    """Some keys set at once. Its parts are JSON already, since many objects share them."""

    data: str
    metadata: str
    nested: Mapping[str, History] = {}
    """Histories of other objects, whose keys become this object's."""


_ENCODER = json.JSONEncoder(sort_keys=True)  # json.dumps would make one for every call


def encoded(value: Any) -> str:
    """JSON in the form that is hashed: keys sorted, ASCII escapes, `, ` and `: `."""
    return _ENCODER.encode(value)


def metadata(source: str, user: str, timestamp: str) -> str:
    """Who set something, by which step, and when, as JSON."""
    return encoded({"Source": source, "Timestamp": timestamp, "User": user})


def history(updates: Iterable[Update]) -> History:
    """The history of updates given oldest first."""
    sha, texts = "", []
    for update in updates:
        sha = chained_sha(_hashed_data(update), sha)
        nested = ", ".join(f"{encoded(key)}: {other.text}" for key, other in sorted(update.nested.items()))
        past = f'"Metadata": {update.metadata}, "NestedTracedData": {{{nested}}}, "SHA": "{sha}"'
        texts.append(f'{{"Data": {update.data}, {past}}}')
    return History(f"[{', '.join(reversed(texts))}]", sha)


def chained_sha(data: str, previous_sha: str) -> str:
    """The hash of an update: of its data as JSON, nested histories by their hashes, and of all that came before."""
    return sha256(f'{{"data": {data}, "prev_sha": "{previous_sha}"}}'.encode()).hexdigest()


def _hashed_data(update: Update) -> str:
    if not update.nested:
        return update.data
    return encoded(json.loads(update.data) | {key: other.sha for key, other in update.nested.items()})
