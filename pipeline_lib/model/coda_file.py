"""A file of Coda's messages, whatever gateways, editors and other programs have made of its bytes.

Half a surrogate pair and bytes that are no UTF-8 are read as U+FFFD, and NaN as null, as Firestore's messages are once
they are JSON: one such message must not cost those beside it. So gzip, a byte order mark and UTF-16 are understood.
"""

import gzip
import json
import math
import re
import zlib
from codecs import BOM_UTF8
from typing import Any, NamedTuple

import orjson

from pipeline_lib.errors import DataError, Problem

_GZIP = b"\x1f\x8b"
_HASH = re.compile(r"[0-9a-f]{64}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_WHOLE = "expected a list of Coda's messages, whole"


class CodaFile(NamedTuple):
    """What a file lists."""

    messages: list[Any]
    """In its order, whether they are messages or not."""
    mended: frozenset[int] = frozenset()
    """Indexes of those in which something was no text or no number, and has become U+FFFD or null."""


def read_coda_file(content: bytes, place: str) -> CodaFile:
    """The messages that a file lists; none where it is empty.

    Args:
        content: The file's.
        place: How errors name it.

    Raises:
        DataError: It is no JSON list, as where its end is missing.
    """
    plain = unpacked(content, place)
    if not plain.strip():
        return CodaFile([])
    listed = messages = _strictly(plain)
    if listed is None:
        listed, messages = _leniently(plain, place)
    if not isinstance(listed, list):
        raise DataError(Problem(place, "is not a list", _WHOLE))
    if messages is listed:
        return CodaFile(listed)
    pairs = enumerate(zip(listed, messages, strict=True))
    return CodaFile(messages, frozenset(index for index, (before, after) in pairs if before != after))


def unpacked(content: bytes, place: str) -> bytes:
    """A file's JSON in UTF-8, without gzip and byte order marks; bytes that are no UTF-8 stay.

    Raises:
        DataError: It is gzip without its end.
    """
    plain = content
    if content.startswith(_GZIP):
        try:
            plain = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            plain = b""
        if not plain:
            raise DataError(Problem(place, "is no whole gzip file", "copy it again"))
    encoding = json.detect_encoding(plain)
    if encoding not in {"utf-8", "utf-8-sig"}:
        return plain.decode(encoding, "replace").encode()
    return plain.removeprefix(BOM_UTF8)


def shown_message_id(message: object) -> str:
    """The id in brackets where it is a hash, as it ought to be: anything else could be a person's words."""
    message_id = message.get("MessageID") if isinstance(message, dict) else None
    return f" (MessageID {message_id})" if is_hash(message_id) else ""


def is_hash(message_id: object) -> bool:
    """Whether an id is a SHA-256 in hexadecimal."""
    return isinstance(message_id, str) and _HASH.fullmatch(message_id) is not None


def _strictly(plain: bytes) -> Any:
    """What JSON says in which everything is as it should be, three times as fast; else None."""
    try:
        return orjson.loads(plain)
    except orjson.JSONDecodeError:
        return None


def _leniently(plain: bytes, place: str) -> tuple[Any, Any]:
    """What Python's own decoder makes of JSON, and the same mended."""
    # The problem is raised outside, so that it does not carry the decoder's exception, which holds the whole file.
    try:
        listed = json.loads(plain.decode("utf-8", "surrogateescape"), strict=False)
        return listed, _mended(listed)
    except json.JSONDecodeError as error:
        problem = Problem(f"{place}, line {error.lineno}, column {error.colno}", f"is not JSON: {error.msg}", _WHOLE)
    except ValueError:  # a number of thousands of digits
        problem = Problem(place, "holds a number that JSON does not have", _WHOLE)
    except RecursionError:
        problem = Problem(place, "is nested too deeply", _WHOLE)
    raise DataError(problem)


def _mended(value: Any) -> Any:
    """A value of JSON with U+FFFD in the place of half a surrogate pair, and null in that of NaN and the infinities."""
    match value:
        case str():
            return _SURROGATE.sub("\ufffd", value)
        case float() if not math.isfinite(value):
            return None
        case list():
            return [_mended(item) for item in value]
        case dict():
            return {_mended(key): _mended(item) for key, item in value.items()}
    return value
