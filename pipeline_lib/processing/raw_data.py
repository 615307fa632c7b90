"""Raw data files: JSON lines of traced or of flat objects (semantics.md sections 0 and 1)."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.times import parse_instant

HIDDEN_VALUE = "#HIDDEN-VALUE-44dce0a0-e79c-48cf-8d8e-ec59137ef0d0"
"""What stands in a traced object's update for a key that is gone."""

IDENTITY = "participant"
"""Column of the frames that holds who a raw object is from."""

LATE = "received later"
"""Column that marks the objects of which something was received at the as-of instant or later."""

Items = dict[str, Any]


def read_activations(path: Path, keys: Collection[str], identity_key: str, as_of: datetime | None) -> pl.DataFrame:
    """The objects of an activation file, in file order.

    Returns:
        One row per object: `participant`, then those of `keys` that any object has, as text; objects are JSON. Where
        anything was too late for `as_of`, there is a column `received later`.

    Raises:
        DataError: A line is no complete JSON, no object, or from nobody.
    """
    wanted = {*keys, identity_key, LATE}
    items = [_only(wanted, object_items) for object_items in _read(path, as_of)]
    return _frame(path, items, identity_key)


def read_surveys(path: Path, keys: Collection[str], identity_key: str, as_of: datetime | None) -> pl.DataFrame:
    """The objects of a survey file, one per participant: later items replace earlier ones, even by null (Q3).

    Returns:
        One row per participant, in order of their first object; columns as of `read_activations`.

    Raises:
        DataError: As `read_activations`.
    """
    wanted = {*keys, identity_key}
    merged: dict[Any, Items] = {}
    for object_items in _read(path, as_of):
        kept = _only(wanted, object_items)
        merged.setdefault(kept.get(identity_key), {}).update(kept)
    return _frame(path, list(merged.values()), identity_key)


def _only(wanted: Collection[str], items: Items) -> Items:
    return {key: value for key, value in items.items() if key in wanted}


def _read(path: Path, as_of: datetime | None) -> Iterator[Items]:
    until = _answered_before(as_of) if as_of else None
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.isspace():
                continue
            items = _items(path, number, line)
            yield until(items) if until else items


def _items(path: Path, number: int, line: bytes) -> Items:
    try:
        written = orjson.loads(line)
        if isinstance(written, list):
            return _latest_items(written)
        if isinstance(written, dict):
            return written
    except orjson.JSONDecodeError:
        raise DataError(Problem(f"{path.name}: line {number}", "is no complete JSON", "fetch the file again")) from None
    except (KeyError, TypeError, AttributeError):
        pass
    raise DataError(Problem(f"{path.name}: line {number}", "is neither a traced object nor a JSON object"))


def _latest_items(history: list[Any]) -> Items:
    """The visible items of a traced object, whose updates stand newest first."""
    items: Items = {}
    for update in reversed(history):
        nested: Mapping[str, list[Any]] = update.get("NestedTracedData") or {}
        for nested_history in nested.values():
            items.update(_latest_items(nested_history))
        data = update["Data"]
        items.update(data)
        if HIDDEN_VALUE in data.values():
            for key in [key for key, value in data.items() if value == HIDDEN_VALUE]:
                del items[key]
    return items


def _answered_before(as_of: datetime) -> Callable[[Items], Items]:
    """Leaves out of an object what its source received at `as_of` or later, by the source's own time."""

    def keep(items: Items) -> Items:
        late = {
            field
            for key, value in items.items()
            if (received := _TIME_OF_RECEIPT.fullmatch(key)) and _is_late(value, as_of)
            for field in _fields_received_at(received)
        }
        if not late:
            return items
        return {key: value for key, value in items.items() if key not in late} | {LATE: "true"}

    return keep


_TIME_OF_RECEIPT = re.compile(
    r"(?P<result>.+) \(Time\) - (?P<flow>.+)|received_on(?P<csv> - .+)?|(?P<comments>.+)\.created_time"
)


def _fields_received_at(received: re.Match[str]) -> list[str]:
    """The fields that arrived together with the time whose key matched: of a flow's result, a CSV's row, a comment."""
    result, flow, csv, comments = received.group("result", "flow", "csv", "comments")
    if result:
        return [f"{result} ({part}) - {flow}" for part in ("Category", "Value", "Text", "Name", "Time", "Run ID")]
    if comments:
        return [f"{comments}.{part}" for part in ("message", "id", "created_time", "parent", "post")]
    return [f"{part}{csv or ''}" for part in ("message", "received_on", "run_id")]


def _is_late(value: Any, as_of: datetime) -> bool:
    try:
        return isinstance(value, str) and parse_instant(value) >= as_of
    except ValueError:
        return False


def _frame(path: Path, rows: list[Items], identity_key: str) -> pl.DataFrame:
    present: Iterable[str] = dict.fromkeys(key for row in rows for key in row)
    columns = {key: [_text(row.get(key)) for row in rows] for key in present}
    identities = columns.pop(identity_key, [None] * len(rows))
    if None in identities:
        count = identities.count(None)
        raise DataError(Problem(path.name, f'{count} of {len(rows)} objects have no "{identity_key}"'))
    return pl.DataFrame(
        {IDENTITY: identities, **columns}, schema=dict.fromkeys([IDENTITY, *columns], pl.String), strict=True
    )


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
