"""Coda's JSON, byte for byte as the predecessors wrote it.

That is Python's `json.dump(messages, f, sort_keys=True, indent=2, separators=(", ", ": "))`: a space after the comma at
each line's end, ASCII escapes, no newline at the end. Python's own encoder leaves its C code as soon as it indents; the
text composed here takes half the time.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from json.encoder import encode_basestring_ascii
from types import NoneType
from typing import Any, TypeAlias

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | float | bool | None"
"""What JSON can hold (an int passes as a float). Keys are strings."""

_SCALARS: dict[type, Callable[[Any], str]] = {
    str: encode_basestring_ascii,
    int: int.__repr__,
    bool: lambda value: "true" if value else "false",
    NoneType: lambda _: "null",
}


def dumps(value: Json) -> str:
    """The text of one JSON file.

    Raises:
        TypeError: JSON cannot hold a value or a key.
    """
    return _encoded(value, "\n")


def dumped(items: Iterable[Json]) -> Iterator[str]:
    """The text of one JSON file, piece by piece: together they are `dumps` of a list of the items."""
    before = "[\n  "
    for item in items:
        yield before + _encoded(item, "\n  ")
        before = ", \n  "
    yield "[]" if before.startswith("[") else "\n]"


def with_appended(content: bytes, messages: Sequence[Json]) -> bytes:
    """A file's JSON list with more objects at its end; the bytes of the objects before them do not change.

    `with_appended(dumps(some), more)` is `dumps(some + more)`.
    """
    if not messages:
        return content
    head, bracket, tail = content.rpartition(b"]")
    head = head.rstrip()
    comma = b"" if head.endswith(b"[") else b", "
    items = dumps(messages)[1:-1]
    return head + comma + items.encode("ascii") + bracket + tail


def _encoded(value: Any, newline: str) -> str:
    """The value's text; `newline` is the line break and the indentation of the line that the value starts on."""
    scalar = _SCALARS.get(type(value))
    if scalar:
        return scalar(value)
    inner = newline + "  "
    separator = ", " + inner
    if isinstance(value, dict):
        if not value:
            return "{}"
        # Most members are strings: the check here saves a call for each.
        members = [
            f"{encode_basestring_ascii(key)}: "
            + (encode_basestring_ascii(item) if type(item) is str else _encoded(item, inner))
            for key, item in sorted(value.items())
        ]
        return f"{{{inner}{separator.join(members)}{newline}}}"
    if isinstance(value, (list, tuple)):
        if not value:
            return "[]"
        return f"[{inner}{separator.join([_encoded(item, inner) for item in value])}{newline}]"
    return json.dumps(value)  # floats with their NaN and infinities, enums; refuses the rest
