"""The board over all projects: how each one's night went, and who has to do what."""

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from time import monotonic
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pipeline_lib.concurrency import map_concurrently
from pipeline_lib.errors import PipelineError, counted
from pipeline_lib.storage import storage_at
from pipeline_lib.storage.run_history import RunSummary, read_history
from pipeline_lib.web.airflow_gateway import AirflowGateway, DagStatus, KnownProject

_READERS = 16
"""How many projects' histories are read at the same time: object stores answer slowly."""
_FRESH_SECONDS = 60.0
"""For how long what was read is used again."""
_TREND_RUNS = 14

logger = logging.getLogger(__name__)


class Urgency(IntEnum):
    """How soon somebody should act."""

    NOW = 0
    """Otherwise tonight's run will go wrong too, or leave people out."""
    SOON = 1
    """It can wait for the day."""
    NONE = 2


class ToDo(NamedTuple):
    """What somebody must do."""

    who: str
    what: str
    urgency: Urgency
    run_id: str = ""
    """The run whose report tells more."""


@dataclass(frozen=True)
class Row:
    """A project on the board."""

    project: KnownProject
    status: DagStatus
    runs: tuple[RunSummary, ...]
    """By their as-of times, the newest last."""
    to_do: tuple[ToDo, ...]

    @property
    def newest(self) -> RunSummary | None:
        """The newest run that has made its tables."""
        return next((run for run in reversed(self.runs) if run.has_outputs), None)

    @property
    def last_good(self) -> datetime | None:
        """When the last good night was: as Airflow knows it, else when the newest run with an analysis was made."""
        made = (run.worked_on_at for run in reversed(self.runs) if "analyse" in run.tasks)
        return self.status.last_good or next(made, None)

    @property
    def urgency(self) -> Urgency:
        """That of the most urgent thing to do."""
        return min((each.urgency for each in self.to_do), default=Urgency.NONE)

    @property
    def trend(self) -> tuple[int, ...]:
        """Messages of the last runs, the newest last."""
        return trend_of(self.runs)


def trend_of(runs: Collection[RunSummary]) -> tuple[int, ...]:
    """Message counts of the last runs with tables, the newest last; of runs with the same as-of time only one."""
    by_time = {run.seen_until: run.message_count for run in runs if run.message_count is not None}
    return tuple(count for _, count in sorted(by_time.items()))[-_TREND_RUNS:]


class Board:
    """The rows of all projects; reads are kept for a minute."""

    def __init__(self, airflow: AirflowGateway) -> None:
        """A board of the projects of one Airflow."""
        self._airflow = airflow
        self._projects: tuple[float, Collection[KnownProject]] | None = None
        self._histories: dict[str, tuple[float, tuple[RunSummary, ...]]] = {}

    def read_rows(self, visible: Collection[str]) -> list[Row]:
        """The projects with these DAG ids, those that need somebody first."""
        projects = [project for project in self.list_projects() if project.dag_id in visible]
        statuses = self._airflow.read_dag_statuses([project.dag_id for project in projects])
        shown = [
            project for project in projects if project.has_config or _to_end(statuses.get(project.dag_id, DagStatus()))
        ]
        return rows_of(shown, statuses, map_concurrently(self.read_history, shown, _READERS))

    def list_projects(self) -> Collection[KnownProject]:
        """All projects."""
        if self._projects is None or monotonic() - self._projects[0] > _FRESH_SECONDS:
            self._projects = monotonic(), tuple(self._airflow.list_projects())
        return self._projects[1]

    def read_history(self, project: KnownProject) -> tuple[RunSummary, ...]:
        """The summaries of a project's runs; none where its storage is unavailable."""
        read_at, runs = self._histories.get(project.dag_id, (None, ()))
        if read_at is None or monotonic() - read_at > _FRESH_SECONDS:
            runs = _read(project)
            self._histories[project.dag_id] = monotonic(), runs
        return runs


def _read(project: KnownProject) -> tuple[RunSummary, ...]:
    runs: dict[str, RunSummary] = {}
    for place in project.places:
        try:
            runs = {run.key: run for run in read_history(storage_at(place))} | runs
        except (PipelineError, OSError) as error:
            logger.warning("The history of %s cannot be read: %s", project.dag_id, error)
    return tuple(sorted(runs.values(), key=lambda run: (run.seen_until, run.worked_on_at)))


