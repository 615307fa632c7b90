"""A project's DAG as data, which tests can compare, the cache can store, and `dag.py` turns into Airflow's DAG."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict

from pipeline_lib.config import PipelineConfig, Project
from pipeline_lib.config.notices import NoticeEntry
from pipeline_lib.config.source_names import names_that_may_shrink, source_names
from pipeline_lib.model.notices import NoticeChannel, NoticeKind
from pipeline_lib.model.shard import Shard


class Each(NamedTuple):
    """What a mapped task is mapped over: one task instance for each name."""

    input: str
    """The input of the task that takes the name."""
    names: tuple[str, ...]
    """Each begins with its number, from 1."""


@dataclass(frozen=True)
class Task:
    """One task, and what it needs.

    The artifacts of the tasks in `upstream` are its inputs, by their names.
    """

    name: str
    purpose: str
    """What it does, in Markdown, for the people who see it in Airflow's UI."""
    upstream: tuple[str, ...] = ()
    each: Each | None = None
    """What it is mapped over; None for a single task instance."""
    needs_all_outputs: bool = False
    """Whether it is skipped in a run whose mode makes only some of the outputs."""
    reaches_outside: bool = False
    """Whether only a run that publishes does it, since it changes what others see or asks a person about that."""
    after: tuple[str, ...] = ()
    """Further tasks that it waits for, if the project has them; it takes no input from them."""
    trigger: Literal["all_success", "all_done", "one_failed"] = "all_success"
    """How the tasks that it waits for must have ended: Airflow's trigger rule. A task that runs whatever happened is
    still skipped if one of its inputs was not made."""
    awaits_approval: bool = False
    """Whether it waits for a person's answer."""
    reads: tuple[str, ...] = ()
    """The artifacts that it reads, by their asset names."""
    makes: tuple[str, ...] = ()
    """The artifacts that it makes."""
    makes_in_full: tuple[str, ...] = ()
    """Further artifacts that it makes, unless the run's mode makes only some of the outputs."""
    most_hours: float = 3
    """Time limit of one try: a task that hangs would hold up its project's next nights."""


class _Data(BaseModel):
    # A plan that an earlier version stored is still the project's last good state, even if plans had more keys then.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class PlannedSchedule(_Data):
    """When runs start by themselves."""

    cron: str
    timezone: str
    start_date: AwareDatetime
    """The first data interval begins no earlier."""


class PlannedNotice(_Data):
    """One way to tell people what is wrong."""

    channel: NoticeChannel
    connection: str | None = None
    """Id of the Airflow connection."""
    to: tuple[str, ...] = ()
    kinds: tuple[NoticeKind, ...] = tuple(NoticeKind)


class Plan(_Data):
    """Everything that a project's DAG is built from, so that building it does not need the config's models."""

    pipeline_name: str
    description: str
    sources: tuple[str, ...]
    """The sources' names, in config order."""
    may_shrink: tuple[str, ...] = ()
    """The names that a run's parameter `accept_shrink` may list."""
    asked_for: tuple[str, ...] = ()
    """The optional tasks that its config asks for."""
    shard_count: int = 1
    """Into how many shards of participants processing is divided."""
    schedule: PlannedSchedule | None
    data_root: str
    """The URI of the folder that holds the project's folder."""
    dashboard: str | None = None
    """Where the operations dashboard's key is, as the config writes it."""
    task_timeout_hours: float | None = None
    """Time limit of one try of any task; None for each task's own."""
    notices: tuple[PlannedNotice, ...] | None = None
    """Who is told when something is wrong; None for those whom `PIPELINE_NOTICES` names."""
    deadline_hours: float = 6
    """How long after it was due a scheduled run must be finished."""
    stale_after_days: int | None = None
    ends_at: AwareDatetime | None = None
    """When the project ends, if its config says so."""
    quarantine_share_limit: float = 1.0


def plan_of(project: Project, data_root: str) -> Plan:
    """The project's plan; `data_root` is the URI from the config or the setting."""
    config, dashboard = project.config, project.config.operations_dashboard
    return Plan(
        pipeline_name=config.pipeline_name,
        description=config.description,
        sources=source_names(project),
        may_shrink=names_that_may_shrink(project),
        asked_for=asked_for(config),
        shard_count=config.processing_shards,
        schedule=schedule_of(config),
        data_root=data_root,
        dashboard=dashboard.firebase_credentials_file_url.get_secret_value() if dashboard is not None else None,
        task_timeout_hours=config.task_timeout_hours,
        notices=planned_notices(config.notices) if config.notices is not None else None,
        deadline_hours=config.deadline_hours,
        stale_after_days=config.stale_after_days,
        ends_at=config.project_end_date,
        quarantine_share_limit=config.quarantine_share_limit,
    )


def planned_notices(written: Iterable[NoticeEntry]) -> tuple[PlannedNotice, ...]:
    """The notices that a config, or the setting, lists."""
    return tuple(
        PlannedNotice(
            channel=entry.channel,
            connection=entry.connection_id,
            to=entry.to,
            kinds=entry.kinds or tuple(NoticeKind),
        )
        for entry in written
    )


def schedule_of(config: PipelineConfig) -> PlannedSchedule | None:
    """The config's schedule."""
    written = config.schedule
    if written is None:
        return None
    return PlannedSchedule(cron=written.cron, timezone=written.timezone, start_date=written.start_date)


