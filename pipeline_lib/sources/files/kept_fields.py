"""The fields that are kept of another pipeline's file, and the values that each may have."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from pipeline_lib.model.deidentified import UUID_PATTERN, holds_address, is_participant
from pipeline_lib.model.times import parse_instant


class FieldKind(StrEnum):
    """The purpose of a field, which decides what values it may have."""

    PARTICIPANT = "participant"
    """A participant uuid, and nothing else."""
    TEXT = "text"
    """What a person wrote: any text; a number in it belongs to the person's own words."""
    TIME = "time"
    """A time, or a value without an address."""
    IDENTIFIER = "identifier"
    """A service's id of a run or a comment, or a value without an address."""
    OBJECT = "object"
    """A post, or the parent of a comment; it has ids of its own, and no address."""
    OTHER = "other"
    """Any value without an address."""


KeptFields: TypeAlias = Mapping[str, FieldKind]
"""The fields to keep, by name."""

_IDENTIFIER = re.compile(
    rf"[1-9][0-9]{{0,9}}|{UUID_PATTERN}|[0-9a-f]{{32,128}}|[0-9]{{16,25}}|[0-9]{{5,25}}_[0-9]{{5,25}}"
)
"""A run's number or uuid, a row's hash, a comment's number, or a page's and a comment's."""

_POST = re.compile("(?<![0-9+])[0-9]{13,25}(?:_[0-9]{5,25})?(?![0-9])", re.ASCII)
_MOST_RUNS = 10**10


class Fault(NamedTuple):
    """Why a field may not have a value, without quoting the value."""

    reason: str
    is_address: bool = True
    """Whether the value may hold somebody's address: then the file was not de-identified, and none of it is used."""


def fault_of(key: str, value: Any, kind: FieldKind) -> Fault | None:
    """Why a field may not have a value; None if it may."""
    if kind is FieldKind.PARTICIPANT:
        if value is None or value == "":
            return Fault(f'has no "{key}"', is_address=False)
        return None if is_participant(value) else Fault(f'is not de-identified: "{key}" is no participant uuid')
    if kind in {FieldKind.OTHER, FieldKind.OBJECT}:
        is_known = is_harmless_value(_without_ids(value) if kind is FieldKind.OBJECT else value)
        return None if is_known else Fault(f'is not de-identified: "{key}" holds an address')
    is_scalar = not isinstance(value, list | dict)
    if not (is_scalar and _is_of_kind(value, kind)) and not is_harmless_value(value):
        return Fault(f'is not de-identified: "{key}" is no {kind} and holds an address')
    wrong = f'"{key}" is a list or an object in the place of a {kind}'
    return None if is_scalar else Fault(wrong, is_address=False)


def _is_of_kind(value: Any, kind: FieldKind) -> bool:
    return kind is FieldKind.TEXT or (_is_time(value) if kind is FieldKind.TIME else is_identifier(value))


_RUN_OR_COMMENT = re.compile(r".+ \(Run ID\) - .+|run_id(?: - .+)?|.+\.id")


def is_harmless(key: str, value: Any) -> bool:
    """Whether a field that is known only by its name holds no address."""
    return is_harmless_value(value) or (_RUN_OR_COMMENT.fullmatch(key) is not None and is_identifier(value))


def is_harmless_value(value: Any) -> bool:
    """Whether a value is a time, or holds no address."""
    if isinstance(value, str):
        return _is_time(value) or _text_is_harmless(value)
    return not holds_address(value)


@lru_cache(maxsize=1 << 14)
def _text_is_harmless(text: str) -> bool:
    """Cached, since very many records have the same texts."""
    return not holds_address(text)


def is_identifier(value: Any) -> bool:
    """Whether a value is a service's id of a run or a comment, and not a phone number with its country code."""
    if isinstance(value, int):
        return 0 <= value < _MOST_RUNS
    return isinstance(value, str) and _IDENTIFIER.fullmatch(value) is not None


def _without_ids(value: Any) -> Any:
    """A post's parts without the ids of pages, posts and comments, which are longer than phone numbers."""
    if isinstance(value, dict):
        return {key: _without_ids(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_ids(inner) for inner in value]
    return _POST.sub("#", value) if isinstance(value, str) else value


def _is_time(value: Any) -> bool:
    try:
        parse_instant(value)
    except (TypeError, ValueError):
        return False
    return True
