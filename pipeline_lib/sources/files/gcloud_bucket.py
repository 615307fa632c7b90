"""Files of a bucket: JSON lines, traced or flat, that another pipeline has already de-identified.

A pipeline of before 2020 wrote an array of traced objects instead; each of its objects is read as a line.

Of each line the fields are kept that the pipeline reads or the config lists. A line with no other fields is passed on
byte for byte (semantics.md 0). An unusable line is set aside. The whole file is refused if a line holds an address,
since whoever made it has forgotten a step, or if it ends within a line.
"""

import io
import json
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from pipeline_lib.errors import DataError
from pipeline_lib.model.deidentified import holds_address
from pipeline_lib.model.lenient_json import NAN_VALUES, is_nested_too_deeply, repaired, whole_text
from pipeline_lib.progress import track
from pipeline_lib.sources.base import BadLine, Converted, SourceFile, problems_of
from pipeline_lib.sources.files.kept_fields import FieldKind, KeptFields, fault_of, is_harmless_value
from pipeline_lib.trace.history import HIDDEN_VALUE, History, Update, encoded, history
from pipeline_lib.trace.object_arrays import is_object_array, lines_of_array
from pipeline_lib.trace.reader import latest_items

PARTICIPANT_KEYS = frozenset({"avf_phone_id", "avf_facebook_id", "uid"})
"""Keys of participant uuids, whether the config maps them or not."""

_ADDRESSES = frozenset({"urn", "urns", "phone", "phone_number", "msisdn"})
"""Keys without a value in every de-identified file: if one has a value, somebody has forgotten a step."""

_UPDATE_KEYS = frozenset({"Data", "Metadata", "NestedTracedData", "SHA"})
_METADATA_KEYS = frozenset({"Source", "Timestamp", "User"})
_FIRST_RUN, _LAST_RUN = 1_400_000_000, 2_000_000_000
"""Seconds since 1970: from May 2014 to May 2033."""

_REVISION = 3
"""Increased whenever the same file and settings give another result."""


@dataclass(frozen=True)
class BucketFileConverter:
    """Checks a bucket's files, and leaves out the fields that are not needed."""

    fields: KeptFields
    """The fields to keep; those of participants are always kept."""

    def settings(self, file: SourceFile) -> str:  # noqa: ARG002 - the same for all files
        """The fields to keep, and their kinds."""
        return json.dumps({"converter": f"GCloudBucket {_REVISION}", "fields": dict(sorted(self.fields.items()))})

    def convert(self, content: bytes, file: SourceFile) -> Converted:
        """The content with the fields to keep; unusable lines are set aside, blank ones are ignored.

        Raises:
            DataError: Lines hold an address, or the content is cut off.
        """
        if is_object_array(content):
            content = lines_of_array(content, file.place)
        fields = {**self.fields, **dict.fromkeys(PARTICIPANT_KEYS, FieldKind.PARTICIPANT)}
        kept: list[bytes] = []
        unusable: list[BadLine] = []
        refused: list[BadLine] = []
        left_out, repairs = set[str](), Counter[str]()
        for number, line in enumerate(track(io.BytesIO(content), f"Checking {file.place}"), 1):
            record = line.removeprefix(BOM_UTF8)  # concatenated files have one in the middle, too
            if not record.strip():
                continue
            try:
                kept.append(_Line(fields, left_out, repairs).kept(record))
            except _AddressError as error:
                refused.append(BadLine(number, str(error)))
            except _IncompleteError as error:
                if line.endswith(b"\n"):
                    unusable.append(BadLine(number, str(error)))
                else:
                    refused.append(BadLine(number, f"{error}, and the file ends there: copy all of it"))
            except _BadLineError as error:
                unusable.append(BadLine(number, str(error)))
            except RecursionError:
                unusable.append(BadLine(number, "is nested too deeply"))
        if refused:
            raise DataError(*problems_of(refused, file.place, noun="lines"))
        return Converted(
            b"".join(kept),
            len(kept),
            tuple(unusable),
            left_out_count=len(left_out),
            nan_count=repairs[NAN_VALUES],
        )


class _BadLineError(ValueError):
    """A line cannot be used; the text is the reason, without any value."""


class _AddressError(_BadLineError):
    """A line may hold somebody's address."""


class _IncompleteError(_BadLineError):
    """A line is not JSON."""


