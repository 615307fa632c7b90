"""All stages of a run in one process, as the plan orders them."""

from contextlib import AbstractContextManager, ExitStack, nullcontext

from pipeline_lib.config import check, whole_config
from pipeline_lib.model.mode import Mode
from pipeline_lib.stages.analysis import analyse
from pipeline_lib.stages.archive import archive
from pipeline_lib.stages.coda_pull import coda_pull
from pipeline_lib.stages.coda_push import coda_push
from pipeline_lib.stages.events import Stage, Teller, telling_run
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
    with telling_run(run) as teller:
        outputs = _to_outputs(run, mode, teller)
        analysis = None
        if mode is Mode.ALL:
            with teller.telling(Stage("analyse")):
                analysis = analyse(run, outputs)
        if publish:
            _publish(run, outputs, analysis, teller)
    return outputs


def _publish(run: Run, outputs: str, analysis: str | None, teller: Teller) -> None:
    """What leaves the run's folder; archives and logs whatever becomes of the rest."""
    config = run.project.config

    def keep_archive() -> None:
        with teller.telling(Stage("archive")):
            archive(run, whole_config(check(run.project.path).reading))

    def keep_logs() -> None:
        with teller.telling(Stage("upload_logs")):
            upload_logs(run)

    with ExitStack() as whatever_happens:
        if config.buckets():
            whatever_happens.callback(keep_logs)
        if config.data_archive_upload_bucket is not None:
            whatever_happens.callback(keep_archive)
        with teller.telling(Stage("coda_push")):
            coda_push(run, outputs)
        if analysis is not None and config.drive_upload is not None:
            with teller.telling(Stage("upload")):
                upload(run, outputs, analysis)


def run_to_outputs(run: Run, mode: Mode = Mode.ALL) -> str:
    """The URI of the outputs; nothing is made of them yet, and nothing is told of it.

    Raises:
        PipelineError: As the stages do.
    """
    return _to_outputs(run, mode, None)


def _to_outputs(run: Run, mode: Mode, teller: Teller | None) -> str:
    def telling(stage: Stage) -> AbstractContextManager[None]:
        return teller.telling(stage) if teller is not None else nullcontext()

    with telling(Stage("coda_pull")):
        coded = coda_pull(run)
    raw_data = []
    for index in range(len(run.project.config.raw_data_sources)):
        with telling(Stage("fetch", source=index)):
            raw_data += fetch(run, index)
    with telling(Stage("process")):
        return process(run, raw_data, coded, mode)
