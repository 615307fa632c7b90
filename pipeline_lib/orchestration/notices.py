"""Tells people when something is wrong: a failed task or run, many records set aside, messages that stop coming.

A task's own process reports that the task has failed, since it knows the error. If the process was killed, Airflow's
DAG processor reports that instead, without knowing why. Nights that never happened are found by `nights`.
"""
# ruff: noqa: PLC0415 - as in `calls`: the DAG processor loads this again and again and needs none of it

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipeline_lib.errors import ConfigError, PipelineError, Problem
from pipeline_lib.model.notices import NoticeKind
from pipeline_lib.orchestration.dag_run import ParameterError, interval_end_of
from pipeline_lib.orchestration.nights import Found
from pipeline_lib.orchestration.plan import PlannedNotice, Task
from pipeline_lib.orchestration.projects import ProjectFolder

if TYPE_CHECKING:
    from pipeline_lib.storage.manifest import TaskManifest

_FIRST = "coda_pull"
_FAILS_FOR_OTHERS = "outcome"
_TASK_FAILURE = "task_failure"
"""Airflow's word for a run that failed because a task did."""

Context = Mapping[str, Any]


def tell_of_failed_task(folder: ProjectFolder) -> Callable[[Context], None]:
    """The callback for when a task of the project has failed after all its retries."""

    def tell(context: Context) -> None:
        instance, error = context["ti"], context.get("exception")
        if instance.task_id == _FAILS_FOR_OTHERS:
            return
        if _stops_every_task(folder, error) and not _is_first_to_say(instance):
            return
        kind, summary = NoticeKind.FAILURE, f"{_name(instance)} failed"
        if isinstance(error, ParameterError):
            summary = "a run's parameters cannot be used"
        elif isinstance(error, ConfigError):
            kind, summary = NoticeKind.CONFIG, "the config cannot be used"
        tell_people(folder, kind, summary, _problems(instance.task_id, error), instance.run_id)

    return tell


def tell_of_failed_task_of(dag_id: str) -> Callable[[Context], None]:
    """The callback for when a task of a DAG has failed that belongs to no project: told as `PIPELINE_NOTICES` says."""
    itself = Path(dag_id)
    return tell_of_failed_task(ProjectFolder(dag_id, itself, None, (), last_good=None, schedule=None, data_roots=()))


def tell_of_failed_run(folder: ProjectFolder) -> Callable[[Context], None]:
    """The callback for when a run of the project has failed."""

    def tell(context: Context) -> None:
        reason = context.get("reason")
        run = context.get("dag_run")
        run_id = run.run_id if run is not None else context["run_id"]
        if reason == _TASK_FAILURE:
            return  # the task has reported it
        if reason == "timed_out":
            right = "see which task stopped, and clear it"
            problem = Problem("this run", "was ended, since it took too long", right)
        else:
            problem = Problem("this run", "could not go on", "look at its tasks, and clear those that are not green")
        tell_people(folder, NoticeKind.FAILURE, "the run failed", [problem], run_id)

    return tell


def tell_of_findings(folder: ProjectFolder, planned: Task, context: Context, parts: Iterable["TaskManifest"]) -> None:
    """Tells people what a task that succeeded has found: many records set aside, or messages that stop coming.

    Args:
        folder: The project.
        planned: The task.
        context: The task's context, from Airflow.
        parts: What the task has written to the run's manifest.
    """
    run_id = context["dag_run"].run_id
    for part in parts:
        if planned.name == "fetch" and (problem := _set_aside(folder, part)) is not None:
            tell_people(folder, NoticeKind.QUARANTINE, "many records were set aside", [problem], run_id)
        if planned.name == "process":
            for summary, problem in _silences(folder, part, context):
                tell_people(folder, NoticeKind.STALE, summary, [problem], run_id)


def tell_people(
    folder: ProjectFolder, kind: NoticeKind, summary: str, problems: Iterable[Problem], run_id: str | None = None
) -> None:
    """Sends a notice about a project to the people whom its config, or else the setting, names.

    Args:
        folder: The project.
        kind: What it is about.
        summary: What happened, in a few words.
        problems: What is wrong, and what to do.
        run_id: The run that the link leads to; None for the project.
    """
    from pipeline_lib.delivery.notices import Notice
    from pipeline_lib.orchestration.notice_channels import send

    send(Notice(kind, folder.dag_id, summary, tuple(problems), link_to(folder.dag_id, run_id)), ways_of(folder))