def rows_of(
    projects: Collection[KnownProject],
    statuses: Mapping[str, DagStatus],
    histories: Collection[tuple[RunSummary, ...]],
) -> list[Row]:
    """The rows of projects and of their runs, those that need somebody first."""
    rows = []
    for project, runs in zip(projects, histories, strict=True):
        row = Row(project, statuses.get(project.dag_id, DagStatus()), runs, ())
        rows.append(Row(project, row.status, runs, tuple(to_do_of(row))))
    return sorted(rows, key=lambda row: (row.urgency, row.project.title.casefold(), row.project.dag_id))


def to_do_of(row: Row) -> list[ToDo]:
    """Who must do what about a project."""
    if not row.project.has_config:
        return _to_end(row.status)
    return [*_to_run(row), *_to_code(row), *_to_look_after(row)]


def _to_run(row: Row) -> list[ToDo]:
    project, status = row.project, row.status
    found = []
    if project.problems:
        shown = project.problems[0]
        found.append(ToDo("project author", f"correct the config: {shown}", Urgency.NOW))
    if status.newest is not None and status.newest.state == "failed":
        failed = ", ".join(status.newest.failed_tasks) or "a task"
        what = f"look at the log of {failed}, which failed"
        found.append(ToDo("operator", what, Urgency.NOW, status.newest.run_id))
    if status.newest is not None and status.newest.awaits_approval:
        what = "look at the report, and answer in Airflow whether it may be uploaded"
        found.append(ToDo("researcher", what, Urgency.NOW, status.newest.run_id))
    if status.is_paused:
        found.append(ToDo("operator", "unpause it in Airflow if it should run", Urgency.SOON))
    elif not found and project.due_at is not None and (row.last_good is None or row.last_good < project.due_at):
        found.append(ToDo("operator", "find out why there was no good night", Urgency.NOW))
    return found


def _to_end(status: DagStatus) -> list[ToDo]:
    """What is left to do about a project without a config: Airflow starts no more tasks of a run that is under way."""
    newest = status.newest
    if newest is None or newest.has_ended:
        return []
    what = "put its folder back until its run has ended, or mark that as failed in Airflow: it stands still"
    return [ToDo("operator", what, Urgency.NOW, newest.run_id)]


def _to_code(row: Row) -> list[ToDo]:
    newest = row.newest
    if newest is None:
        return []
    found = []
    if newest.unreviewed_stops:
        found.append(ToDo("coders", f"label {counted(newest.unreviewed_stops, 'stop word')} first", Urgency.NOW))
    if newest.not_reviewed:
        oldest = newest.oldest_unreviewed
        since = f", the oldest of {_day(oldest, row.project)}" if oldest else ""
        found.append(ToDo("coders", f"label {counted(newest.not_reviewed, 'message')}{since}", Urgency.SOON))
    return found


def _to_look_after(row: Row) -> list[ToDo]:
    newest = row.newest
    if newest is None:
        return []
    found = []
    if newest.quarantined:
        what = f"look at {counted(newest.quarantined, 'record')} set aside"
        found.append(ToDo("operator", what, Urgency.SOON, newest.key))
    return [*found, *_silences(row.project, newest)]


def _silences(project: KnownProject, newest: RunSummary) -> Iterator[ToDo]:
    """Whom to ask if no message, or no record of a source, has come for long; by the same rule as the notices."""
    period, last = project.stale_after, newest.newest_message
    if not project.is_scheduled or period is None:
        return
    if last is not None and newest.seen_until - last >= period:
        what = f"ask whether listeners still write: the newest message is of {_day(last, project)}"
        yield ToDo("operator", what, Urgency.SOON)
        return
    for source in newest.sources:
        if source.newest_at is not None and project.days_silent(source.newest_at, newest.seen_until) is not None:
            what = f'ask why "{source.name}" is silent: its newest record is of {_day(source.newest_at, project)}'
            yield ToDo("operator", what, Urgency.SOON, newest.key)


def _day(time: datetime, project: KnownProject) -> str:
    return f"{time.astimezone(ZoneInfo(project.timezone)):%-d %B %Y}"
