"""What the steps of a run counted: identifiers and facts for programs, and the same in words for people."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer


class Outcome(StrEnum):
    """What became of what was counted."""

    COUNTED = "counted"
    """Nothing: it is there."""
    DROPPED = "dropped"
    """A rule of the pipeline left it out."""
    QUARANTINED = "quarantined"
    """It could not be used, and was set aside."""
    MOVED = "moved"
    """It went to another dataset, the target."""
    MERGED = "merged"
    """It became a part of another answer to the same dataset."""


class StepCount(BaseModel):
    """How many there were of something, with the facts that apply. Never a text, an address or a name of a person."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    step: str
    """Which step counted: `move_wrong_scheme`."""
    measure: str
    """What is counted: `messages`, `requests`."""
    count: int
    outcome: Outcome = Outcome.COUNTED
    dataset: str | None = None
    """The dataset's name; of labels, its name in the label store."""
    target: str | None = None
    """The dataset that it moved to."""
    file: str | None = None
    """The file of raw data or of labels."""
    kind: str | None = None
    """Which kind of the measure: of requests the endpoint, of texts where they stood."""
    reason: str | None = None
    """Why it was dropped or set aside."""

    @model_serializer(mode="wrap")
    def _without_what_does_not_apply(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in serialize(self).items() if value is not None}


def step_counts(step: str, counts: Mapping[str, int], **facts: Any) -> tuple[StepCount, ...]:
    """A count for each measure of one step, all with the same facts."""
    return tuple(StepCount(step=step, measure=measure, count=count, **facts) for measure, count in counts.items())


def step_counts_by_kind(step: str, measure: str, counts: Mapping[str, int], **facts: Any) -> tuple[StepCount, ...]:
    """A count for each kind of one measure, in the order of the kinds' names."""
    kinds = sorted(counts.items())
    return tuple(StepCount(step=step, measure=measure, kind=kind, count=count, **facts) for kind, count in kinds)


def total(counts: Iterable[StepCount], **facts: Any) -> int:
    """The sum of those counts that have these facts."""
    return sum(each.count for each in counts if all(getattr(each, name) == value for name, value in facts.items()))


_BY_DATASET = frozenset({"messages_added"})
"""Measures that a person reads for each dataset."""


def in_words(counts: Iterable[StepCount]) -> dict[str, int]:
    """The counts as a person reads them, in their order, summed over datasets except where something moves to one.

    If several steps count the same thing one after the other, the last step's count is shown.
    """
    told: dict[str, int] = {}
    counted_by: dict[str, str] = {}
    for each in counts:
        words = _words(each)
        if each.outcome is Outcome.COUNTED and counted_by.get(words) != each.step:
            counted_by[words], told[words] = each.step, 0
        told[words] = told.get(words, 0) + each.count
    return told


def _words(counted: StepCount) -> str:
    target = f"to {counted.dataset}" if counted.measure in _BY_DATASET else None
    what = " ".join(filter(None, (_spaced(counted.measure), counted.kind, target)))
    match counted.outcome:
        case Outcome.DROPPED | Outcome.QUARANTINED if counted.reason is None:
            # From a manifest of version 1, where the measure says the reason, too.
            return f"{'dropped' if counted.outcome is Outcome.DROPPED else 'set aside'}: {what}"
        case Outcome.DROPPED:
            return f"{what} dropped: {_spaced(counted.reason or '')}"
        case Outcome.QUARANTINED:
            return f"{what} set aside, {counted.file or counted.dataset}: {counted.reason}"
        case Outcome.MOVED:
            return f"{what} moved from {counted.dataset} to {counted.target}"
        case Outcome.MERGED:
            return f"{what} merged with another to the same dataset"
        case _:
            of_file = f"{counted.file}: {what}" if counted.file else what
            return f"{what}, {counted.file or counted.dataset}: {counted.reason}" if counted.reason else of_file


def _spaced(identifier: str) -> str:
    return identifier.replace("_", " ")