def tell_of_projects(found: Iterable[Found]) -> None:
    """Sends what was found wrong with projects; what is wrong with very many in the same way is one notice.

    Otherwise people would get 200 e-mails because a disk with all configs is gone, or the scheduler was down.
    """
    from pipeline_lib.delivery.notices import Notice
    from pipeline_lib.orchestration.notice_channels import send

    groups: dict[tuple[NoticeKind, tuple[PlannedNotice, ...]], list[Found]] = {}
    for each in found:
        groups.setdefault((each.kind, ways_of(each.folder)), []).append(each)
    for (kind, ways), alike in groups.items():
        if len(alike) <= _MOST_ALONE:
            for each in alike:
                tell_people(each.folder, kind, each.summary, each.problems)
            continue
        names = [each.folder.dag_id for each in alike]
        more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
        every = Problem("all of them", ", ".join(names[:_MOST_NAMED]) + more)
        problems = (every, *map(_first_problem, alike))
        send(Notice(kind, f"{len(alike):,} projects", _OF_MANY[kind], problems, link_to()), ways)


_MOST_ALONE, _MOST_NAMED = 5, 200
_OF_MANY = MappingProxyType(
    {
        NoticeKind.CONFIG: "their configs cannot be used",
        NoticeKind.PAUSED: "they are paused",
        NoticeKind.MISSED: "nights did not happen",
        NoticeKind.DEADLINE: "runs are late or stand still",
    }
)


def _first_problem(found: Found) -> Problem:
    """One of the problems of a project, whose place begins with its name."""
    problem, name = found.problems[0], found.folder.dag_id
    return problem if problem.place.startswith(name) else problem._replace(place=f"{name}, {problem.place}")


def ways_of(folder: ProjectFolder) -> tuple[PlannedNotice, ...]:
    """Where notices about a project go: by its config, or its last good one, or else by the setting."""
    from pipeline_lib.orchestration.notice_setting import setting_notices

    plan = folder.plan or folder.last_good
    return plan.notices if plan is not None and plan.notices is not None else setting_notices()


def link_to(dag_id: str | None = None, run_id: str | None = None) -> str:
    """The address of a run's page, of a DAG's, or of the list of DAGs."""
    from airflow.sdk.configuration import conf

    base = (conf.get("api", "base_url", fallback="") or "http://localhost:8080").rstrip("/")
    of_dag = f"/{quote(dag_id, safe='')}" if dag_id else ""
    return f"{base}/dags{of_dag}" + (f"/runs/{quote(run_id, safe='')}" if run_id else "")


def _stops_every_task(folder: ProjectFolder, error: BaseException | str | None) -> bool:
    """Whether it is an error of the run's parameters, or of the config as `read_usable` tells it."""
    if isinstance(error, ParameterError):
        return True
    beginning = f"{folder.config.parent.name}/"
    return isinstance(error, ConfigError) and any(each.place.startswith(beginning) for each in error.problems)


def _is_first_to_say(instance: Any) -> bool:
    """Whether no other task of the run has reported an error that all its tasks fail with: the first one does.

    That one may have succeeded long before, in a run of which only later tasks are done again.
    """
    if instance.task_id in {_FIRST, "config_error"}:
        return True
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    try:
        asked = {"dag_id": instance.dag_id, "run_ids": [instance.run_id], "task_ids": [_FIRST]}
        states = RuntimeTaskInstance.get_task_states(**asked)
    except Exception:  # noqa: BLE001 - to be told twice is better than not at all
        return True
    return bool(states.get(instance.run_id, {}).get(_FIRST) == "success")


def _name(instance: Any) -> str:
    """`process`, or `fetch 2` for the second source."""
    index = getattr(instance, "map_index", None)
    return f"{instance.task_id} {index + 1}" if isinstance(index, int) and index >= 0 else str(instance.task_id)


