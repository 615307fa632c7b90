"""All stages of a run in one process, as the plan orders them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from pipeline_lib.config import check, whole_config
from pipeline_lib.errors import PipelineError
from pipeline_lib.model.mode import Mode
from pipeline_lib.stages.analysis import analyse
from pipeline_lib.stages.archive import archive
from pipeline_lib.stages.coda_pull import coda_pull
from pipeline_lib.stages.coda_push import coda_push
from pipeline_lib.stages.events import EventReporter, Stage, report_run
from pipeline_lib.stages.fetch import fetch, fetch_count
from pipeline_lib.stages.process import process
from pipeline_lib.stages.prune import prune
from pipeline_lib.stages.run_context import Run
from pipeline_lib.stages.shards import all_shards
from pipeline_lib.stages.upload import upload
from pipeline_lib.stages.upload_logs import upload_logs

T = TypeVar("T")


def run_all(run: Run, *, publish: bool, mode: Mode = Mode.ALL) -> str:
    """The URI of the outputs.

    As in a DAG, a stage that fails stops only the stages that need its output: archives, logs and old runs are dealt
    with in any case.

    Args:
        run: The run.
        publish: Whether new messages are added to the label store, and outputs uploaded where the config asks.
        mode: How much of the outputs to make.

    Raises:
        PipelineError: As the stages do; where several fail, the first one's kind with the problems of all.
    """
    config = run.project.config
    is_archived = config.data_archive_upload_bucket is not None
    # The config that the run begins with, even if the files change meanwhile.
    whole = whole_config(check(run.project.path).reading) if is_archived else None
    outputs, failures = "", list[Exception]()
    with report_run(run) as reporter:

        def attempt(task: str, stage: Callable[..., T], *arguments: Any) -> T | None:
            try:
                with reporter.report_stage(Stage(task)):
                    return stage(*arguments)
            except Exception as error:  # noqa: BLE001 - raised again at the end
                failures.append(error)
                return None

        try:
            outputs = _to_outputs(run, mode, reporter)
        except Exception as error:  # noqa: BLE001 - raised again at the end
            failures.append(error)
        analysis = attempt("analyse", analyse, run, outputs) if outputs and mode is Mode.ALL else None
        if outputs and publish:
            attempt("coda_push", coda_push, run, outputs)
        if analysis is not None and publish and config.drive_upload is not None:
            attempt("upload", upload, run, outputs, analysis)
        if outputs and is_archived:
            attempt("archive", archive, run, whole)
        if config.buckets():
            attempt("upload_logs", upload_logs, run)
        if config.prunes:
            attempt("prune", prune, run)
        if failures:
            raise _together(failures) from failures[0]
    return outputs


def _together(failures: Sequence[Exception]) -> Exception:
    """What to raise: a defect if there is one, else every problem together."""
    problems = [problem for error in failures if isinstance(error, PipelineError) for problem in error.problems]
    first, *_ = sorted(failures, key=lambda error: isinstance(error, PipelineError))
    return type(first)(*problems) if isinstance(first, PipelineError) else first


def run_to_outputs(run: Run, mode: Mode = Mode.ALL) -> str:
    """The URI of the outputs; no later stage runs, and no event is reported.

    Raises:
        PipelineError: As the stages do.
    """
    return _to_outputs(run, mode, None)


def _to_outputs(run: Run, mode: Mode, reporter: EventReporter | None) -> str:
    def report(stage: Stage) -> AbstractContextManager[object]:
        return reporter.report_stage(stage) if reporter is not None else nullcontext()

    with report(Stage("coda_pull")):
        coded = coda_pull(run)
    raw_data = []
    for index in range(fetch_count(run.project)):
        with report(Stage("fetch", source=index)):
            raw_data += fetch(run, index)
    with report(Stage("process")):
        return process(run, raw_data, coded, mode, all_shards(run, raw_data, coded))
