"""All stages of a run in one process, as the plan orders them."""

from contextlib import ExitStack

from pipeline_lib.config import check, whole_config
from pipeline_lib.model.mode import Mode
from pipeline_lib.stages.analysis import analyse
from pipeline_lib.stages.archive import archive
from pipeline_lib.stages.coda_pull import coda_pull
from pipeline_lib.stages.coda_push import coda_push
from pipeline_lib.stages.fetch import fetch
from pipeline_lib.stages.process import process
from pipeline_lib.stages.run import Run
from pipeline_lib.stages.upload import upload
from pipeline_lib.stages.upload_logs import upload_logs


def run_all(run: Run, *, publish: bool, mode: Mode = Mode.ALL) -> str:
    """The URI of the outputs.

    Args:
        run: The run.
        publish: Whether new messages are added to the label store, and outputs and archives uploaded where the config
            asks.
        mode: How much of the outputs to make.

    Raises:
        PipelineError: As the stages do.
    """
    outputs = run_to_outputs(run, mode)
    analysis = analyse(run, outputs) if mode is Mode.ALL else None
    if publish:
        _publish(run, outputs, analysis)
    return outputs


def _publish(run: Run, outputs: str, analysis: str | None) -> None:
    """What leaves the run's folder; archives and logs whatever becomes of the rest."""
    config = run.project.config
    with ExitStack() as whatever_happens:
        if config.buckets():
            whatever_happens.callback(upload_logs, run)
        if config.data_archive_upload_bucket is not None:
            whatever_happens.callback(archive, run, whole_config(check(run.project.path).reading))
        coda_push(run, outputs)
        if analysis is not None and config.drive_upload is not None:
            upload(run, outputs, analysis)


def run_to_outputs(run: Run, mode: Mode = Mode.ALL) -> str:
    """The URI of the outputs; nothing is made of them yet.

    Raises:
        PipelineError: As the stages do.
    """
    coded = coda_pull(run)
    sources = run.project.config.raw_data_sources
    raw_data = [uri for index in range(len(sources)) for uri in fetch(run, index)]
    return process(run, raw_data, coded, mode)
