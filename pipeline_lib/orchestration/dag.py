"""Builds Airflow's DAG from a project's plan, which knows nothing of Airflow."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Never

from airflow.sdk import DAG, Asset, ExceptionRetryPolicy, RetryAction, RetryRule, task
from airflow.sdk.exceptions import AirflowSkipException

from pipeline_lib.connection_secrets import lending_connections
from pipeline_lib.errors import ConfigError, RetriableSourceError
from pipeline_lib.google_credentials import google_credentials_from
from pipeline_lib.machine_errors import told_in_sentences
from pipeline_lib.model.mode import Mode
from pipeline_lib.orchestration.assets import asset_uris, report_assets, with_followed_artifacts
from pipeline_lib.orchestration.calls import CALLS, newer_processed, profiled_call
from pipeline_lib.orchestration.connections import connection_secret
from pipeline_lib.orchestration.dag_run import (
    DagRun,
    mode_of,
    reason_not_to_publish,
    refuse_wrong_parameters,
    run_type_of,
)
from pipeline_lib.orchestration.events import report_task, tell_of_end
from pipeline_lib.orchestration.form import params
from pipeline_lib.orchestration.google_connection import connection_credentials
from pipeline_lib.orchestration.notices import tell_of_failed_run, tell_of_failed_task, tell_of_findings
from pipeline_lib.orchestration.plan import Plan, PlannedSchedule, Task, tasks_for
from pipeline_lib.orchestration.projects import ProjectFolder, read_project_of_task, read_projects
from pipeline_lib.orchestration.stage_operator import StageCall, StageOperator
from pipeline_lib.orchestration.task_log import log_sentences
from pipeline_lib.orchestration.timeouts import timeout_of, timeout_of_runs, told_of_timeout
from pipeline_lib.orchestration.timetable import timetable_of

RETRY_TRANSIENT_FAILURES = ExceptionRetryPolicy(
    rules=[
        RetryRule(RetriableSourceError, RetryAction.RETRY, reason="an outside system failed temporarily"),
        RetryRule(
            [FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError],
            RetryAction.FAIL,
            reason="a person must put the file or its permissions right",
        ),
        RetryRule(OSError, RetryAction.RETRY, reason="the disk or the network may be back later"),
    ],
    default=RetryAction.FAIL,
)
"""Only temporary failures are worth a retry; anything else fails at once, for a person to read."""

_DAILY = PlannedSchedule(cron="0 0 * * *", timezone="UTC", start_date=datetime(2026, 1, 1, tzinfo=UTC))
"""For a project whose config has never been usable: one failed run a day, until it is."""


def dags_in(configs: Path, only: str | None = None) -> Iterator[DAG]:
    """A DAG for every project folder, or the one with this id; a broken project has the tag `config-error`."""
    for folder in read_project_of_task(configs, only) if only else read_projects(configs):
        known = folder.plan or folder.last_good
        if known is None:
            yield config_error_dag(folder)
            continue
        yield build_dag(folder, known, in_task=only is not None)


def build_dag(folder: ProjectFolder, plan: Plan, *, in_task: bool) -> DAG:
    """The project's DAG, for the process that runs a task, or for Airflow to schedule and show.

    If the config cannot be used, the DAG keeps the tasks and the schedule of its last good state: a run that is under
    way goes on, and the next one starts on time and fails with what is wrong.
    """
    is_usable = folder.plan is not None
    with DAG(
        folder.dag_id,
        description=(plan.description or f"Pipeline {plan.pipeline_name}") if is_usable else _CONFIG_ERROR,
        schedule=timetable_of(plan.schedule) if plan.schedule else None,
        start_date=plan.schedule.start_date if plan.schedule else None,
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timeout_of_runs(plan),
        default_args={
            "retries": 4,
            "retry_delay": timedelta(minutes=1),
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": timedelta(minutes=30),
            "retry_policy": RETRY_TRANSIENT_FAILURES,
        },
        on_success_callback=tell_of_end(folder, succeeded=True),
        on_failure_callback=[tell_of_end(folder, succeeded=False), tell_of_failed_run(folder)],
        # One tag only: each time Airflow looks at a DAG, its query returns a row for every pair of tag and outlet.
        tags=["pipeline"] if is_usable else ["config-error"],
        doc_md=_documentation(folder, plan) if is_usable else _what_is_wrong(folder, _UNDER_WAY),
    ) as dag:
        tasks = tasks_for(plan.sources, plan.asked_for, plan.shard_count)
        _add_tasks(folder, tasks if in_task else map(with_followed_artifacts, tasks))
    # Set after the tasks: otherwise Airflow serialises a copy of them with each task, and checks it every time.
    # Within a task Airflow would check the run's parameters against today's config, which may no longer have what they
    # name: there the form is a bare one, and the task checks them by the config that the run began with.
    dag.params.update(params() if in_task else params(plan.sources, plan.may_shrink))
    return dag


_CONFIG_ERROR = "The config cannot be used: see the docs"
_UNDER_WAY = "A run that is under way goes on with the config that it began with; every other one fails.\n\n"


def _add_tasks(folder: ProjectFolder, tasks: Iterable[Task]) -> None:
    outputs: dict[str, Any] = {}
    for planned in tasks:
        inputs = {name: outputs[name] for name in planned.upstream}
        operator = (_approval if planned.awaits_approval else _operator)(planned, folder, inputs)
        for name in planned.after:
            operator.set_upstream(outputs[name].operator)
        outputs[planned.name] = operator.output


def _approval(planned: Task, folder: ProjectFolder, inputs: dict[str, Any]) -> Any:
    from pipeline_lib.orchestration.approval import FirstPublication  # noqa: PLC0415 - few projects ask for it

    ask = _callable(planned, folder)
    return FirstPublication(folder=folder, ask=ask, made=inputs, **_options(planned, folder))


def _options(planned: Task, folder: ProjectFolder) -> dict[str, Any]:
    return {
        "task_id": planned.name,
        "doc_md": planned.purpose,
        "execution_timeout": timeout_of(planned, folder),
        # Not among the default arguments: Airflow would look up its source code each time it looks at the DAG.
        "on_failure_callback": tell_of_failed_task(folder),
        "inlets": _assets(folder, planned.reads),
        "outlets": _assets(folder, planned.makes + planned.makes_in_full),
    }


def _operator(planned: Task, folder: ProjectFolder, inputs: dict[str, Any]) -> Any:
    options = _options(planned, folder)
    if planned.trigger != "all_success":
        options["trigger_rule"] = planned.trigger
    call = StageCall(planned.name, _reporting(_callable(planned, folder), planned, folder))
    if planned.each is None:
        return StageOperator(call=call, inputs=inputs, **options)
    parts = [{planned.each.input: name} for name in planned.each.names]
    named = f"{{{{ task.part['{planned.each.input}'] }}}}"
    return StageOperator.partial(call=call, inputs=inputs, map_index_template=named, **options).expand(part=parts)


def _assets(folder: ProjectFolder, artifacts: tuple[str, ...]) -> list[Asset]:
    # By URI alone, so that it is the name too: Airflow knows an asset by both.
    return [Asset(uri=uri) for uri in asset_uris(folder.dag_id, artifacts)]


def _reporting(call: Callable[..., Any], planned: Task, folder: ProjectFolder) -> Callable[..., Any]:
    def run_task(**context: Any) -> Any:
        with (
            log_sentences(),
            report_task(folder, planned.name, context, skip=AirflowSkipException) as parts,
        ):
            result = call(**context)
        tell_of_findings(folder, planned, context, parts)
        report_assets(planned, folder.dag_id, _dag_run(context), context, result)
        return result

    return run_task


def _callable(planned: Task, folder: ProjectFolder) -> Callable[..., Any]:
    inputs = planned.upstream if planned.each is None else (*planned.upstream, planned.each.input)

    def run_stage(**context: Any) -> Any:
        dag_run = _dag_run(context)
        refuse_wrong_parameters(dag_run)
        if planned.needs_all_outputs and mode_of(dag_run) is not Mode.ALL:
            raise AirflowSkipException(f"the run's mode is {mode_of(dag_run)}")
        given = {name: context[name] for name in inputs}
        missing = [name for name in planned.upstream if given[name] is None]
        if missing:
            raise AirflowSkipException(f"{', '.join(missing)} has made nothing")
        with (
            told_of_timeout(planned, folder),
            told_in_sentences(),
            lending_connections(connection_secret),
            google_credentials_from(connection_credentials),
        ):
            if planned.reaches_outside:
                reason = reason_not_to_publish(dag_run, lambda: newer_processed(folder, dag_run, given["process"]))
                if reason:
                    raise AirflowSkipException(f"not published: {reason}")
            with profiled_call(planned.name, folder, dag_run, given[planned.each.input] if planned.each else None):
                return CALLS[planned.name](folder, dag_run, **given)

    return run_stage


def _dag_run(context: dict[str, Any]) -> DagRun:
    run = context["dag_run"]
    return DagRun(
        run_id=run.run_id,
        run_type=run_type_of(run.run_type.value),
        run_after=run.run_after,
        logical_date=run.logical_date,
        data_interval_end=run.data_interval_end,
        params=dict(context["params"]),
        triggered_by=run.triggering_user_name,
        conf=getattr(run, "conf", None),
        started_at=getattr(run, "start_date", None),
    )


def _documentation(folder: ProjectFolder, plan: Plan) -> str:
    sources = "\n".join(f"- {name}" for name in plan.sources)
    return (
        f"{plan.description or plan.pipeline_name}\n\n"
        f"**Sources**\n\n{sources}\n\n"
        f"**Outputs** of a run: `{plan.data_root}/{folder.dag_id}/runs/<run key>/Outputs`. The run key is the end of "
        "the data interval, or the run id of a run started by hand.\n\n"
        f"**Config**: `{folder.config.parent.name}/{folder.config.name}`, pipeline `{plan.pipeline_name}`."
    )


def _what_is_wrong(folder: ProjectFolder, beside: str = "") -> str:
    problems = "\n".join(f"- `{problem.place}`: {problem.wrong}. {problem.right}" for problem in folder.problems)
    return f"**This project's config cannot be used.** {beside}Correct this, then look again:\n\n{problems}"


def config_error_dag(folder: ProjectFolder) -> DAG:
    """The DAG of a project that was never able to run: its docs and its one task say what is wrong."""
    schedule = folder.schedule or _DAILY

    def refuse() -> Never:
        with log_sentences():
            raise ConfigError(*folder.problems)

    with DAG(
        folder.dag_id,
        description=_CONFIG_ERROR,
        schedule=timetable_of(schedule),
        start_date=schedule.start_date,
        catchup=False,
        max_active_runs=1,
        default_args={
            "retries": 0,
            "execution_timeout": timedelta(hours=1),
            "on_failure_callback": tell_of_failed_task(folder),
        },
        tags=["config-error"],
        doc_md=_what_is_wrong(folder),
    ) as dag:
        task(task_id="config_error", doc_md="Fails, and says what is wrong with the config.")(refuse)()
    return dag