class _Line:
    """One line being read."""

    def __init__(self, fields: KeptFields, left_out: set[str], repairs: Counter[str]) -> None:
        self._fields = fields
        self._left_out = left_out
        self._repairs = repairs
        self._is_whole = self._is_json = True

    def kept(self, line: bytes) -> bytes:
        """The line with the fields to keep; unchanged if these are all."""
        written, is_json = _parsed(line)
        self._is_json = self._is_whole = is_json
        if not _is_record(written):
            raise _BadLineError("is neither an object nor a traced object's list of updates")
        if isinstance(written, dict):
            kept = self._items(written)
            return line if self._is_whole else _flat_line(kept)
        told = self._updates(written)
        if self._is_whole:
            return line
        if all(_has_metadata(update) for update in told):
            return (_history(told).text + "\n").encode()
        return _flat_line(latest_items(told))

    def _updates(self, written: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [self._update(update) for update in written]

    def _update(self, update: dict[str, Any]) -> dict[str, Any]:
        self._is_whole &= update.keys() <= _UPDATE_KEYS and _is_hash(update.get("SHA"))
        kept: dict[str, Any] = {"Data": self._items(update["Data"])}
        if "Metadata" in update:
            kept["Metadata"] = self._metadata(update["Metadata"])
        nested = update.get("NestedTracedData") or {}
        if any(map(holds_address, nested)):
            raise _AddressError("is not de-identified: the name of a nested object holds an address")
        kept["NestedTracedData"] = {
            whole_text(name): self._updates(other if isinstance(other, list) else [{"Data": other}])
            for name, other in nested.items()
        }
        return kept

    def _metadata(self, written: Any) -> dict[str, Any]:
        if not isinstance(written, dict):
            raise _BadLineError("is neither an object nor a traced object's list of updates")
        kept = {key: repaired(value, Counter()) for key, value in written.items() if key in _METADATA_KEYS}
        self._is_whole &= len(kept) == len(written)
        # The user who ran a step may be named there by an e-mail address; that user is not a participant.
        texts = [value.replace("@", " ") for value in kept.values() if isinstance(value, str)]
        if len(texts) + _is_epoch_time(kept.get("Timestamp")) < len(kept) or not all(map(is_harmless_value, texts)):
            raise _AddressError("is not de-identified: its metadata hold an address")
        return kept

    def _items(self, written: Mapping[str, Any]) -> dict[str, Any]:
        kept = {}
        for key, value in written.items():
            kind = self._fields.get(key)
            if kind is not None:
                usable = value if self._is_json else repaired(value, self._repairs)
                if isinstance(usable, list | dict) and is_nested_too_deeply(usable):
                    raise _BadLineError(f'"{key}" is nested too deeply')
                fault = None if usable == HIDDEN_VALUE else fault_of(key, usable, kind)
                if fault:
                    raise (_AddressError if fault.is_address else _BadLineError)(fault.reason)
                kept[key] = usable
            elif key.lower() in _ADDRESSES and value:
                raise _AddressError(f'is not de-identified: it has the key "{key}"')
            else:
                self._is_whole = False
                self._left_out.add(key)
        return kept


def _parsed(line: bytes) -> tuple[Any, bool]:
    """A line's value, and whether the line is strict JSON, without half a character or NaN."""
    is_json = True
    try:
        orjson.loads(line)  # stricter than Python's own reader, which finds duplicate keys
    except orjson.JSONDecodeError:
        is_json = False
    try:
        return json.loads(line, object_pairs_hook=_object), is_json
    except _BadLineError:
        raise
    except ValueError:
        pass
    raise _IncompleteError("is not complete JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object without duplicate keys: only one of their values would be checked, but both would be passed on."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _BadLineError("has a key twice in one object")
    return made


def _is_hash(written: Any) -> bool:
    return written is None or (isinstance(written, str) and re.fullmatch("[0-9a-f]{64}|[0-9a-f]?", written) is not None)


def _is_epoch_time(written: Any) -> bool:
    """Whether a number is the time in seconds at which some program of ours ran; a phone number would be larger."""
    return isinstance(written, float) and _FIRST_RUN <= written < _LAST_RUN


def _is_record(written: Any) -> bool:
    if isinstance(written, list):
        return bool(written) and all(map(_is_update, written))
    return isinstance(written, dict)


def _is_update(written: Any) -> bool:
    if not isinstance(written, dict) or not isinstance(written.get("Data"), dict):
        return False
    nested = written.get("NestedTracedData", {})
    return isinstance(nested, dict) and all(map(_is_record, nested.values()))


def _has_metadata(update: dict[str, Any]) -> bool:
    nested = (inner for updates in update["NestedTracedData"].values() for inner in updates)
    return "Metadata" in update and all(map(_has_metadata, nested))


def _history(updates: list[dict[str, Any]]) -> History:
    """The history of updates given newest first, with new hashes, since fields were left out."""
    return history(
        Update(
            encoded(update["Data"]),
            encoded(update["Metadata"]),
            {name: _history(nested) for name, nested in update["NestedTracedData"].items()},
        )
        for update in reversed(updates)
    )


def _flat_line(items: Mapping[str, Any]) -> bytes:
    return json.dumps(items, ensure_ascii=False).encode() + b"\n"
