"""A summary of each of a project's runs: `state/run_history.json`, one small document that outlives the runs' folders.

The board over all projects reads it instead of the manifests of every run of every project.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from pipeline_lib.errors import DataError, StorageConflictError
from pipeline_lib.model.step_counts import Outcome, total
from pipeline_lib.storage.base import MissingArtifactError, Storage, Versioned
from pipeline_lib.storage.compare_and_swap import update_document
from pipeline_lib.storage.manifest import DatasetFacts, RunManifest, Seconds, TaskManifest, read_manifest

HISTORY = "state/run_history.json"
MOST_RUNS = 100
"""A season's worth of nights; older ones are dropped."""
_MOST_REBUILT = 14
"""Where there is no history yet, it is made from the manifests of so many of the newest runs."""

logger = logging.getLogger(__name__)


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class SourceSummary(_Document):
    """How fresh a source is."""

    name: str
    """Its name, as in Airflow."""
    newest_at: AwareDatetime | None
    """When its newest record was received, by the source's own time; null if no record says."""


class RunSummary(_Document):
    """What one run gave, as far as it got."""

    key: str
    """Name of the run's folder."""
    as_of: AwareDatetime | None = None
    user: str = ""
    worked_on_at: AwareDatetime
    """When its newest task ended."""
    duration_seconds: Seconds
    """All its tasks together."""
    peak_memory_bytes: int
    """That of the task that took the most."""
    tasks: tuple[str, ...]
    """The tasks that have succeeded."""
    message_count: int | None = None
    """Messages and answers that `process` kept, in all datasets; None where it has not succeeded."""
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
    """How fresh each source is; only in the run with the newest as-of time."""

    @property
    def seen_until(self) -> datetime:
        """The run's as-of time; if it had none, when its newest task ended."""
        return self.as_of or self.worked_on_at

    @property
    def has_outputs(self) -> bool:
        """Whether the run has made its tables."""
        return "process" in self.tasks


class _History(_Document):
    runs: tuple[RunSummary, ...] = ()


def summary_of(key: str, manifest: RunManifest) -> RunSummary:
    """The summary of a run whose manifest has at least one task."""
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
    """How fresh each source is, by what `process` recorded of its files."""
    times: dict[str, list[datetime]] = {}
    for each in processed.newest_records:
        times.setdefault(each.source, []).extend([each.received_at] if each.received_at else [])
    return tuple(SourceSummary(name=name, newest_at=max(of_files, default=None)) for name, of_files in times.items())


def _with_sources_of_the_newest(runs: Sequence[RunSummary]) -> Iterator[RunSummary]:
    """The runs; only that with the newest as-of time keeps its sources, since the board reads the whole document."""
    seen_until = max((run.seen_until for run in runs if run.sources), default=None)
    for run in runs:
        yield run if run.seen_until == seen_until else run.model_copy(update={"sources": ()})


def ended_at(part: TaskManifest) -> datetime:
    """When a task ended."""
    return part.started_at + timedelta(seconds=part.duration_seconds)


def note_run(storage: Storage, key: str, manifest: RunManifest) -> None:
    """Writes a run's summary, in place of an earlier one of the same run.

    The run itself does not need it: if others write the document during every try, that is a warning in the log.
    """

    def noted(before: Versioned | None) -> bytes:
        known = {run.key: run for run in _known(storage, before)} | {key: summary_of(key, manifest)}
        newest = sorted(known.values(), key=lambda run: run.worked_on_at)[-MOST_RUNS:]
        return _History(runs=tuple(_with_sources_of_the_newest(newest))).model_dump_json(indent=1).encode()

    try:
        update_document(storage, HISTORY, noted)
    except StorageConflictError as error:
        logger.warning("This task is missing from the history of runs: %s", error)


def read_history(storage: Storage) -> tuple[RunSummary, ...]:
    """The summaries of a project's runs, the newest last; without a history, those of its newest manifests.

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
    try:
        return _History.model_validate_json(found.content).runs if found is not None else None
    except ValidationError:
        return None  # it is made again from the manifests


def _sum(facts: Iterable[DatasetFacts], name: str) -> int:
    return sum(value for each in facts if isinstance(value := each.get(name), int))


def _times(facts: Iterable[DatasetFacts], name: str) -> list[datetime]:
    return [datetime.fromisoformat(value) for each in facts if isinstance(value := each.get(name), str)]


def _participants(part: TaskManifest) -> int:
    return total(part.counts, step="select", measure="participants", outcome=Outcome.COUNTED)