def _problems(task_id: str, error: BaseException | str | None) -> list[Problem]:
    """An error as problems. Only our own errors are quoted: others' words may hold what was being read."""
    if isinstance(error, PipelineError) and error.problems:
        return list(error.problems)
    if isinstance(error, BaseException):
        wrong = f"failed unexpectedly, with {type(error).__name__}"
        return [Problem(task_id, wrong, "look at its log; if that does not help, show the log to a developer")]
    wrong = "its process was killed or stopped answering, or no worker took it"
    right = "check whether its machine ran out of memory or was restarted, and workers are there; then clear the task"
    return [Problem(task_id, wrong, right)]


def _set_aside(folder: ProjectFolder, part: "TaskManifest") -> Problem | None:
    """The problem if more than half of the records that may be set aside were; above the limit the task fails."""
    from pipeline_lib.errors import counted
    from pipeline_lib.model.step_counts import Outcome, total

    plan = folder.plan or folder.last_good
    count = total(part.counts, outcome=Outcome.QUARANTINED)
    of = count + sum(part.outputs.values())
    if plan is None or not count or count / of <= plan.quarantine_share_limit / 2:
        return None
    wrong = f"{counted(count, 'record')} of {of:,} were set aside ({count / of:.1%})"
    right = (
        f"the reasons are in the run's manifest; a task fails above {plan.quarantine_share_limit:.1%} "
        "(QuarantineShareLimit)"
    )
    return Problem(part.task, wrong, right)


def _silences(folder: ProjectFolder, part: "TaskManifest", context: Context) -> Iterator[tuple[str, Problem]]:
    """What to report if the newest message, or a source's newest record, has become as old as `StaleAfterDays`.

    It must have become so old since the last night that could tell, so that no night reports it again. Messages as a
    whole are reported again after as many days more; a single source only once, since it may be over.
    """
    from pipeline_lib.storage.run_history import newest_of_sources

    plan = folder.plan or folder.last_good
    run = context["dag_run"]
    start, end = getattr(run, "data_interval_start", None), getattr(run, "data_interval_end", None)
    if plan is None or plan.stale_after_days is None or start is None or end is None:
        return
    if run.run_type.value != "scheduled" or (plan.ends_at is not None and end > plan.ends_at):
        return
    start = min(start, _last_night(folder, plan.data_root, end) or start)
    period = timedelta(days=plan.stale_after_days)
    newest = max(_newest_messages(part), default=None)
    if newest is not None and end - newest >= period:
        if (end - newest) // period != (start - newest) // period:
            yield (
                "no new messages",
                Problem("messages", f"the newest message is {_age(newest, end)}", _IF_ALL_ARE_SILENT),
            )
        return
    for source in newest_of_sources(part):
        if source.newest_at is not None and start - source.newest_at < period <= end - source.newest_at:
            wrong = f"its newest record is {_age(source.newest_at, end)}"
            yield "a source is silent", Problem(f"source {source.name}", wrong, _IF_ONE_IS_SILENT)


def _last_night(folder: ProjectFolder, data_root: str, before: datetime) -> datetime | None:
    """The end of the interval of the last earlier run that looked; None where there is none, or nobody knows."""
    from pipeline_lib.connection_secrets import lending_connections
    from pipeline_lib.google_credentials import google_credentials_from
    from pipeline_lib.orchestration.connections import connection_secret
    from pipeline_lib.orchestration.google_connection import connection_credentials
    from pipeline_lib.storage import storage_at
    from pipeline_lib.storage.run_history import read_history

    try:
        with lending_connections(connection_secret), google_credentials_from(connection_credentials):
            runs = read_history(storage_at(f"{data_root}/{folder.config.parent.name}"))
    except Exception:  # noqa: BLE001 - a notice must never fail what it tells of
        return None
    ends = [end for run in runs if run.has_outputs and (end := interval_end_of(run.key)) is not None]
    return max((end for end in ends if end < before), default=None)


_IF_ALL_ARE_SILENT = (
    "check whether the show is on air, and the source's flows or page still take messages; if the season is over, "
    "set ProjectEndDate, or remove Schedule"
)
_IF_ONE_IS_SILENT = "check whether its flows, form or page still take messages; if it is over, nothing needs to be done"


def _age(time: datetime, now: datetime) -> str:
    return f"of {time.astimezone(UTC):%d %B %Y}, {(now - time).days} days ago"


def _newest_messages(part: "TaskManifest") -> list[datetime]:
    times = (each.get("newest_message") for each in part.quality)
    return [datetime.fromisoformat(time) for time in times if isinstance(time, str)]
