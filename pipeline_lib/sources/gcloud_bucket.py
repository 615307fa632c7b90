"""Files of a bucket: JSON lines, traced or flat, that another pipeline has already de-identified.

They are passed on byte for byte (semantics.md section 0), once every line has been read.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

import orjson

from pipeline_lib.errors import DataError
from pipeline_lib.progress import track
from pipeline_lib.sources.base import BadLine, Converted, SourceFile, problems_of

_IDENTITIES = frozenset({"avf_phone_id", "avf_facebook_id", "uid"})
"""Keys of participant uuids."""

_ADDRESSES = frozenset({"urn", "urns", "phone", "phone_number", "msisdn"})
"""Keys that hold addresses, whatever the value."""

_ADDRESS = re.compile(r"\s*(?:[a-z]+:.+|\+?[0-9][0-9 ()-]{5,})\s*", re.IGNORECASE)
"""A URN, such as `tel:` and what follows, or a number alone."""


class BucketFileConverter:
    """Checks a bucket's files; it changes nothing in them."""

    def settings(self, file: SourceFile) -> str:  # noqa: ARG002 - nothing but the content decides
        """Always the same: the content alone decides."""
        return "GCloudBucket"

    def convert(self, content: bytes, file: SourceFile) -> Converted:
        """The content as it is.

        Raises:
            DataError: Lines that are no complete JSON object or list of updates, or that hold an address.
        """
        line_count = 0
        bad_lines = []
        for line_count, line in enumerate(track(io.BytesIO(content), f"Checking {file.place}"), 1):
            reason = _fault(line)
            if reason:
                bad_lines.append(BadLine(line_count, reason))
        if bad_lines:
            raise DataError(*problems_of(bad_lines, file.place, noun="lines"))
        return Converted(content, line_count)


def _fault(line: bytes) -> str:
    try:
        written = orjson.loads(line)
    except orjson.JSONDecodeError:
        return "is not complete JSON"
    if not _is_record(written):
        return "is neither an object nor a traced object's list of updates"
    for key, value in _fields(written):
        if key.lower() in _ADDRESSES and value:
            return f'is not de-identified: it has the key "{key}"'
        if key in _IDENTITIES and isinstance(value, str) and _ADDRESS.fullmatch(value):
            return f'is not de-identified: "{key}" is an address'
    return ""


def _is_record(written: Any) -> bool:
    if isinstance(written, list):
        return bool(written) and all(map(_is_update, written))
    return isinstance(written, dict)


def _is_update(written: Any) -> bool:
    if not isinstance(written, dict) or not isinstance(written.get("Data"), dict):
        return False
    nested = written.get("NestedTracedData", {})
    return isinstance(nested, dict) and all(map(_is_record, nested.values()))


def _fields(written: Any) -> Iterator[tuple[str, Any]]:
    """Every key and value of a flat object, or of all updates of a traced one and of those nested in it."""
    if isinstance(written, dict):
        yield from written.items()
        return
    for update in written:
        yield from update["Data"].items()
        for nested in update.get("NestedTracedData", {}).values():
            yield from _fields(nested)
