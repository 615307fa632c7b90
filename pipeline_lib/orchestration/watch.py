"""The DAG that looks at all projects every hour, and tells people what no task of a project can tell."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, CronDataIntervalTimetable, task

from pipeline_lib.orchestration.nights import Interval, look_at, look_at_removed
from pipeline_lib.orchestration.notices import tell_of_failed_task_of, tell_of_projects
from pipeline_lib.orchestration.plan import PlannedSchedule
from pipeline_lib.orchestration.projects import read_projects, read_removed

DAG_ID = "pipeline_watch"

_DOC = """Looks at all projects every hour, and notifies people of nights that did not happen or are late, and in the
morning of projects that are paused, configs that cannot be used and runs that stand still, since their project was
removed: see `docs/notices.md`.

Unlike every other DAG it starts unpaused; pause it if nobody wants to be told."""


def watch_dag(configs: Path) -> DAG:
    """The DAG over all projects of a folder."""

    def look(**context: Any) -> int:
        since, airflow = _since(context), _ExecutionApi()
        found = list(look_at(read_projects(configs), since, airflow, last_interval))
        found += look_at_removed(read_removed(configs), since, airflow)
        tell_of_projects(found)
        return len(found)

    with DAG(
        DAG_ID,
        description="Tells people of nights that did not happen, and of paused projects",
        schedule=CronDataIntervalTimetable("0 * * * *", timezone="UTC"),
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        default_args={
            "retries": 2,
            "retry_delay": timedelta(minutes=1),
            "execution_timeout": timedelta(minutes=30),
            "on_failure_callback": tell_of_failed_task_of(DAG_ID),
        },
        tags=["watch"],
        doc_md=_DOC,
    ) as dag:
        task(task_id="look", doc_md="Returns how much it has found.")(look)()
    return dag


_LONGEST_ABSENCE = timedelta(days=7)


def _since(context: dict[str, Any]) -> Interval:
    """From the last run that succeeded to the end of this run's interval; a run by hand covers the last day."""
    end = context.get("data_interval_end")
    if end is None or context["dag_run"].run_type.value == "manual":
        now = datetime.now(UTC)
        return Interval(now - timedelta(days=1), now)
    last = context.get("prev_data_interval_end_success") or context["data_interval_start"]
    return Interval(max(min(last, context["data_interval_start"]), end - _LONGEST_ABSENCE), end)


class _ExecutionApi:
    """Asks Airflow what a task may ask: by its execution API."""

    def __init__(self) -> None:
        self._paused: dict[str, bool | None] = {}

    def is_paused(self, dag_id: str) -> bool | None:
        if dag_id not in self._paused:
            self._paused[dag_id] = _is_paused(dag_id)
        return self._paused[dag_id]

    def has_run(self, dag_id: str, logical_date: datetime, *, finished: bool) -> bool:
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance  # noqa: PLC0415 - no use to the parser

        states = ["success", "failed"] if finished else None
        count = RuntimeTaskInstance.get_dr_count(dag_id=dag_id, logical_dates=[logical_date], states=states)
        return bool(count)

    def is_covered(self, dag_id: str, moment: datetime) -> bool:
        from airflow.sdk.execution_time import task_runner  # noqa: PLC0415 - no use to the parser
        from airflow.sdk.execution_time.comms import GetPreviousDagRun  # noqa: PLC0415

        answer = task_runner.SUPERVISOR_COMMS.send(GetPreviousDagRun(dag_id=dag_id, logical_date=moment))
        run = getattr(answer, "dag_run", None)
        return run is not None and run.data_interval_end is not None and run.data_interval_end >= moment

    def is_under_way(self, dag_id: str) -> bool:
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance  # noqa: PLC0415 - no use to the parser

        return bool(RuntimeTaskInstance.get_dr_count(dag_id=dag_id, states=["queued", "running"]))


def _is_paused(dag_id: str) -> bool | None:
    from airflow.sdk.exceptions import AirflowRuntimeError  # noqa: PLC0415
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance  # noqa: PLC0415

    try:
        return bool(RuntimeTaskInstance.get_dag(dag_id).is_paused)
    except AirflowRuntimeError as error:
        if (error.error.detail or {}).get("status_code") == 404:  # noqa: PLR2004 - HTTP's
            return None
        raise


def last_interval(schedule: PlannedSchedule, moment: datetime) -> Interval:
    """The last data interval that had ended by a moment, as Airflow's scheduler computes it."""
    return _last_interval(schedule.cron, schedule.timezone, moment.replace(second=0, microsecond=0))


@lru_cache
def _last_interval(cron: str, timezone: str, minute: datetime) -> Interval:
    """Computed once for all projects of a schedule; intervals end at whole minutes."""
    from pendulum import instance  # noqa: PLC0415 - heavy

    timetable = _timetable(cron, timezone)
    found = timetable.infer_manual_data_interval(run_after=instance(minute))
    if found.start < found.end:
        return Interval(found.start, found.end)
    # Where a clock goes forward, Airflow's own arithmetic gives the end as the start too: it began at the end before.
    return Interval(timetable.infer_manual_data_interval(run_after=found.end.subtract(hours=2)).end, found.end)


@lru_cache
def _timetable(cron: str, timezone: str) -> Any:
    """The scheduler's own timetable, kept: making one is slow, since it words its cron expression."""
    from airflow.timetables.interval import CronDataIntervalTimetable as SchedulerTimetable  # noqa: PLC0415 - heavy

    return SchedulerTimetable(cron, timezone=timezone)
