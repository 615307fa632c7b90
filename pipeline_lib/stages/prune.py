"""Removes old runs as far as the config says; never the state, nor a run that anybody may still need."""

import logging
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pipeline_lib.config import KEPT_CONFIG, PipelineConfig, Project
from pipeline_lib.errors import ConfigError, DataError, Problem
from pipeline_lib.model.step_counts import step_counts
from pipeline_lib.stages.archive import ARCHIVES, DATA
from pipeline_lib.stages.newest_run import newest_noted
from pipeline_lib.stages.run_context import Run, task_report
from pipeline_lib.storage import Storage
from pipeline_lib.storage.manifest import RunManifest, TaskManifest, read_manifest

logger = logging.getLogger(__name__)

_RUNS = "runs"
_LAST_TASK = "prune"
_LONGEST_WORK = timedelta(days=3)
"""A run of which no task has ended for that long, or as long as the config gives a task, has failed or was given up."""


class Verdict(NamedTuple):
    """Whether a run is kept."""

    key: str
    kept: str
    """Why it is kept; empty if it is not."""


class _Known(NamedTuple):
    """What a run's manifest says."""

    key: str
    manifest: RunManifest

    def part(self, task: str) -> TaskManifest | None:
        """The report of its task of that name; None if the task did not end."""
        return next((part for part in self.manifest.tasks if part.task == task), None)

    @property
    def worked_on_at(self) -> datetime:
        return max(task.started_at for task in self.manifest.tasks)

    def has_read(self, folder: str) -> bool:
        """Whether its tasks have read files below a folder's URI."""
        return any(uri.startswith(f"{folder}/") for task in self.manifest.tasks for uri in task.inputs)


def prune(run: Run) -> list[str]:
    """The names of the runs that were removed.

    Args:
        run: The run that calls this; it stays.

    Raises:
        ConfigError: The config does not say which runs to keep.
        SourceError: The storage is unavailable.
    """
    with task_report(run, "prune") as report:
        verdicts = judge(run.project, run.storage, datetime.now(UTC), staying={run.key})
        gone = [verdict.key for verdict in verdicts if not verdict.kept]
        report.counts = step_counts("prune", {"runs_removed": len(gone), "runs_kept": len(verdicts) - len(gone)})
        remove_runs(run.storage, gone)
    return gone


def remove_runs(storage: Storage, keys: Iterable[str]) -> None:
    """Removes runs, each as a whole.

    Raises:
        SourceError: The storage is unavailable.
    """
    for key in keys:
        storage.remove(f"{_RUNS}/{key}")
        logger.info("removed: %s", storage.uri_of(f"{_RUNS}/{key}"))


def judge(project: Project, storage: Storage, now: datetime, staying: Collection[str] = ()) -> list[Verdict]:
    """What would become of every run, the one that was worked on last first; nothing is changed.

    Args:
        project: The project.
        storage: Its runs and its state.
        now: The time that days are counted back from. Even if a clock jumps ahead, the newest KeepRuns runs stay.
        staying: Runs that stay whatever the config says.

    Raises:
        ConfigError: The config does not say which runs to keep.
        SourceError: The storage is unavailable.
    """
    config = project.config
    if not config.prunes:
        right = "add KeepRuns or KeepRunsDays"
        raise ConfigError(Problem(project.path.name, "does not say which runs to keep, so all are kept", right))
    names = frozenset(storage.names(_RUNS))
    keys = sorted({name.split("/")[1] for name in names})
    known = [found for key in keys if (found := _known(storage, key)) is not None]
    known.sort(key=lambda each: (each.worked_on_at, each.key), reverse=True)
    unknown = sorted({*keys} - {each.key for each in known})
    reasons = {
        **{each.key: _asked(each, position, config, now) for position, each in enumerate(known)},
        **dict.fromkeys(unknown, "its manifest cannot be read, so nothing says how old it is"),
    }
    needed = {
        **dict(_waiting(known, storage, config)),
        **dict.fromkeys(filter(None, [newest_noted(storage)]), "it is the newest that publishes"),
        **dict.fromkeys(_newest_with_outputs(known), "it is the newest with outputs, or newer"),
        **dict.fromkeys(_perhaps_under_way(known, names, now - _longest_work(config)), "it may be under way"),
        **dict.fromkeys(staying, "it is under way"),
    }
    reasons |= {key: reason for key, reason in needed.items() if key in reasons}
    for each in known:
        if reasons[each.key]:
            read = [key for key in reasons if each.has_read(storage.uri_of(f"{_RUNS}/{key}"))]
            reasons |= {key: f"{each.key} was made from it" for key in read if not reasons[key]}
    return [Verdict(key, reason) for key, reason in reasons.items()]


