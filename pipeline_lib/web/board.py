"""The board over all projects: how each one's night went, and who has to do what."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from time import monotonic
from typing import NamedTuple

from pipeline_lib.concurrency import map_concurrently
from pipeline_lib.errors import PipelineError, Problem, counted
from pipeline_lib.machine_errors import told_in_sentences
from pipeline_lib.model.times import in_zone
from pipeline_lib.model.uris import path_or_uri
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


class History(NamedTuple):
    """What is known of a project's runs."""

    runs: tuple[RunSummary, ...]
    """By their as-of times, the newest last."""
    unread: tuple[Problem, ...] = ()
    """Why the present data root cannot be read."""


class Standing(NamedTuple):
    """Where a project stands by its runs."""

    newest: RunSummary | None
    """The newest run that has made its tables."""
    analysed_at: datetime | None
    """When the newest run with an analysis was made."""
    trend: tuple[int, ...]
    """Messages of the last runs, the newest last."""
    has_runs: bool
    unread: tuple[Problem, ...] = ()
    """Why the present data root cannot be read."""


@dataclass(frozen=True)
class Row:
    """A project on the board."""

    project: KnownProject
    status: DagStatus
    standing: Standing
    to_do: tuple[ToDo, ...]

    @property
    def last_good(self) -> datetime | None:
        """When the last good night was: as Airflow knows it, else when the newest run with an analysis was made."""
        return self.status.last_good or self.standing.analysed_at

    @property
    def urgency(self) -> Urgency:
        """That of the most urgent thing to do."""
        return min((each.urgency for each in self.to_do), default=Urgency.NONE)


def standing_of(runs: Sequence[RunSummary], unread: tuple[Problem, ...] = ()) -> Standing:
    """Where a project stands by its runs, which are in the order of their as-of times."""
    newest = next((run for run in reversed(runs) if run.has_outputs), None)
    analysed_at = next((run.worked_on_at for run in reversed(runs) if "analyse" in run.tasks), None)
    return Standing(newest, analysed_at, _trend_of(runs), bool(runs), unread)


def _trend_of(runs: Sequence[RunSummary]) -> tuple[int, ...]:
    """Message counts of the last runs with tables, the newest last; of runs with the same as-of time only the last."""
    by_time: dict[datetime, int] = {}
    for run in reversed(runs):
        if run.message_count is not None:
            by_time.setdefault(run.seen_until, run.message_count)
        if len(by_time) == _TREND_RUNS:
            break
    return tuple(reversed(by_time.values()))


class Board:
    """The rows of all projects; reads are kept for a minute.

    Of a project's runs, which may be a hundred, only its standing is kept: twenty thousand summaries had Python search
    all of the api-server's memory for garbage, which took longer than to read them.
    """

    def __init__(self, airflow: AirflowGateway) -> None:
        """A board of the projects of one Airflow."""
        self._airflow = airflow
        self._projects: tuple[float, Collection[KnownProject]] | None = None
        self._standings: dict[str, tuple[float, Standing]] = {}

    def read_rows(self, visible: Callable[[set[str]], set[str]]) -> list[Row]:
        """The projects that somebody may see, those that need somebody first.

        Args:
            visible: Picks from DAG ids those that the user may see.
        """
        known = self._list_projects()
        shown_ids = visible({project.dag_id for project in known})
        projects = [project for project in known if project.dag_id in shown_ids]
        statuses = self._airflow.read_dag_statuses([project.dag_id for project in projects])
        shown = [
            project for project in projects if project.has_config or _to_end(statuses.get(project.dag_id, DagStatus()))
        ]
        return rows_of(shown, statuses, map_concurrently(self._read_standing, shown, _READERS))

    def _list_projects(self) -> Collection[KnownProject]:
        if self._projects is None or monotonic() - self._projects[0] > _FRESH_SECONDS:
            self._projects = monotonic(), tuple(self._airflow.list_projects())
        return self._projects[1]

    def _read_standing(self, project: KnownProject) -> Standing:
        known = self._standings.get(project.dag_id)
        if known is None or monotonic() - known[0] > _FRESH_SECONDS:
            known = self._standings[project.dag_id] = monotonic(), standing_of(*read_runs(project))
        return known[1]


def read_runs(project: KnownProject) -> History:
    """The summaries of a project's runs, as far as they can be read."""
    runs: dict[str, RunSummary] = {}
    unread: tuple[Problem, ...] = ()
    for place in project.places:
        try:
            with told_in_sentences():
                runs = {run.key: run for run in read_history(storage_at(place))} | runs
        except (PipelineError, OSError) as error:
            logger.warning("The history of %s cannot be read: %s", project.dag_id, error)
            if place == project.places[0]:  # an earlier data root may be gone for good
                unread = error.problems if isinstance(error, PipelineError) else (Problem(place, "cannot be read"),)
    return History(tuple(sorted(runs.values(), key=lambda run: (run.seen_until, run.worked_on_at))), unread)


def rows_of(
    projects: Collection[KnownProject],
    statuses: Mapping[str, DagStatus],
    standings: Collection[Standing],
) -> list[Row]:
    """The rows of projects, those that need somebody first."""
    rows = []
    for project, standing in zip(projects, standings, strict=True):
        row = Row(project, statuses.get(project.dag_id, DagStatus()), standing, ())
        rows.append(Row(project, row.status, standing, tuple(to_do_of(row))))
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
    return [*found, *_to_find(row)]


def _to_find(row: Row) -> Iterator[ToDo]:
    """What keeps the runs from being found where they should be."""
    places, standing = row.project.places, row.standing
    if standing.unread:
        yield ToDo("operator", f"look at the data root: {standing.unread[0]}", Urgency.NOW)
    elif places and row.status.last_good is not None and not standing.has_runs:
        what = f"look whether its disk is there: Airflow has good nights, and {path_or_uri(places[0])} has no run"
        yield ToDo("operator", what, Urgency.NOW)


def _to_end(status: DagStatus) -> list[ToDo]:
    """What is left to do about a project without a config: Airflow starts no more tasks of a run that is under way."""
    newest = status.newest
    if newest is None or newest.has_ended:
        return []
    what = "put its folder back until its run has ended, or mark that as failed in Airflow: it stands still"
    return [ToDo("operator", what, Urgency.NOW, newest.run_id)]


def _to_code(row: Row) -> list[ToDo]:
    newest = row.standing.newest
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
    newest = row.standing.newest
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
    return f"{in_zone(time, project.timezone):%-d %B %Y}"
