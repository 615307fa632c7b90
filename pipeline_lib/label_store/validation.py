"""Coda's rules for a message and its labels (sources.md B.2 and B.4)."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeGuard

_TOO_GREAT = 2**63
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Rule(NamedTuple):
    key: str
    holds: Callable[[Any], bool]
    right: str
    required: bool = True


def _is_text(value: object) -> bool:
    # An unpaired surrogate has no UTF-8, and so no hash for a message's id.
    return isinstance(value, str) and value != "" and not _SURROGATE.search(value)


def _is_instant(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def is_whole_number(value: object) -> TypeGuard[int]:
    """Whether a value is a whole number that Firestore can hold."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _TOO_GREAT


def _is_proportion(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def _is_texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


_TEXT = "expected a non-empty string"
_INSTANT = "expected an ISO time with a zone, such as 2025-05-01T09:01:10Z"
_MESSAGE_RULES = (
    _Rule("MessageID", _is_text, _TEXT),
    _Rule("Text", _is_text, _TEXT),
    _Rule("CreationDateTimeUTC", _is_instant, _INSTANT),
    _Rule("Labels", lambda value: isinstance(value, list), "expected a list"),
    _Rule("SequenceNumber", is_whole_number, "expected a whole number", required=False),
    _Rule("LastUpdated", _is_instant, _INSTANT, required=False),
)
_LABEL_RULES = (
    _Rule("SchemeID", _is_text, _TEXT),
    _Rule("CodeID", _is_text, _TEXT),
    _Rule("DateTimeUTC", _is_instant, _INSTANT),
    _Rule("Checked", lambda value: isinstance(value, bool), "expected true or false", required=False),
    _Rule("Confidence", _is_proportion, "expected a number from 0 to 1", required=False),
    _Rule("LabelSet", is_whole_number, "expected a whole number", required=False),
    _Rule("Origin", lambda value: isinstance(value, dict), "expected an object", required=False),
)
_ORIGIN_RULES = (
    _Rule("OriginID", _is_text, _TEXT),
    _Rule("Name", _is_text, _TEXT),
    _Rule("OriginType", _is_text, _TEXT),
    _Rule("Metadata", _is_texts, "expected an object of strings", required=False),
)


def broken_rules(message: object) -> Iterator[tuple[str, str, str]]:
    """The rules that a message breaks, each as: the part of the message, what is wrong, what would be right."""
    yield from _object_problems(message, "", _MESSAGE_RULES)
    labels = message.get("Labels") if isinstance(message, dict) else None
    for index, label in enumerate(labels if isinstance(labels, list) else ()):
        path = f".Labels[{index}]"
        yield from _object_problems(label, path, _LABEL_RULES)
        origin = label.get("Origin") if isinstance(label, dict) else None
        if isinstance(origin, dict):
            yield from _object_problems(origin, f"{path}.Origin", _ORIGIN_RULES)


def _object_problems(value: object, path: str, rules: Sequence[_Rule]) -> Iterator[tuple[str, str, str]]:
    if not isinstance(value, dict):
        yield path, "is not an object", "expected one"
        return
    for rule in rules:
        item = value.get(rule.key)
        if item is None:
            if rule.required:
                yield f"{path}.{rule.key}", "is missing", rule.right
        elif not rule.holds(item):
            yield f"{path}.{rule.key}", "is not valid", rule.right