def tasks_of(project: Project) -> tuple[Task, ...]:
    """The project's tasks; each comes after those that it needs."""
    return tasks_for(source_names(project), asked_for(project.config), project.config.processing_shards)


def tasks_for(sources: Iterable[str], asked: Iterable[str] = (), shard_count: int = 1) -> tuple[Task, ...]:
    """The tasks of a project; each comes after those that it needs.

    Args:
        sources: The names of its sources.
        asked: The names of the optional tasks that its config asks for.
        shard_count: Into how many shards of participants processing is divided.
    """
    shards = _shards(shard_count) if shard_count > 1 else ()
    every = (
        Task(
            "coda_pull",
            "Copies the messages and labels of the project's datasets, as of the run's time.",
            reads=("label_store",),
            makes=("coded_messages",),
        ),
        Task(
            "fetch",
            "Fetches what is new from one source; writes its raw data.",
            each=Each("source", tuple(sources)),
            reads=("sources",),
            makes=("raw_data",),
            most_hours=12,  # the first fetch of a large workspace waits for the server's budget of requests
        ),
        *shards,
        Task(
            "process",
            "Translates, cleans, labels and folds the messages; writes the CSVs and what Coda needs.",
            upstream=("fetch", "coda_pull", *(task.name for task in shards)),
            reads=("raw_data", "coded_messages"),
            makes=("production", "coda_files"),
            makes_in_full=("messages", "individuals"),
            most_hours=6,
        ),
        Task(
            "analyse",
            "Counts, charts and maps the coded messages, and puts all of it on one page to pass on.",
            upstream=("process",),
            needs_all_outputs=True,
            reads=("messages", "individuals"),
            makes=("analysis",),
        ),
        Task(
            "coda_push",
            "Adds messages that the label store does not know yet; never touches one that is there. "
            "Left to the newest scheduled run and to runs with `publish`.",
            upstream=("process",),
            reaches_outside=True,
            reads=("coda_files",),
            makes=("label_store",),
        ),
    )
    tasks = (*every, *(task for task in _WHERE_ASKED if task.name in asked))
    names = {task.name for task in tasks}
    tasks = tuple(replace(task, after=tuple(name for name in task.after if name in names)) for task in tasks)
    if all(task.trigger == "all_success" for task in tasks):
        return tasks
    outcome = Task(
        "outcome",
        "Fails if another task has failed: otherwise the tasks that run in any case would make the run a success.",
        after=tuple(task.name for task in tasks),
        trigger="one_failed",
    )
    return (*tasks, outcome)


def _shards(count: int) -> tuple[Task, ...]:
    return (
        Task(
            "process_shard",
            "Translates and selects the messages of one shard of participants, for `process` to merge.",
            upstream=("fetch", "coda_pull"),
            each=Each("shard", tuple(str(Shard(number, count)) for number in range(count))),
            reads=("raw_data", "coded_messages"),
            most_hours=6,
        ),
    )


_WHERE_ASKED = (
    Task(
        "approve",
        "Waits until a person has looked at the report and approves, if nothing of the project was ever uploaded. "
        "If the answer is no, or none comes in time, nothing is uploaded, and the next run asks again.",
        upstream=("process", "analyse"),
        needs_all_outputs=True,
        reaches_outside=True,
        awaits_approval=True,
        reads=("analysis",),
    ),
    Task(
        "upload",
        "Puts the CSVs and the analysis on Google Drive: files keep their links, equal ones stay as they are, nothing "
        "is deleted. Left to the newest scheduled run and to runs with `publish`.",
        upstream=("process", "analyse"),
        after=("approve",),
        needs_all_outputs=True,
        reaches_outside=True,
        reads=("production", "messages", "individuals", "analysis"),
        makes=("drive",),
    ),
    Task(
        "archive",
        "Packs the run, its config and the raw store into one file, even if the analysis or the publishing failed, "
        "but not without outputs.",
        upstream=("process",),
        after=("analyse", "coda_push", "upload"),
        trigger="all_done",
        reads=("raw_data", "production", "messages", "individuals", "analysis"),
        makes=("archive",),
        most_hours=6,
    ),
    Task(
        "upload_logs",
        "Puts archives, and the logs of how the run went, into their buckets, where nothing is ever overwritten. "
        "Runs whatever happened before; what could not be uploaded waits for the next run.",
        after=("process", "analyse", "coda_push", "upload", "archive"),
        trigger="all_done",
        reads=("archive",),
        makes=("uploaded_logs",),
    ),
    Task(
        "prune",
        "Removes old runs, as far as `KeepRuns` and `KeepRunsDays` allow; never the state, nor a run that another run "
        "or an upload still needs.",
        after=("process", "analyse", "coda_push", "upload", "archive", "upload_logs"),
        trigger="all_done",
    ),
)
"""The optional tasks, which a project has if its config asks for them."""


def asked_for(config: PipelineConfig) -> tuple[str, ...]:
    """The names of the optional tasks that the config asks for."""
    is_asked = {
        "approve": config.drive_upload is not None and config.approve_first_publication,
        "upload": config.drive_upload is not None,
        "archive": config.data_archive_upload_bucket is not None,
        "upload_logs": bool(config.buckets()),
        "prune": config.prunes,
    }
    return tuple(name for name, asked in is_asked.items() if asked)
