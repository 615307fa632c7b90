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
    "not_available",
    "impute",
    "impute_coding_errors",
    "consent",
    "fold",
)
"""As processing takes them; a step that has a further name, such as `impute age_category`, counts by its first word."""


class Part(NamedTuple):
    """An update, when in the order of steps it comes, and its keys."""

    order: int
    update: Update
    keys: tuple[str, ...]
    """Those that it sets or hides."""
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class Signature:
    """Who answers for a run, and the instant that all its updates bear."""

    user: str
    at: datetime

    def part(self, step: str, data: Mapping[str, Any]) -> Part:
        """What a step set."""
        hidden = tuple(key for key, value in data.items() if value == HIDDEN_VALUE)
        return Part(order_of(step), Update(encoded(data), _metadata(step, self.user, self._at)), tuple(data), hidden)

    def label(self, step: str, coding: Coding, code_id: str, *, checked: bool = False) -> dict[str, Any]:
        """The label that a step gave, in Coda's format."""
        return {
            "Checked": checked,
            "CodeID": code_id,
            "DateTimeUTC": self._at,
            "Origin": {"Name": "Pipeline", "OriginID": _versioned(step), "OriginType": "External"},
            "SchemeID": coding.code_scheme.scheme_id,
        }

    @cached_property
    def _at(self) -> str:
        return iso_utc_microseconds(self.at)


def in_order(parts: Iterable[Part]) -> list[Part]:
    """Parts as the steps came; those of one step stay in the order given."""
    return sorted(parts, key=lambda part: part.order)


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
