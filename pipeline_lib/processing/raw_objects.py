"""What a line of raw data says: the items of a traced or of a flat JSON object (semantics.md section 0)."""

from collections.abc import Callable, Collection
from typing import Any

import msgspec

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.trace.history import HIDDEN_VALUE

Items = dict[str, Any]


def items_decoder(keys: Collection[str]) -> Callable[[bytes], Items]:
    """A function from a line to those of `keys` that its object visibly has.

    It passes over everything else without making Python values of it: of a run's many fields few are read.
    """
    names = {f"field_{number}": key for number, key in enumerate(sorted(keys))}
    data = msgspec.defstruct("Data", [(name, Any, msgspec.UNSET) for name in names], rename=names, gc=False)
    nested = dict[str, msgspec.Raw] | None
    update: Any = msgspec.defstruct("Update", [("Data", data), ("NestedTracedData", nested, None)], gc=False)
    decode = msgspec.json.Decoder[Any](list[update] | data).decode

    def items(line: bytes | msgspec.Raw) -> Items:
        written = decode(line)
        return _visible(written, items) if isinstance(written, list) else msgspec.to_builtins(written)

    return items


def _visible(history: list[Any], items_of: Callable[[msgspec.Raw], Items]) -> Items:
    """The visible items of a traced object, whose updates stand newest first."""
    items: Items = {}
    for update in reversed(history):
        if update.NestedTracedData:
            for nested_history in update.NestedTracedData.values():
                items.update(items_of(nested_history))
        data = msgspec.to_builtins(update.Data)
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