def _asked(each: _Known, position: int, config: PipelineConfig, now: datetime) -> str:
    """Why the config keeps a run; a run that either setting keeps stays."""
    if config.keep_runs is not None and position < config.keep_runs:
        return f"it is among the newest {config.keep_runs}"
    if config.keep_runs_days is not None and each.worked_on_at > now - timedelta(days=config.keep_runs_days):
        return f"it is younger than {config.keep_runs_days} days"
    return ""


def _newest_with_outputs(newest_first: list[_Known]) -> list[str]:
    """The newest run with outputs, and those after it, which may be under way; all, if there is none."""
    found: list[str] = []
    for each in newest_first:
        found.append(each.key)
        if each.part("process"):
            return found
    return found


def _longest_work(config: PipelineConfig) -> timedelta:
    return max(_LONGEST_WORK, timedelta(hours=config.task_timeout_hours or 0))


def _perhaps_under_way(known: Iterable[_Known], names: Collection[str], after: datetime) -> Iterator[str]:
    """The runs that a DAG began, and whose last task has not ended since: in a backfill several are at work at once.

    Args:
        known: The runs.
        names: Of all files of runs.
        after: A run that was worked on before that is no longer under way.
    """
    for each in known:
        is_recent = each.worked_on_at > after
        last = max(each.manifest.tasks, key=lambda task: task.started_at)
        if is_recent and last.task != _LAST_TASK and f"{_RUNS}/{each.key}/{KEPT_CONFIG}" in names:
            yield each.key


def _waiting(known: list[_Known], storage: Storage, config: PipelineConfig) -> Iterator[tuple[str, str]]:
    """The runs whose outputs have not reached their archive bucket yet."""
    archives = storage.names(ARCHIVES)
    parts = [part for each in known if (part := each.part("upload_logs")) is not None]
    uploaded = frozenset(fingerprint for part in parts for fingerprint in part.artifacts.values())
    for each in known:
        if any(name.startswith(f"{ARCHIVES}/{DATA}-") and f"-{each.key}-" in name for name in archives):
            yield each.key, "its archive waits for its upload"
        if config.data_archive_upload_bucket is not None and each.part("process") and not _is_kept(each, uploaded):
            yield each.key, "no uploaded archive holds its outputs"


def _is_kept(each: _Known, uploaded: frozenset[str]) -> bool:
    """Whether a run's outputs are in an archive that is confirmed to be in its bucket.

    Fingerprints decide, since a clock that jumps back makes new outputs look older than the archive of earlier ones.
    For an archive without fingerprints, the time decides.
    """
    made, packed, sent = (each.part(task) for task in ("process", "archive", "upload_logs"))
    if made is None or packed is None:
        return False
    if packed.inputs and packed.artifacts:
        return packed.inputs == made.artifacts and uploaded.issuperset(packed.artifacts.values())
    return sent is not None and made.started_at < packed.started_at < sent.started_at


def _known(storage: Storage, key: str) -> _Known | None:
    try:
        manifest = read_manifest(storage, key)
    except DataError:
        return None
    return _Known(key, manifest) if manifest.tasks else None
