"""A project's runs in brief: `state/run_history.json`, one small document that outlives the runs' folders.

The board of all projects reads it, and not the manifests of every run of every project.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from pipeline_lib.errors import DataError, StorageConflictError
from pipeline_lib.model.step_counts import Outcome, total
from pipeline_lib.storage.base import MissingArtifactError, Storage, Versioned
from pipeline_lib.storage.compare_and_swap import update_document
from pipeline_lib.storage.manifest import DatasetFacts, RunManifest, TaskManifest, read_manifest

HISTORY = "state/run_history.json"
MOST_RUNS = 100
"""Older ones are forgotten: a season's worth of nights."""
_MOST_REBUILT = 14
"""Of runs that were made before there was a history, so many are read."""

logger = logging.getLogger(__name__)


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class SourceSummary(_Document):
    """How fresh a source is."""

    name: str
    """Its name, as in Airflow."""
    newest_at: AwareDatetime | None
    """When the newest record of all its files was received, by its own time; null if none says."""


class RunSummary(_Document):
    """What one run gave, as far as it came."""

    key: str
    """Name of the run's folder."""
    as_of: AwareDatetime | None = None
    user: str = ""
    worked_on_at: AwareDatetime
    """When its newest task ended."""
    duration_seconds: float
    """Of all its tasks together."""
    peak_memory_bytes: int
    """Of the task that took the most."""
    tasks: tuple[str, ...]
    """The tasks that have succeeded."""
    message_count: int | None = None
    """Messages and answers that `process` left in, of all datasets; None where it has not succeeded."""
    participant_count: int | None = None
    not_reviewed: int | None = None
    """Messages and answers that wait for a coder."""
    oldest_unreviewed: AwareDatetime | None = None
    unreviewed_stops: int = 0
    """Stop words that no coder has labelled: their senders are left out until somebody does."""
    newest_message: AwareDatetime | None = None
    quarantined: int = 0
    """Records that were set aside."""
    sources: tuple[SourceSummary, ...] = ()
    """How fresh each source is; kept of the run alone that saw the newest time."""

    @property
    def seen_until(self) -> datetime:
        """The time until which the run saw the world."""
        return self.as_of or self.worked_on_at

    @property
    def has_outputs(self) -> bool:
        """Whether the run has made its tables."""
        return "process" in self.tasks


class _History(_Document):
    runs: tuple[RunSummary, ...] = ()


def summary_of(key: str, manifest: RunManifest) -> RunSummary:
    """A run in brief; its manifest has at least one task."""
    parts = manifest.tasks
    processed = next((part for part in parts if part.task == "process"), None)
    facts = processed.quality if processed else ()
    return RunSummary(
        key=key,
        as_of=next((part.as_of for part in parts if part.as_of is not None), None),
        user=parts[0].user,
        worked_on_at=max(map(ended_at, parts)),
        duration_seconds=round(sum(part.duration_seconds for part in parts), 3),
        peak_memory_bytes=max(part.peak_memory_bytes for part in parts),
        tasks=tuple(part.task for part in parts),
        message_count=_sum(facts, "messages") if processed else None,
        participant_count=_participants(processed) if processed else None,
        not_reviewed=_sum(facts, "not_reviewed") if processed else None,
        oldest_unreviewed=min(_times(facts, "oldest_unreviewed"), default=None),
        unreviewed_stops=_sum(processed.coding_progress, "unreviewed_stops") if processed else 0,
        newest_message=max(_times(facts, "newest_message"), default=None),
        quarantined=sum(total(part.counts, outcome=Outcome.QUARANTINED) for part in manifest.counting_tasks),
        sources=newest_of_sources(processed) if processed else (),
    )


def newest_of_sources(processed: TaskManifest) -> tuple[SourceSummary, ...]:
    """How fresh each source is, by what `process` has told of its files."""
    times: dict[str, list[datetime]] = {}
    for each in processed.newest_records:
        times.setdefault(each.source, []).extend([each.received_at] if each.received_at else [])
    return tuple(SourceSummary(name=name, newest_at=max(of_files, default=None)) for name, of_files in times.items())


def _with_sources_of_the_newest(runs: Sequence[RunSummary]) -> Iterator[RunSummary]:
    """The runs; only the one that saw the newest time keeps how fresh its sources are: the board reads all of it."""
    seen_until = max((run.seen_until for run in runs if run.sources), default=None)
    for run in runs:
        yield run if run.seen_until == seen_until else run.model_copy(update={"sources": ()})


def ended_at(part: TaskManifest) -> datetime:
    """When a task ended."""
    return part.started_at + timedelta(seconds=part.duration_seconds)


def note_run(storage: Storage, key: str, manifest: RunManifest) -> None:
    """Keep a run in brief, in place of what was known of it before.

    The run does not need it: that others wrote it during every try is a warning in the log.
    """

    def noted(before: Versioned | None) -> bytes:
        known = {run.key: run for run in _known(storage, before)} | {key: summary_of(key, manifest)}
        newest = sorted(known.values(), key=lambda run: run.worked_on_at)[-MOST_RUNS:]
        return _History(runs=tuple(_with_sources_of_the_newest(newest))).model_dump_json(indent=1).encode()

    try:
        update_document(storage, HISTORY, noted)
    except StorageConflictError as error:
        logger.warning("The history of runs does not have this task: %s", error)


def read_history(storage: Storage) -> tuple[RunSummary, ...]:
    """A project's runs in brief, the newest last; of a project without a history, what its newest manifests say.

    Raises:
        SourceError: The storage is unavailable.
    """
    return _known(storage, storage.read_versioned(HISTORY))


def _known(storage: Storage, found: Versioned | None) -> tuple[RunSummary, ...]:
    kept = _read(found)
    if kept is not None:
        return kept
    keys = sorted({name.split("/")[1] for name in storage.names("runs") if name.endswith("/manifest.json")})
    runs = [summary for key in keys[-_MOST_REBUILT:] if (summary := _from_manifest(storage, key))]
    return tuple(sorted(runs, key=lambda run: run.worked_on_at))


def _from_manifest(storage: Storage, key: str) -> RunSummary | None:
    try:
        manifest = read_manifest(storage, key)
    except (MissingArtifactError, DataError):
        return None
    return summary_of(key, manifest) if manifest.tasks else None


def _read(found: Versioned | None) -> tuple[RunSummary, ...] | None:
    return _parsed(found.content) if found is not None else None


@lru_cache(maxsize=256)  # of a hundred runs each, a quarter of a megabyte
def _parsed(content: bytes) -> tuple[RunSummary, ...] | None:
    """Most histories are as they were when the board read them last, and checking a hundred runs takes its time."""
    try:
        return _History.model_validate_json(content).runs
    except ValidationError:
        return None  # it is made anew of the manifests


def _sum(facts: Iterable[DatasetFacts], name: str) -> int:
    return sum(value for each in facts if isinstance(value := each.get(name), int))


def _times(facts: Iterable[DatasetFacts], name: str) -> list[datetime]:
    return [datetime.fromisoformat(value) for each in facts if isinstance(value := each.get(name), str)]


def _participants(part: TaskManifest) -> int:
    return total(part.counts, step="select", measure="participants", outcome=Outcome.COUNTED)
