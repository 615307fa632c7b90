"""Gathers what one shard of participants sent and answered, for a project that is too large for one worker at once."""

from collections.abc import Sequence
from contextlib import ExitStack

from pipeline_lib.model.shard import Shard
from pipeline_lib.stages.outputs import gather_shard
from pipeline_lib.stages.process_inputs import read_process_inputs
from pipeline_lib.stages.run_context import Run, task_report

SHARDS = "Shards"


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
