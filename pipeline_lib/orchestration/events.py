"""Reports Airflow's runs: each try of each task, and how a run begins and ends.

The process of a task reports its stage. The end of a run, which none of its tasks can know, is reported by the DAG's
callbacks in Airflow's DAG processor. The plan says where to report to, so that a run is reported even if its config has
been broken since.
"""
# ruff: noqa: PLC0415 - as in `calls`: the DAG processor loads this again and again and needs none of it

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline_lib.connection_secrets import lending_connections
from pipeline_lib.google_credentials import google_credentials_from
from pipeline_lib.orchestration.connections import connection_secret
from pipeline_lib.orchestration.google_connection import connection_credentials
from pipeline_lib.orchestration.projects import ProjectFolder

if TYPE_CHECKING:
    from pipeline_lib.delivery.events import Event
    from pipeline_lib.stages.events import EventReporter
    from pipeline_lib.storage.manifest import TaskManifest

_FIRST = "coda_pull"
"""The task that reports the run's start; in a run that was restarted every task does, since this one may not run."""

Context = Mapping[str, Any]


@contextmanager
def report_task(
    folder: ProjectFolder, task: str, context: Context, skip: type[BaseException]
) -> "Iterator[list[TaskManifest]]":
    """Reports that a try of a task starts, and how it ends; yields a list that then has its parts of the manifest.

    Args:
        folder: The project.
        task: The task's name.
        context: The task's context, from Airflow.
        skip: The error by which a task says that it is not needed.
    """
    from pipeline_lib.stages.events import Stage

    run, instance = context["dag_run"], context.get("ti")
    index = getattr(instance, "map_index", None)
    stage = Stage(
        task,
        index if index is not None and index >= 0 else None,
        getattr(instance, "try_number", 1),
        getattr(instance, "start_date", None),
    )
    reporter = _reporter(folder, run.run_id)
    tells_of_run = task == _FIRST or bool(getattr(run, "clear_number", 0))
    before = _start(reporter, run) if tells_of_run else []
    with (
        lending_connections(connection_secret),
        google_credentials_from(connection_credentials),
        reporter.report_stage(stage, *before, skip=skip) as parts,
    ):
        yield parts


def tell_of_end(folder: ProjectFolder, *, succeeded: bool) -> Callable[[Context], None]:
    """The callback for when a run of the project has ended."""

    def tell(context: Context) -> None:
        from pipeline_lib.delivery.events import State

        run = context.get("dag_run")
        began = getattr(run, "start_date", None)
        ended = getattr(run, "end_date", None) or datetime.now(UTC)
        reporter = _reporter(folder, run.run_id if run is not None else context["run_id"])
        end = reporter.end_event(State.SUCCESS if succeeded else State.FAILURE, ended, began)
        with lending_connections(connection_secret), google_credentials_from(connection_credentials):
            # Its start too, which is the same event: the task that reports it may never have begun.
            reporter.report(*_start(reporter, run), end)

    return tell


def _start(reporter: "EventReporter", run: Any) -> "list[Event]":
    began = getattr(run, "start_date", None)
    return [reporter.start_event(began)] if began is not None else []


def _reporter(folder: ProjectFolder, run_id: str) -> "EventReporter":
    from pipeline_lib.stages.events import Dashboard, EventReporter

    plan = folder.plan or folder.last_good
    dashboard = Dashboard(plan.dashboard, folder.config.parent) if plan is not None and plan.dashboard else None
    return EventReporter(plan.pipeline_name if plan is not None else folder.dag_id, run_id, dashboard)
