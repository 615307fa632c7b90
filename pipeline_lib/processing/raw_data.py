"""Raw data files: JSON lines of traced or of flat objects (semantics.md sections 0 and 1)."""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.input_files import data_file
from pipeline_lib.model.deidentified import is_participant
from pipeline_lib.model.times import parse_instant
from pipeline_lib.processing.raw_objects import Items, items_decoder, problem_of

IDENTITY = "participant"
"""Column of the frames that holds who a raw object is from."""

LATE = "received later"
"""Column that marks the objects of which something was received at the as-of instant or later."""

_SHOWN_LINES = 50


class Checks(NamedTuple):
    """What is checked of each object beside its JSON."""

    participants: bool = False
    """Whether it must be from a participant uuid: a prefix and a uuid, nothing else."""
    scalars: frozenset[str] = frozenset()
    """Fields in which no list and no object can stand."""


NO_CHECKS = Checks()


class RawFrames(NamedTuple):
    """What a raw data file holds."""

    frame: pl.DataFrame
    """What a run works with."""
    unseen: pl.DataFrame
    """What it does not, with the same columns, a row per object of which something is not in the frame: what was
    received too late, and what somebody answered before they answered again. It is read for one thing: who withdrew."""


def read_activations(
    path: Path, keys: Collection[str], identity_key: str, as_of: datetime | None, checks: Checks = NO_CHECKS
) -> RawFrames:
    """The objects of an activation file, in file order.

    Returns:
        One row per object: `participant`, then those of `keys` that any object has, as text; objects are JSON. Where
        anything was too late for `as_of`, there is a column `received later`.

    Raises:
        DataError: A line is no complete JSON, no object, from nobody, or fails a check.
    """
    wanted = {*keys, identity_key}
    read = list(_read(path, wanted, identity_key, as_of, checks))
    return RawFrames(
        _frame([items for items, _ in read], identity_key, {*wanted, LATE}),
        _frame([late for _, late in read if late], identity_key, {*wanted, LATE}),
    )


def read_surveys(
    path: Path, keys: Collection[str], identity_key: str, as_of: datetime | None, checks: Checks = NO_CHECKS
) -> RawFrames:
    """The objects of a survey file, one per participant: later items replace earlier ones, even by null (Q3).

    Returns:
        One row per participant, in order of their first object; columns as of `read_activations`.

    Raises:
        DataError: As `read_activations`.
    """
    wanted = {*keys, identity_key}
    unseen: list[Items] = []
    objects: dict[str | None, list[Items]] = {}
    for items, late in _read(path, wanted, identity_key, as_of, checks):
        objects.setdefault(_text(items.get(identity_key)), []).append(items)
        unseen += [late] if late else []
    merged = [{key: value for items in own for key, value in items.items()} for own in objects.values()]
    unseen += [items for own in objects.values() if len(own) > 1 for items in own]
    return RawFrames(_frame(merged, identity_key, wanted), _frame(unseen, identity_key, {*wanted, LATE}))


def _read(
    path: Path, keys: Collection[str], identity_key: str, as_of: datetime | None, checks: Checks
) -> Iterator[tuple[Items, Items]]:
    """The items of each object, of these keys and of those that say when they were received.

    What was received at `as_of` or later stands apart, with who it is from; mostly that is nothing.
    """
    fields_by_time = _fields_by_time_of_receipt(keys) if as_of else {}
    decoded = items_decoder({*keys, *fields_by_time})
    faults: list[tuple[int, str]] = []
    with data_file(path) as file:
        if file.read(len(BOM_UTF8)) != BOM_UTF8:
            file.seek(0)
        for number, line in enumerate(file, start=1):
            if line.isspace():
                continue
            try:
                items = decoded(line)
            except (ValueError, RecursionError) as error:
                raise problem_of(error, f"{path.name}: line {number}") from None
            faults += ((number, fault) for fault in _faults(items, identity_key, checks))
            seen = _answered_before(as_of, items, fields_by_time) if as_of else items
            late = {key: value for key, value in items.items() if key not in seen} if seen is not items else {}
            yield seen, {identity_key: items[identity_key], **late, LATE: "true"} if late else {}
    if faults:
        raise DataError(*(Problem(f"{path.name}: line {number}", fault) for number, fault in faults[:_SHOWN_LINES]))


def _faults(items: Items, identity_key: str, checks: Checks) -> list[str]:
    """What is wrong with an object, without any value."""
    faults = []
    if items.get(identity_key) in (None, ""):
        faults.append(f'has no "{identity_key}"')
    elif checks.participants and not is_participant(items[identity_key]):
        faults.append(f'is not de-identified: "{identity_key}" is no participant uuid')
    misplaced = (key for key, value in items.items() if isinstance(value, list | dict) and key in checks.scalars)
    return faults + [f'"{key}" is a list or an object in the place of a text' for key in sorted(misplaced)]


def received_before(items: Items, as_of: datetime | None) -> Items:
    """An object's items without those that its source received at `as_of` or later."""
    if as_of is None:
        return items
    kept = _answered_before(as_of, items, _fields_by_time_of_receipt(items.keys()))
    return {key: value for key, value in kept.items() if key != LATE}


def _answered_before(as_of: datetime, items: Items, fields_by_time: Mapping[str, Collection[str]]) -> Items:
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
    return set(_fields_by_time_of_receipt(keys))


def _fields_by_time_of_receipt(keys: Collection[str]) -> dict[str, list[str]]:
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


def _frame(rows: list[Items], identity_key: str, keys: Collection[str]) -> pl.DataFrame:
    present = dict.fromkeys(key for row in rows for key in row)
    columns = {key: _column(rows, key) for key in present if key in keys}
    identities = columns.pop(identity_key, pl.repeat(None, len(rows), dtype=pl.String, eager=True))
    return pl.DataFrame({IDENTITY: identities, **columns})


def _column(rows: list[Items], key: str) -> pl.Series:
    values = [row.get(key) for row in rows]
    try:
        return pl.Series(values, dtype=pl.String, strict=True)
    except TypeError:
        return pl.Series([_text(value) for value in values], dtype=pl.String, strict=True)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value) if type(value) is int else _AS_JSON(value)


_AS_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
