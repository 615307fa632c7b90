"""Traced data as it was written until 2019: one JSON array of objects, each with its older updates nested in it.

The library that wrote these arrays (jsonpickle) decodes them by running what they say. Here they are read as plain JSON
and written as lines of today's form; nothing in them names code to us.
"""

import json
import re
from codecs import BOM_UTF8
from typing import Any

import msgspec

from pipeline_lib.errors import DataError, Problem

_OBJECT_KEYS = frozenset({"_data", "_metadata", "_prev", "_sha"})
_METADATA_KEYS = {"source": "Source", "timestamp": "Timestamp", "user": "User"}
_BEGINNING = re.compile(rb'\s*\[\s*(?:\]\s*\Z|\{\s*"(?:_data|_metadata|_prev|_sha|py/object)")')


def is_object_array(content: bytes) -> bool:
    """Whether a file's content, or its beginning, is such an array."""
    return _BEGINNING.match(content.removeprefix(BOM_UTF8)) is not None


def lines_of_array(content: bytes, place: str) -> bytes:
    """The objects of an array as lines of traced data, with the same updates, metadata and hashes.

    What is no traced object becomes a line as it stands, so that whoever reads the lines sets it aside.

    Raises:
        DataError: The content is no complete JSON array.
    """
    try:
        written = msgspec.json.decode(content.removeprefix(BOM_UTF8), type=list[msgspec.Raw])
    except (ValueError, RecursionError):
        raise DataError(Problem(place, "is no complete JSON array of traced objects", "copy all of it")) from None
    return b"".join(_line(bytes(each)) for each in written)


def _line(written: bytes) -> bytes:
    try:
        updates = _updates(json.loads(written))
    except (ValueError, RecursionError):
        return re.sub(rb"\s*\n\s*", b" ", written) + b"\n"  # a text has no line break of its own in JSON
    return (json.dumps(updates, sort_keys=True) + "\n").encode()


def _updates(written: Any) -> list[dict[str, Any]]:
    """An object's updates, newest first.

    Raises:
        ValueError: It is no traced object.
    """
    updates = []
    while written is not None:
        if not _is_object(written):
            raise ValueError("is no traced object")
        items = written["_data"]
        nested = {key: value for key, value in items.items() if _is_object(value)}
        update = {
            "Data": {key: value for key, value in items.items() if key not in nested and key != "py/object"},
            "NestedTracedData": {key: _updates(value) for key, value in nested.items()},
            "SHA": written["_sha"],
        }
        # An object that stands in a file twice is written once, then as a number that only the library resolves.
        metadata = written["_metadata"]
        if isinstance(metadata, dict) and metadata.keys() >= _METADATA_KEYS.keys():
            update["Metadata"] = {name: metadata[key] for key, name in _METADATA_KEYS.items()}
        updates.append(update)
        written = written["_prev"]
    return updates


def _is_object(written: Any) -> bool:
    return isinstance(written, dict) and written.keys() >= _OBJECT_KEYS and isinstance(written["_data"], dict)
