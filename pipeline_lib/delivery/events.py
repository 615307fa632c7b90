"""The events that a run reports while it is under way: its start, each stage, its end.

The operations dashboard reads the documents from Firestore, in `metrics/pipelines/pipeline_logs`. The predecessors'
documents had four fields, `pipeline_name`, `run_id`, `timestamp` and `event`, and the timestamp as their id, so that
two events in one microsecond became one. Events hold names, times and counts, never a text.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

RUN_START = "PipelineRunStart"
RUN_END = "PipelineRunEnd"
OF_TASKS: Mapping[str, str] = MappingProxyType(
    {
        "coda_pull": "CodaGet",
        "fetch": "FetchingRawData",
        "process": "GeneratingOutputs",
        "coda_push": "CodaAdd",
        "analyse": "GeneratingAutomatedAnalysisFiles",
        "archive": "BackingUpData",
        "upload": "UploadingAnalysisFiles",
        "upload_logs": "UploadingLogFiles",
    }
)
"""What a stage's events have always been called, by the task's name."""

_MOST_COUNTS = 200
_UNFIT_FOR_A_FIELD = re.compile(r"__.*__")


class State(StrEnum):
    """How far a run or a stage is."""

    START = "start"
    SUCCESS = "success"
    FAILURE = "failure"
    SKIP = "skip"


@dataclass(frozen=True)
class Event:
    """One event of a run. Its fields decide its id: reported again, it is the same document."""

    pipeline_name: str
    run_id: str
    timestamp: datetime
    name: str
    """As the dashboard spells it: `CodaGet`."""
    state: State
    task: str | None = None
    """The task whose stage it is; None for the run itself."""
    source: int | None = None
    """Which of a mapped task's instances, from 0."""
    attempt: int = 1
    """Which try of the task."""
    duration_seconds: float | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None
    """The kind of error that made it fail, never its text."""

    @property
    def id(self) -> str:
        """Name of its document: unique, and sorted by time."""
        parts = [self.pipeline_name, self.run_id, self.name, self.task, self.source, self.attempt, self.state]
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]
        return f"{_written(self.timestamp)}-{digest}"

    @property
    def document(self) -> dict[str, Any]:
        """The four fields that the dashboard has always read, and all others that are known."""
        told = {
            "pipeline_name": self.pipeline_name,
            "run_id": self.run_id,
            "timestamp": _written(self.timestamp),
            "event": self.name,
            "state": self.state.value,
            "task": self.task,
            "source": self.source,
            "try": self.attempt if self.task is not None else None,
            "duration_seconds": self.duration_seconds,
            "counts": _fit(self.counts) or None,
            "error": self.error,
        }
        return {key: value for key, value in told.items() if value is not None}


def name_of(task: str) -> str:
    """What a task's events are called; newer tasks give them their own name: `UploadLogs`."""
    return OF_TASKS.get(task) or "".join(word.capitalize() for word in task.split("_"))


def line_of(event: Event) -> str:
    """The event for a log: one line of JSON."""
    return json.dumps({"id": event.id, **event.document}, ensure_ascii=False)


def _written(moment: datetime) -> str:
    """Always with microseconds and in UTC, so that the texts sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _fit(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts that Firestore takes as a map."""
    fit = {name: count for name, count in counts.items() if name and not _UNFIT_FOR_A_FIELD.fullmatch(name)}
    return dict(list(fit.items())[:_MOST_COUNTS])
