"""Updates that many objects share: what one step set for one text, one participant, or everybody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any, NamedTuple

from pipeline_lib import __version__
from pipeline_lib.model.coding_plan import Coding
from pipeline_lib.model.times import iso_utc_microseconds
from pipeline_lib.trace.history import HIDDEN_VALUE, Update, encoded, metadata

_STEPS = (
    "fetch",
    "translate",
    "move_wrong_scheme",
    "auto_code",
    "manual_codes",
    "filter_noise",
    "derive_codes",
    "synchronise_reasons",
    "groups",
    "not_available",
    "impute",
    "impute_coding_errors",
    "consent",
    "fold",
)
"""In the order of processing; a step with a further name, such as `impute age_category`, goes by its first word."""


class Part(NamedTuple):
    """An update, its place in the order of steps, and its keys."""

    order: int
    update: Update
    keys: tuple[str, ...]
    """The keys that it sets or hides."""
    hidden: tuple[str, ...] = ()


class Label(NamedTuple):
    """A label in Coda's format: its code, and all of it as JSON, since many objects have the same."""

    code_id: str
    text: str


Value = Any
"""Of a key: a label, a list of labels, or anything that is JSON."""


@dataclass(frozen=True)
class Signature:
    """The person responsible for a run, and the time that all its updates are stamped with."""

    user: str
    at: datetime

    def part(self, step: str, data: Mapping[str, Value]) -> Part:
        """What a step set."""
        hidden = tuple(key for key, value in data.items() if value == HIDDEN_VALUE)
        texts = ", ".join(f"{_encoded_key(key)}: {_encoded(value)}" for key, value in sorted(data.items()))
        update = Update(f"{{{texts}}}", _metadata(step, self.user, self._at))
        return Part(order_of(step), update, tuple(data), hidden)

    def label(self, step: str, coding: Coding, code_id: str, *, checked: bool = False) -> Label:
        """The label that a step gave."""
        return _label(_versioned(step), self._at, coding.code_scheme.scheme_id, code_id, checked)

    @cached_property
    def _at(self) -> str:
        return iso_utc_microseconds(self.at)


def in_order(parts: Iterable[Part]) -> list[Part]:
    """Parts as the steps came; those of one step stay in the order given."""
    return sorted(parts, key=lambda part: part.order)


def label_of(written: Mapping[str, Any]) -> Label:
    """A label in Coda's format."""
    return Label(written["CodeID"], encoded(written))


@cache
def _label(origin: str, at: str, scheme_id: str, code_id: str, checked: bool) -> Label:  # noqa: FBT001 - a key of a cache
    return label_of(
        {
            "Checked": checked,
            "CodeID": code_id,
            "DateTimeUTC": at,
            "Origin": {"Name": "Pipeline", "OriginID": origin, "OriginType": "External"},
            "SchemeID": scheme_id,
        }
    )


def _encoded(value: Value) -> str:
    if isinstance(value, Label):
        return value.text
    if isinstance(value, list):
        return f"[{', '.join(map(_encoded, value))}]"
    return encoded(value)


_encoded_key = cache(encoded)


@cache
def order_of(step: str) -> int:
    """When in processing a step comes."""
    return _STEPS.index(step.partition(" ")[0])


@cache
def _metadata(step: str, user: str, at: str) -> str:
    return metadata(_versioned(step), user, at)


@cache
def _versioned(step: str) -> str:
    return f"{step} {__version__}"
