"""Raw data files: JSON lines of traced or of flat objects (semantics.md 0 and 1)."""

import json
import re
from array import array
from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from pipeline_lib.processing.raw_lines import NO_CHECKS, Checks, RawLines, SetAside
from pipeline_lib.processing.raw_objects import Items
from pipeline_lib.processing.time_of_receipt import LATE, fields_by_time_of_receipt

IDENTITY = "participant"
"""Column of the frames that holds who a raw object is from."""

NULL_ANSWERS = "null_answers"
"""A participant's later objects with a null for an earlier answer; that answer stays."""


class RawFrames(NamedTuple):
    """What a raw data file holds."""

    frame: pl.DataFrame
    """What a run works with."""
    unseen: pl.DataFrame
    """The rest, with the same columns and a row per object that is not wholly in the frame: what was received too late,
    what somebody answered before they answered again, and the readable part of objects set aside. It is read only to
    find out who withdrew."""
    set_aside: tuple[SetAside, ...] = ()
    """Objects that cannot be used, in file order."""
    counts: tuple[tuple[str, int], ...] = ()
    """What was mended or passed over, by kind: `half_characters`, `nan_values`, `null_answers`."""
    object_count: int = 0
    """How many objects the file has, or its shard."""
    rows: pl.Series = pl.Series(dtype=pl.UInt32)
    """For each row of the frame, the index of its object in the file, from 0; of a participant's several, the first."""


def read_activations(
    path: Path, keys: Collection[str], identity_key: str, as_of: datetime | None, checks: Checks = NO_CHECKS
) -> RawFrames:
    """The objects of an activation file, or of the participants of a shard, in file order.

    Returns:
        One row per object: `participant`, then those of `keys` that any object has, as text; objects are JSON. Where
        anything was too late for `as_of`, there is a column `received later`.

    Raises:
        DataError: Too many lines are incomplete JSON, are not an object, name no participant or fail a check; or a
            line's participant is not a participant uuid.
    """
    wanted = {*keys, identity_key}
    lines = RawLines(path, identity_key, checks)
    read = list(lines.objects(wanted, as_of))
    unseen = [late for _, late in read if late]
    return _frames(lines, [items for items, _ in read], lines.rows, unseen, {*wanted, LATE})


def read_surveys(
    path: Path, keys: Collection[str], identity_key: str, as_of: datetime | None, checks: Checks = NO_CHECKS
) -> RawFrames:
    """The objects of a survey file, one per participant: later items replace earlier ones.

    A later null replaces an answer only for predecessors (Q3). Otherwise the answer stays until there is another one,
    with its time and whatever else a flow's result or a CSV's row says of it.

    Returns:
        One row per participant, in order of their first object; columns as of `read_activations`.

    Raises:
        DataError: As `read_activations`.
    """
    wanted = {*keys, identity_key}
    unseen: list[Items] = []
    lines = RawLines(path, identity_key, checks)
    objects: dict[str | None, list[Items]] = {}
    first_rows = array("I")
    for items, late in lines.objects(wanted, as_of):
        own = objects.setdefault(_text(items[identity_key], as_predecessor=checks.as_predecessor), [])
        if not own:
            first_rows.append(lines.rows[-1])
        own.append(items)
        unseen += [late] if late else []
    merged = [_together(own, wanted, lines) if len(own) > 1 else own[0] for own in objects.values()]
    unseen += [items for own in objects.values() if len(own) > 1 for items in own]
    return _frames(lines, merged, first_rows, unseen, wanted)


def _together(own: Iterable[Items], keys: Collection[str], lines: RawLines) -> Items:
    """A participant's objects, oldest first, merged into one."""
    answers: Items = {}
    for items in own:
        passed_over = set() if lines.checks.as_predecessor else _not_answered_again(answers, items, keys)
        if passed_over:
            lines.counts[NULL_ANSWERS] += 1
        answers |= {key: value for key, value in items.items() if key not in passed_over} if passed_over else items
    return answers


def _not_answered_again(answers: Items, items: Items, keys: Collection[str]) -> set[str]:
    """The keys whose nulls must not replace an earlier answer, with the keys beside them that describe that answer."""
    if None not in items.values():
        return set()
    null = {key for key, value in items.items() if value is None and answers.get(key) is not None}
    if not null:
        return set()
    said = {key for key, value in items.items() if value is not None and _ANSWER.fullmatch(key)}
    together = ((time, set(fields)) for time, fields in fields_by_time_of_receipt(keys).items())
    return null.union(*({time, *fields} for time, fields in together if fields & null and not fields & said))


_ANSWER = re.compile(r".+ \((?:Category|Value|Text)\) - .+|message(?: - .+)?|.+\.message", re.DOTALL)
"""Fields that hold an answer; its time and its ids are in fields beside it."""


def _frames(
    lines: RawLines, objects: list[Items], rows: "array[int]", unseen: list[Items], keys: Collection[str]
) -> RawFrames:
    counts = tuple((kind, count) for kind, count in sorted(lines.counts.items()) if count)
    all_unseen = _frame([*unseen, *lines.parts], {*keys, LATE}, lines)
    return RawFrames(
        frame=_frame(objects, keys, lines),
        unseen=all_unseen,
        set_aside=tuple(lines.set_aside),
        counts=counts,
        object_count=lines.object_count,
        rows=pl.Series(rows, dtype=pl.UInt32),
    )


def _frame(rows: list[Items], keys: Collection[str], lines: RawLines) -> pl.DataFrame:
    present = dict.fromkeys(key for row in rows for key in row)
    as_predecessor = lines.checks.as_predecessor
    columns = {key: _column(rows, key, as_predecessor=as_predecessor) for key in present if key in keys}
    identities = columns.pop(lines.identity_key, None)
    if identities is None:
        identities = pl.Series([None] * len(rows), dtype=pl.String)
    return pl.DataFrame({IDENTITY: identities, **columns})


def _column(rows: list[Items], key: str, *, as_predecessor: bool) -> pl.Series:
    values = [row.get(key) for row in rows]
    try:
        return pl.Series(values, dtype=pl.String, strict=True)
    except TypeError:
        return pl.Series(
            [_text(value, as_predecessor=as_predecessor) for value in values], dtype=pl.String, strict=True
        )


def _text(value: Any, *, as_predecessor: bool) -> str | None:
    """A value as a text; a whole number is written without a fraction, though some programs write `23.0` for 23."""
    if value is None or isinstance(value, str):
        return value
    is_whole = type(value) is float and value.is_integer() and abs(value) < _MOST_EXACT
    if type(value) is int or (is_whole and not as_predecessor):
        return str(int(value))
    return _AS_JSON(value)


_MOST_EXACT = 2.0**53
"""Above this, some whole numbers have no float of their own."""

_AS_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
