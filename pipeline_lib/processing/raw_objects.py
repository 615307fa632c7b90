"""What a line of raw data says: the items of a traced or of a flat JSON object (semantics.md 0)."""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import msgspec

from pipeline_lib.model.lenient_json import parse_as_python, repaired
from pipeline_lib.trace.history import HIDDEN_VALUE
from pipeline_lib.trace.reader import latest_items

Items = dict[str, Any]

_UNKNOWN_TO_STRUCTS = re.compile(r'["\\\x00-\x1f]')
"""Characters that a struct's field cannot have in its name; such keys need whole objects, which is slower."""


class UnusableLineError(ValueError):
    """A line is not an object; the message says why, without quoting the line."""


class IncompleteLineError(UnusableLineError):
    """A line is not complete JSON."""


def items_decoder(keys: Collection[str], repairs: Counter[str]) -> Callable[[bytes], Items]:
    """A function that decodes a line to those of `keys` that its object visibly has, or raises `UnusableLineError`.

    It skips everything else without making Python values of it: few of a run's many fields are read. Half a
    surrogate pair is read as U+FFFD, NaN and infinities as null; where they stand in one of `keys`, `repairs` counts
    them.
    """
    wanted = sorted(keys)
    names = {f"field_{number}": key for number, key in enumerate(wanted)}
    items_of: Callable[[Any], Items] = msgspec.to_builtins
    if _UNKNOWN_TO_STRUCTS.search("".join(wanted)):
        data: Any = dict[str, Any]
        items_of = partial(_of_keys, wanted)
    else:
        data = msgspec.defstruct("Data", [(name, Any, msgspec.UNSET) for name in names], rename=names, gc=False)
    nested = dict[str, msgspec.Raw] | None
    update: Any = msgspec.defstruct("Update", [("Data", data), ("NestedTracedData", nested, None)], gc=False)
    decode = msgspec.json.Decoder[Any](list[update] | data).decode

    def items(line: bytes | msgspec.Raw) -> Items:
        written = decode(line)
        return _visible(written, items, items_of) if isinstance(written, list) else items_of(written)

    def repaired_items(line: bytes) -> Items:
        written = parse_as_python(line)
        read = items(json.dumps(repaired(written, Counter()), ensure_ascii=False).encode())
        shown = latest_items(written)
        repaired({key: shown[key] for key in read}, repairs)
        return read

    def usable_items(line: bytes) -> Items:
        try:
            return items(line)
        except (ValueError, RecursionError):
            pass
        try:
            return repaired_items(line)
        except (msgspec.ValidationError, RecursionError):
            error = UnusableLineError("is neither a traced object nor a JSON object")
        except ValueError:
            error = IncompleteLineError("is no complete JSON")
        raise error

    return usable_items


def _of_keys(keys: Collection[str], written: Items) -> Items:
    return {key: written[key] for key in keys if key in written}


def _visible(
    history: list[Any], items_of_nested: Callable[[msgspec.Raw], Items], items_of: Callable[[Any], Items]
) -> Items:
    """The visible items of a traced object, whose updates stand newest first."""
    items: Items = {}
    for update in reversed(history):
        if update.NestedTracedData:
            for nested_history in update.NestedTracedData.values():
                items.update(items_of_nested(nested_history))
        data = items_of(update.Data)
        items.update(data)
        if HIDDEN_VALUE in data.values():
            for key in [key for key, value in data.items() if value == HIDDEN_VALUE]:
                del items[key]
    return items
