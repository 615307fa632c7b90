"""Gathers what one shard of participants sent and answered, for a project that is too large for one worker at once."""

import logging
import re
from collections.abc import Collection, Sequence
from contextlib import ExitStack

from pipeline_lib.model.shard import Shard
from pipeline_lib.stages.outputs import gather_shard
from pipeline_lib.stages.process_inputs import read_process_inputs
from pipeline_lib.stages.run_context import Run, task_report
from pipeline_lib.storage.manifest import read_manifest, remove_part

SHARDS = "Shards"

_NAME = re.compile(r"\d+ of \d+")

_LOG = logging.getLogger(__name__)


def process_shard(run: Run, raw_data: Sequence[str], coded: str, shard: Shard) -> str:
    """The URI of a folder of what the shard's participants sent and answered, which `process` merges.

    Args:
        run: The run.
        raw_data: URIs of the raw data files, of every source.
        coded: URI of the folder of Coda files.
        shard: Whom to gather from.

    Raises:
        PipelineError: As `process`.
    """
    name = f"{run.folder}/{SHARDS}/{shard}"
    with task_report(run, f"process_shard-{shard.number}") as report, ExitStack() as local:
        inputs, report.inputs = read_process_inputs(run, local, raw_data, coded)
        with run.storage.publish_folder(name) as folder:
            rows, report.counts = gather_shard(run.project, inputs, folder, shard, run.as_of)
            report.add_folder(run.storage.uri_of(name), folder)
            report.outputs = {f"{run.storage.uri_of(name)}/{file}": count for file, count in rows.items()}
    return run.storage.uri_of(name)


def all_shards(run: Run, raw_data: Sequence[str], coded: str, gathered: Collection[str] = ()) -> list[str]:
    """The URIs of the shards that the run's config asks for; none if everybody is processed at once.

    Those that are missing are gathered here, one after the other. So are those of another config, raw data or labels,
    such as of before the run was cleared: a mixture would go unnoticed, and traced data could show others' raw data.

    Args:
        run: The run.
        raw_data: URIs of the raw data files, of every source.
        coded: URI of the folder of Coda files.
        gathered: URIs of shards that tasks of their own have gathered.

    Raises:
        PipelineError: As `process`.
    """
    count = run.project.config.processing_shards
    shards = [Shard(number, count) for number in range(count)] if count > 1 else []
    _remove_others(run, shards)
    current = _current(run, {*raw_data, coded}, gathered) if gathered else set()
    uris = []
    for shard in shards:
        uri = run.storage.uri_of(f"{run.folder}/{SHARDS}/{shard}")
        if gathered and uri not in current:
            _LOG.warning("Shard %s is gathered by this task, since no other has, or of another config or data", shard)
        uris.append(uri if uri in current else process_shard(run, raw_data, coded, shard))
    return uris


def _remove_others(run: Run, shards: Sequence[Shard]) -> None:
    """Removes shards of another number, as from before the run was cleared, and what its manifest says of them.

    They hold what people wrote, and the run's report would count it among what its stages have read.
    """
    folder, own = f"{run.folder}/{SHARDS}", set(map(str, shards))
    there = {name.removeprefix(f"{folder}/").partition("/")[0] for name in run.storage.names(folder)}
    for name in sorted(filter(_NAME.fullmatch, there - own)):
        run.storage.remove(f"{folder}/{name}")
        if (number := Shard.named(name).number) >= len(shards):
            remove_part(run.storage, run.key, f"process_shard-{number}")


def _current(run: Run, inputs: Collection[str], shards: Collection[str]) -> set[str]:
    """Those of the shards that were made with the run's config and of these inputs as they are now."""
    parts = read_manifest(run.storage, run.key).tasks
    now = {uri: fingerprint for part in parts for uri, fingerprint in part.artifacts.items()}
    return {
        uri
        for part in parts
        for uri in part.artifacts
        if uri in shards
        and (part.versions.get("config"), part.as_of) == (run.project.digest, run.as_of)
        and part.inputs == {each: now.get(each) for each in inputs}
    }
