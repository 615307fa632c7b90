"""What each planned task does when it runs: a thin call into `pipeline_lib.stages`.

Each function imports its stage itself: Airflow's DAG processor imports this module again and again, and would otherwise
import polars and all that uses it too. A parameter is named after the task whose artifact it takes.
"""
# ruff: noqa: PLC0415

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Never

from pipeline_lib.config.source_names import source_names
from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.shard import Shard
from pipeline_lib.orchestration.dag_run import (
    DagRun,
    accept_shrink_of,
    is_full_fetch,
    mode_of,
    publishes_if_newest,
    sources_of,
    user_of,
)
from pipeline_lib.orchestration.projects import ProjectFolder, read_usable

if TYPE_CHECKING:
    from pipeline_lib.stages.approval import Question
    from pipeline_lib.stages.run_context import Run

_LOG = logging.getLogger(__name__)


def coda_pull(folder: ProjectFolder, dag_run: DagRun) -> str:
    """The URI of the coded messages."""
    from pipeline_lib.stages.coda_pull import coda_pull as stage

    return stage(_opened(folder, dag_run))


def fetch(folder: ProjectFolder, dag_run: DagRun, source: str) -> list[str]:
    """The URIs of one source's raw data; `source` is its name in the plan.

    There are none if the source was added to the config after the run began.
    """
    run = _opened(folder, dag_run)
    names = source_names(run.project)
    if source not in names:
        _LOG.warning("Nothing is fetched: the config that this run began with has no source of this name")
        return []
    return _fetched(run, dag_run, names.index(source))


def _fetched(run: "Run", dag_run: DagRun, index: int) -> list[str]:
    """The URIs of one source's raw data: fetched now, or by an earlier run if the run's `sources` leave it out."""
    from pipeline_lib.stages.earlier_raw_data import use_earlier_raw_data
    from pipeline_lib.stages.fetch import fetch as stage

    names = source_names(run.project)
    if names[index] in sources_of(dag_run, names):
        return stage(run, index)
    return use_earlier_raw_data(run, index, names[index])


def process_shard(
    folder: ProjectFolder, dag_run: DagRun, fetch: Iterable[list[str]], coda_pull: str, shard: str
) -> str | None:
    """The URI of what was gathered of one shard of participants; `shard` is its name in the plan.

    None if the config has changed so that raw data is still missing: `process` then fetches that, and gathers all.
    """
    from pipeline_lib.stages.fetch import fetch_count, uris_to_fetch
    from pipeline_lib.stages.shards import process_shard as stage

    run = _opened(folder, dag_run, coda_pull)
    raw_data = [uri for index in range(fetch_count(run.project)) for uri in uris_to_fetch(run, index)]
    if not _uris(fetch).issuperset(raw_data):
        _LOG.warning("Nothing is gathered: the config has changed since this run began, and `process` does it all")
        return None
    return stage(run, raw_data, coda_pull, Shard.named(shard))


def process(
    folder: ProjectFolder,
    dag_run: DagRun,
    fetch: Iterable[list[str]],
    coda_pull: str,
    process_shard: Iterable[str | None] = (),
) -> str:
    """The URI of the outputs, from every source's raw data in config order.

    Airflow takes the task instances of a run from the DAG as it is now, and if a run is cleared with another number of
    shards, it runs some twice and others not at all. Those that are then missing are gathered here.
    """
    from pipeline_lib.stages.newest_run import note_processed
    from pipeline_lib.stages.process import process as stage
    from pipeline_lib.stages.shards import all_shards

    run = _opened(folder, dag_run, coda_pull)
    raw_data = list(_raw_data(run, dag_run, _uris(fetch)))
    shards = all_shards(run, raw_data, coda_pull, frozenset(uri for uri in process_shard if uri is not None))
    outputs = stage(run, raw_data, coda_pull, mode_of(dag_run), shards)
    if publishes_if_newest(dag_run):
        note_processed(run)
    return outputs


def analyse(folder: ProjectFolder, dag_run: DagRun, process: str) -> str:
    """The URI of the analysis."""
    from pipeline_lib.stages.analysis import analyse as stage

    return stage(_opened(folder, dag_run, process), process)


def coda_push(folder: ProjectFolder, dag_run: DagRun, process: str) -> dict[str, int]:
    """How many messages were added to the label store, by dataset."""
    from pipeline_lib.stages.coda_push import coda_push as stage

    return stage(_opened(folder, dag_run, process), process)


def newer_processed(folder: ProjectFolder, dag_run: DagRun, process: str) -> str | None:
    """The newer run that has been processed and publishes; None where this one is the newest."""
    from pipeline_lib.stages.newest_run import newer_processed as stage

    return stage(_opened(folder, dag_run, process))


def approve(folder: ProjectFolder, dag_run: DagRun, process: str, analyse: str) -> "Question | None":
    """What to ask a person before the upload; None if nobody has to be asked."""
    from pipeline_lib.stages.approval import first_publication as stage

    return stage(_opened(folder, dag_run, process), analyse)


