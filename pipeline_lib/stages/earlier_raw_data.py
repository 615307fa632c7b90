"""The raw data of a source that a run is not to fetch: the newest that an earlier run has."""

import logging
import shutil
from collections.abc import Iterator

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.step_counts import Outcome, step_counts
from pipeline_lib.sources.targets import ENGAGEMENT_METRICS, QUARANTINE, RAW_DATA
from pipeline_lib.stages.fetch import uris_to_fetch
from pipeline_lib.stages.run_context import Run, task_report
from pipeline_lib.storage import Storage, located
from pipeline_lib.storage.manifest import TaskManifest, read_manifest

logger = logging.getLogger(__name__)

_RUNS = "runs"


def use_earlier_raw_data(run: Run, source_index: int, source: str) -> list[str]:
    """The URIs of one source's raw data files, copied from the run that was the last to fetch them.

    Args:
        run: The run.
        source_index: Which of the sources.
        source: Its name, for people.

    Raises:
        DataError: No run that is still there has fetched the source.
        SourceError: The storage is unavailable.
    """
    wanted = uris_to_fetch(run, source_index)
    files = [_below(run.key, uri) for uri in wanted]
    with task_report(run, f"fetch-{source_index}") as report:
        key, part = _newest(run, files, source)
        logger.warning(
            "Not fetched: the raw data of the run %s are used, of %s UTC; what has come since is not in this run",
            key,
            f"{part.started_at:%Y-%m-%d %H:%M}",
        )
        ours = {uri for uri in part.artifacts if _is_beside(_below(key, uri), files)}
        report.inputs = {uri: part.artifacts[uri] for uri in ours if part.artifacts[uri]}
        for uri in ours:
            _copy(run.storage, f"{_RUNS}/{key}/{_below(key, uri)}", f"{run.folder}/{_below(key, uri)}")
        report.outputs = {uri: part.outputs[_of(run, key, name)] for uri, name in zip(wanted, files, strict=True)}
        report.artifacts = {_of(run, run.key, _below(key, uri)): part.artifacts[uri] for uri in ours}
        set_aside = (count for count in part.counts if count.outcome is Outcome.QUARANTINED)
        report.counts = (*set_aside, *step_counts("fetch", {"files_of_an_earlier_fetch": len(files)}))
    return wanted


def _newest(run: Run, files: list[str], source: str) -> tuple[str, TaskManifest]:
    """The run that was the last to fetch all of the files, and its part that says so."""
    for key, part in sorted(_fetches(run, files), key=lambda found: found[1].started_at, reverse=True):
        storage = run.storage
        if all(storage.fingerprint(f"{_RUNS}/{key}/{name}") == part.artifacts[_of(run, key, name)] for name in files):
            return key, part
    right = "name it in the parameter sources, or leave that empty"
    raise DataError(Problem(source, "is not to be fetched, and no run that is still there has fetched it", right))


def _fetches(run: Run, files: list[str]) -> Iterator[tuple[str, TaskManifest]]:
    keys = sorted({name.split("/")[1] for name in run.storage.names(_RUNS)} - {run.key})
    for key in keys:
        uris = [_of(run, key, name) for name in files]
        try:
            parts = read_manifest(run.storage, key).tasks
        except DataError:
            continue  # of a run that did not begin, or that another version of this code made
        are_there = all(run.storage.exists(f"{_RUNS}/{key}/{name}") for name in files)
        for part in parts if are_there else ():
            if part.task.startswith("fetch-") and part.artifacts.keys() >= set(uris) <= part.outputs.keys():
                yield key, part


def _is_beside(name: str, files: list[str]) -> bool:
    """Whether a file of a fetch belongs to these files: is one, or what was set aside of one, or metrics."""
    folder, _, last = name.partition("/")
    return name in files or folder == ENGAGEMENT_METRICS or (folder == QUARANTINE and f"{RAW_DATA}/{last}" in files)


def _copy(storage: Storage, source: str, target: str) -> None:
    if storage.exists(source):
        with storage.local_file(source) as file, storage.publish_file(target) as path:
            shutil.copyfile(file, path)
    elif storage.exists(target):
        storage.remove(target)


def _of(run: Run, key: str, name: str) -> str:
    return run.storage.uri_of(f"{_RUNS}/{key}/{name}")


def _below(key: str, uri: str) -> str:
    """The name of a run's file within the run's folder."""
    return located(uri).name.rpartition(f"{_RUNS}/{key}/")[2]
