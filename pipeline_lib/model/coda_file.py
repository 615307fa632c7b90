"""A file of Coda's messages, whatever gateways, editors and other programs have made of its bytes.

Half a surrogate pair and bytes that are not UTF-8 are read as U+FFFD, and NaN as null, as in Firestore's messages once
they are JSON: one such message must not cost those beside it. Gzip, a byte order mark and UTF-16 are understood, too.
"""

import json
import re
from codecs import BOM_UTF8
from collections import Counter
from typing import Any, NamedTuple

import orjson

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.input_files import unzipped
from pipeline_lib.model.lenient_json import repaired

_HASH = re.compile(r"[0-9a-f]{64}")
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
        DataError: It is no JSON list, for example because its end is missing.
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
    plain = unzipped(content, place)
    if content and not plain:
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
    """The value of JSON without any flaw, three times as fast; None for any other."""
    try:
        return orjson.loads(plain)
    except orjson.JSONDecodeError:
        return None


def _leniently(plain: bytes, place: str) -> tuple[Any, Any]:
    """What Python's own decoder makes of JSON, and the same mended."""
    # The problem is raised outside, so that it does not carry the decoder's exception, which holds the whole file.
    try:
        listed = json.loads(plain.decode("utf-8", "surrogateescape"), strict=False)
        return listed, repaired(listed, Counter())
    except json.JSONDecodeError as error:
        problem = Problem(f"{place}, line {error.lineno}, column {error.colno}", f"is not JSON: {error.msg}", _WHOLE)
    except ValueError:  # a number of thousands of digits
        problem = Problem(place, "holds a number that JSON does not have", _WHOLE)
    except RecursionError:
        problem = Problem(place, "is nested too deeply", _WHOLE)
    raise DataError(problem)