def upload(folder: ProjectFolder, dag_run: DagRun, process: str, analyse: str) -> dict[str, str]:
    """Links to what is on Google Drive, by artifact; none if the config that the run began with asks for no upload."""
    from pipeline_lib.stages.upload import upload as stage

    run = _opened(folder, dag_run, process)
    if run.project.config.drive_upload is None:
        _LOG.warning("Nothing is uploaded: the config that this run began with asks for no upload")
        return {}
    return stage(run, process, analyse)


def archive(folder: ProjectFolder, dag_run: DagRun, process: str) -> str | None:
    """The URI of the run's archive; None if the config that the run began with asks for no archive."""
    from pipeline_lib.orchestration.kept_config import begun_or_written
    from pipeline_lib.stages.archive import archive as stage

    run = _opened(folder, dag_run, process)
    if run.project.config.data_archive_upload_bucket is None:
        _LOG.warning("Nothing is archived: the config that this run began with asks for no archive")
        return None
    return stage(run, begun_or_written(run.storage, run.key, folder.config))


def upload_logs(folder: ProjectFolder, dag_run: DagRun) -> list[str]:
    """The URIs of what is in the buckets now; none if the config that the run began with names no bucket."""
    from pipeline_lib.stages.upload_logs import upload_logs as stage

    run = _opened(folder, dag_run)
    if not run.project.config.buckets():
        _LOG.warning("Nothing is uploaded: the config that this run began with names no bucket")
        return []
    return stage(run)


def prune(folder: ProjectFolder, dag_run: DagRun) -> list[str]:
    """The names of the runs that were removed; none if the config that the run began with keeps all."""
    from pipeline_lib.stages.prune import prune as stage

    run = _opened(folder, dag_run)
    if not run.project.config.prunes:
        _LOG.warning("No run is removed: the config that this run began with keeps all")
        return []
    return stage(run)


def outcome(_folder: ProjectFolder, _dag_run: DagRun) -> Never:
    """Fails the run; called if another task has failed.

    Raises:
        DataError: Always.
    """
    raise DataError(Problem("this run", "one of its tasks has failed", "look at the log of the task that is red"))


CALLS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "coda_pull": coda_pull,
        "fetch": fetch,
        "process_shard": process_shard,
        "process": process,
        "analyse": analyse,
        "coda_push": coda_push,
        "approve": approve,
        "upload": upload,
        "archive": archive,
        "upload_logs": upload_logs,
        "prune": prune,
        "outcome": outcome,
    }
)
"""The functions, by the task's name in the plan."""


@contextmanager
def profiled_call(task: str, folder: ProjectFolder, dag_run: DagRun, each: str | None) -> Iterator[None]:
    """Profiles a call if the run's parameters ask for it; the profile of the second source's `fetch` is `fetch-1`."""
    asked = {name: bool((dag_run.params or {}).get(f"profile_{name}")) for name in ("memory", "cpu")}
    if not any(asked.values()):
        yield
        return
    from pipeline_lib.stages.profiles import ProfileRequest, profiled

    name = task if each is None else f"{task}-{int(each.partition(' ')[0]) - 1}"
    with profiled(name, ProfileRequest(**asked), lambda: _opened(folder, dag_run)):
        yield


def _opened(folder: ProjectFolder, dag_run: DagRun, made: str | None = None) -> "Run":
    """The run with the config that it began with.

    Args:
        folder: The project.
        dag_run: The run.
        made: The URI of an artifact of the run, which shows the run's data root.
    """
    from pipeline_lib.orchestration.begun_run import Start, open_begun_run

    start = Start(
        run_id=dag_run.run_id,
        started_at=dag_run.started_at and dag_run.started_at.astimezone(UTC),
        key=dag_run.key,
        as_of=dag_run.as_of,
        user=user_of(dag_run),
    )
    root = (made or "").rpartition(f"/{folder.config.parent.name}/runs/")[0]
    roots = dict.fromkeys((root, *folder.data_roots) if root else folder.data_roots)
    run = open_begun_run(folder.config, start, tuple(roots), lambda: read_usable(folder.config))
    sources_of(dag_run, source_names(run.project))  # every task refuses a name that is wrong
    return replace(run, accept_shrink=accept_shrink_of(dag_run), is_full_fetch=is_full_fetch(dag_run))


def _uris(fetch: Iterable[list[str]]) -> frozenset[str]:
    return frozenset(uri for uris_of_a_source in fetch for uri in uris_of_a_source)


def _raw_data(run: "Run", dag_run: DagRun, fetched: frozenset[str]) -> Iterator[str]:
    """The URIs of all sources' raw data.

    Airflow takes the task instances of a run from the DAG as it is now. If the config has changed since the run began,
    some of the run's own sources may have had no task instance: those are fetched here.
    """
    from pipeline_lib.stages.fetch import fetch_count, uris_to_fetch

    for index in range(fetch_count(run.project)):
        uris = uris_to_fetch(run, index)
        if not fetched.issuperset(uris):
            _LOG.warning("The config has changed since this run began: source %d is fetched by this task", index + 1)
            uris = _fetched(run, dag_run, index)
        yield from uris
