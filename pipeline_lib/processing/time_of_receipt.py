"""When raw data was received, by its source's own time: what came later than a run's as-of time is ignored."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pipeline_lib.model.times import parse_instant
from pipeline_lib.processing.raw_objects import Items

LATE = "received later"
"""Column that marks the objects with a part that was received at the as-of time or later."""


def received_before(items: Items, as_of: datetime | None) -> Items:
    """An object's items without those that its source received at `as_of` or later."""
    if as_of is None:
        return items
    kept = seen_before(as_of, items, fields_by_time_of_receipt(items.keys()))
    return {key: value for key, value in kept.items() if key != LATE}


def seen_before(as_of: datetime, items: Items, fields_by_time: Mapping[str, Collection[str]]) -> Items:
    """An object without what its source received at `as_of` or later, by the source's own time."""
    late_times = [key for key in items if key in fields_by_time and _is_late(items[key], as_of)]
    if not late_times:
        return items
    late = {field for key in late_times for field in fields_by_time[key]}
    return {key: value for key, value in items.items() if key not in late} | {LATE: "true"}


_RECEIVED_TOGETHER = (
    (re.compile(r"(.+) \((?:Category|Value|Text|Text Source|Name|Time|Run ID)\) - (.+)", re.DOTALL), r"\1 (Time) - \2"),
    (re.compile(r"(?:message|received_on|run_id)( - .+)?", re.DOTALL), r"received_on\1"),
    (re.compile(r"(.+)\.(?:message|id|created_time|parent|post)", re.DOTALL), r"\1.created_time"),
)
"""Fields of a flow's result, of a CSV's row and of a comment, and the field that says when it was received."""


def times_of_receipt(keys: Collection[str]) -> set[str]:
    """The fields that say when those among `keys` were received."""
    return set(fields_by_time_of_receipt(keys))


def fields_by_time_of_receipt(keys: Collection[str]) -> dict[str, list[str]]:
    """The fields among `keys`, by the field that says when they were received."""
    fields_by_time: dict[str, list[str]] = {}
    for key in keys:
        for pattern, time_of_receipt in _RECEIVED_TOGETHER:
            if together := pattern.fullmatch(key):
                fields_by_time.setdefault(together.expand(time_of_receipt), []).append(key)
    return fields_by_time


def _is_late(value: Any, as_of: datetime) -> bool:
    try:
        return datetime.fromisoformat(value) >= as_of
    except (TypeError, ValueError):  # no text, no offset, or a form that Python's own parser does not read
        return isinstance(value, str) and _is_late_in_another_form(value, as_of)


def _is_late_in_another_form(text: str, as_of: datetime) -> bool:
    try:
        return parse_instant(text) >= as_of
    except ValueError:
        return False
