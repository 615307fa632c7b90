"""All stages of a run in one process, as the plan orders them."""

from pipeline_lib.model.mode import Mode
from pipeline_lib.stages.analysis import analyse
from pipeline_lib.stages.coda_pull import coda_pull
from pipeline_lib.stages.coda_push import coda_push
from pipeline_lib.stages.fetch import fetch
from pipeline_lib.stages.process import process
from pipeline_lib.stages.run import Run
from pipeline_lib.stages.upload import upload


def run_all(run: Run, *, publish: bool, mode: Mode = Mode.ALL) -> str:
    """The URI of the outputs.

    Args:
        run: The run.
        publish: Whether new messages are added to the label store, and outputs uploaded where the config asks.
        mode: How much of the outputs to make.

    Raises:
        PipelineError: As the stages do.
    """
    outputs = run_to_outputs(run, mode)
    analysis = analyse(run, outputs) if mode is Mode.ALL else None
    if publish:
        coda_push(run, outputs)
    if publish and analysis is not None and run.project.config.drive_upload is not None:
        upload(run, outputs, analysis)
    return outputs


def run_to_outputs(run: Run, mode: Mode = Mode.ALL) -> str:
    """The URI of the outputs; nothing is made of them yet.

    Raises:
        PipelineError: As the stages do.
    """
    coded = coda_pull(run)
    sources = run.project.config.raw_data_sources
    raw_data = [uri for index in range(len(sources)) for uri in fetch(run, index)]
    return process(run, raw_data, coded, mode)
