"""What a line of raw data says: the items of a traced or of a flat JSON object (semantics.md section 0)."""

import re
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import msgspec

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.trace.history import HIDDEN_VALUE

Items = dict[str, Any]

_UNKNOWN_TO_STRUCTS = re.compile(r'["\\\x00-\x1f]')
"""Signs that no field of a struct can have in its name, so that whole objects are made of the lines: slower."""


def items_decoder(keys: Collection[str]) -> Callable[[bytes], Items]:
    """A function from a line to those of `keys` that its object visibly has.

    It passes over everything else without making Python values of it: of a run's many fields few are read.
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

    return items


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


def problem_of(error: ValueError | RecursionError, place: str) -> DataError:
    """What to raise where a decoder has failed; it quotes nothing of the line."""
    if isinstance(error, msgspec.ValidationError | RecursionError):
        return DataError(Problem(place, "is neither a traced object nor a JSON object"))
    return DataError(Problem(place, "is no complete JSON", "fetch the file again"))
