"""The plan, spelled for Airflow. In this package only this module and `connections` import it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Never

from airflow.sdk import DAG, CronDataIntervalTimetable, ExceptionRetryPolicy, Param, RetryAction, RetryRule, task
from airflow.sdk.exceptions import AirflowSkipException

from pipeline_lib.config import Project
from pipeline_lib.connections import lending_connections
from pipeline_lib.errors import ConfigError, RetriableSourceError
from pipeline_lib.google_credentials import google_credentials_from
from pipeline_lib.model.mode import Mode
from pipeline_lib.orchestration.calls import CALLS
from pipeline_lib.orchestration.connections import connection_secret
from pipeline_lib.orchestration.dag_run import DagRun, mode_of, reason_not_to_publish
from pipeline_lib.orchestration.google_connection import connection_credentials
from pipeline_lib.orchestration.plan import Task, source_names, tasks_of
from pipeline_lib.orchestration.projects import ProjectFolder, read_projects

RETRY_WHAT_PASSES = ExceptionRetryPolicy(
    rules=[
        RetryRule(RetriableSourceError, RetryAction.RETRY, reason="a system outside failed in a way that passes"),
        RetryRule(
            [FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError],
            RetryAction.FAIL,
            reason="a person must put the file or its permissions right",
        ),
        RetryRule(OSError, RetryAction.RETRY, reason="the disk or the network may be back later"),
    ],
    default=RetryAction.FAIL,
)
"""A retry helps only against what passes by itself; all else fails at once, for a person to read."""

PARAMS = {
    "mode": Param(
        Mode.ALL.value,
        enum=[mode.value for mode in Mode],
        title="Mode",
        description="auto-code-only makes the Coda files, ICR samples, production CSV and their traced data only.",
    ),
    "publish": Param(
        None,
        type=["null", "boolean"],
        title="Publish",
        description="Push new messages to the label store? Empty: only the newest scheduled run does.",
    ),
    "as_of": Param(
        None,
        type=["null", "string"],
        format="date-time",
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$",  # Airflow does not check the format
        title="As of",
        description="See messages and labels as they were then. Empty: at the end of the run's interval, else now.",
    ),
}


def dags_in(configs: Path, only: str | None = None) -> Iterator[DAG]:
    """A DAG for every project folder, or for the one whose DAG id is given; the unusable are tagged `config-error`."""
    for folder in read_projects(configs, only):
        yield build_dag(folder.project) if folder.project else config_error_dag(folder)


def build_dag(project: Project) -> DAG:
    """The project's DAG."""
    config = project.config
    schedule = config.schedule
    with DAG(
        project.name,
        description=config.description or f"Pipeline {config.pipeline_name}",
        schedule=CronDataIntervalTimetable(schedule.cron, timezone=schedule.timezone) if schedule else None,
        start_date=schedule.start_date if schedule else None,
        catchup=False,
        max_active_runs=1,
        default_args={
            "retries": 4,
            "retry_delay": timedelta(minutes=1),
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": timedelta(minutes=30),
            "retry_policy": RETRY_WHAT_PASSES,
        },
        params=dict(PARAMS),
        tags=["pipeline", *sorted({source.source_type for source in config.raw_data_sources})],
        doc_md=_documentation(project),
    ) as dag:
        _spell(project)
    return dag


def _spell(project: Project) -> None:
    outputs: dict[str, Any] = {}
    for planned in tasks_of(project):
        operator = _operator(planned, project)
        inputs = {name: outputs[name] for name in planned.upstream}
        if planned.sources is not None:
            outputs[planned.name] = operator.partial(**inputs).expand(source=list(planned.sources))
        else:
            outputs[planned.name] = operator(**inputs)


def _operator(planned: Task, project: Project) -> Any:
    options: dict[str, Any] = {"task_id": planned.name, "doc_md": planned.purpose, "multiple_outputs": False}
    if planned.sources is not None:
        options["map_index_template"] = "{{ task.op_kwargs['source'] }}"
    return task(**options)(_callable(planned, project))


def _callable(planned: Task, project: Project) -> Callable[..., Any]:
    inputs = planned.upstream if planned.sources is None else (*planned.upstream, "source")

    def run_stage(**context: Any) -> Any:
        dag_run = _dag_run(context)
        if planned.needs_all_outputs and mode_of(dag_run) is not Mode.ALL:
            raise AirflowSkipException(f"the run's mode is {mode_of(dag_run)}")
        if planned.reaches_outside:
            reason = reason_not_to_publish(dag_run, project.config.schedule, datetime.now(UTC))
            if reason:
                raise AirflowSkipException(f"not published: {reason}")
        with lending_connections(connection_secret), google_credentials_from(connection_credentials):
            return CALLS[planned.name](project, dag_run, **{name: context[name] for name in inputs})

    return run_stage


def _dag_run(context: dict[str, Any]) -> DagRun:
    run = context["dag_run"]
    kind = run.run_type.value
    return DagRun(
        run_id=run.run_id,
        run_type=kind if kind in {"scheduled", "backfill"} else "manual",
        run_after=run.run_after,
        logical_date=run.logical_date,
        data_interval_end=run.data_interval_end,
        params=dict(context["params"]),
        triggered_by=run.triggering_user_name,
    )


def _documentation(project: Project) -> str:
    config = project.config
    root = config.data_root or "<the setting PIPELINE_DATA_ROOT, or data>"
    sources = "\n".join(f"- {name}" for name in source_names(project))
    return (
        f"{config.description or config.pipeline_name}\n\n"
        f"**Sources**\n\n{sources}\n\n"
        f"**Outputs** of a run: `{root}/{project.name}/runs/<run key>/Outputs`. The run key is the end of the data "
        "interval, or the run id of a run started by hand.\n\n"
        f"**Config**: `{project.folder.name}/{project.path.name}`, pipeline `{config.pipeline_name}`."
    )


def config_error_dag(folder: ProjectFolder) -> DAG:
    """What stands in the list for a project that cannot run: its docs and its one task say what is wrong."""

    def refuse() -> Never:
        raise ConfigError(*folder.problems)

    problems = "\n".join(f"- `{problem.place}`: {problem.wrong}. {problem.right}" for problem in folder.problems)
    with DAG(
        folder.dag_id,
        description="The config cannot be used: see the docs",
        schedule=None,
        catchup=False,
        max_active_runs=1,
        default_args={"retries": 0},
        tags=["config-error"],
        doc_md=f"**This project's config cannot be used.** Correct this, then look again:\n\n{problems}",
    ) as dag:
        task(task_id="config_error", doc_md="Fails, and says what is wrong with the config.")(refuse)()
    return dag
