"""Finds, by looking at all projects, what no task of a project can report.

Nights that never happened, or are late; paused projects; and runs that stand still because their project was removed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import NamedTuple, Protocol

from pipeline_lib.errors import Problem
from pipeline_lib.model.notices import NoticeKind
from pipeline_lib.orchestration.plan import PlannedSchedule
from pipeline_lib.orchestration.projects import ProjectFolder

MORNING = time(4, tzinfo=UTC)
"""When people are reminded of what is still wrong: seven o'clock in East Africa."""


class Interval(NamedTuple):
    """A time range: after its start, up to its end."""

    start: datetime
    end: datetime

    def has(self, moment: datetime) -> bool:
        """Whether a moment is within it."""
        return self.start < moment <= self.end

    @property
    def has_morning(self) -> bool:
        """Whether `MORNING` of some day is within it."""
        mornings = (datetime.combine(moment.astimezone(UTC), MORNING) for moment in self)
        return self.end - self.start >= timedelta(days=1) or any(map(self.has, mornings))


class Airflow(Protocol):
    """What Airflow is asked."""

    def is_paused(self, dag_id: str) -> bool | None:
        """Whether a DAG is paused; None if there is none of this id."""

    def has_run(self, dag_id: str, logical_date: datetime, *, finished: bool) -> bool:
        """Whether there is a run of the interval that begins then, or one that has finished, well or not."""

    def is_covered(self, dag_id: str, moment: datetime) -> bool:
        """Whether the newest interval of a run that began before that moment ends then or later."""

    def is_under_way(self, dag_id: str) -> bool:
        """Whether any run of a DAG has not ended."""


LastInterval = Callable[[PlannedSchedule, datetime], Interval]
"""The last data interval of a schedule that had ended at a time."""


@dataclass(frozen=True)
class Found:
    """What is wrong with a project."""

    folder: ProjectFolder
    kind: NoticeKind
    summary: str
    problems: tuple[Problem, ...]


def look_at(
    folders: Iterable[ProjectFolder], since: Interval, airflow: Airflow, last_interval: LastInterval
) -> Iterator[Found]:
    """What has become wrong since the last look, and in the morning what still is.

    Args:
        folders: All projects.
        since: From the last look to this one.
        airflow: What Airflow knows.
        last_interval: Computes intervals as Airflow's scheduler does.
    """
    for folder in folders:
        if since.has_morning and folder.problems:
            yield Found(folder, NoticeKind.CONFIG, "the config cannot be used", folder.problems)
        is_paused = airflow.is_paused(folder.dag_id) if since.has_morning else None
        if is_paused:
            yield _paused(folder)
        yield from _night(folder, since, airflow, last_interval)


def look_at_removed(folders: Iterable[ProjectFolder], since: Interval, airflow: Airflow) -> Iterator[Found]:
    """In the morning, the projects whose folders were removed while a run was under way.

    Airflow soon no longer has the DAG, and starts none of its tasks; nothing fails, so nothing else reports it.

    Args:
        folders: Projects that are no longer among the configs.
        since: From the last look to this one.
        airflow: What Airflow knows.
    """
    for folder in folders if since.has_morning else ():
        if airflow.is_under_way(folder.dag_id):
            wrong = "was removed from the configs while a run of it was under way, which now stands still"
            right = "put its folder back until the run has ended; or, if nobody needs it, mark it as failed in Airflow"
            yield Found(folder, NoticeKind.DEADLINE, "a run stands still", (Problem(folder.dag_id, wrong, right),))


def _paused(folder: ProjectFolder) -> Found:
    does = "no night of it is run" if _schedule(folder) else "a run that is started by hand waits for ever"
    right = "unpause it in Airflow; or, if it is over, remove its folder"
    problem = Problem(folder.dag_id, f"is configured, but paused: {does}", right)
    return Found(folder, NoticeKind.PAUSED, "the project is paused", (problem,))


def _night(folder: ProjectFolder, since: Interval, airflow: Airflow, last_interval: LastInterval) -> Iterator[Found]:
    schedule = _schedule(folder)
    if schedule is None:
        return
    plan = folder.plan or folder.last_good
    patience = timedelta(hours=plan.deadline_hours if plan is not None else 6)
    due = islice(_nights(schedule, since, patience, last_interval), _MOST_NIGHTS)
    undone = [night for night in due if not airflow.has_run(folder.dag_id, night.start, finished=True)]
    if not undone or airflow.is_paused(folder.dag_id):
        return
    late = f"{patience.total_seconds() / 3600:g} hours after it was due"
    begun = [night for night in undone if airflow.has_run(folder.dag_id, night.start, finished=False)]
    if begun:
        right = (
            "see which of its tasks is under way or waits; if it is only large, give it more hours in the config "
            "(DeadlineHours)"
        )
        yield Found(
            folder, NoticeKind.DEADLINE, "a run is late", (Problem(_named(begun), f"is not done {late}", right),)
        )
    # Whoever changes the schedule moves the ends of intervals: the run by the earlier one has done that night.
    missed = [night for night in undone if night not in begun and not airflow.is_covered(folder.dag_id, night.end)]
    if missed:
        right = _IF_HELD_UP if airflow.is_under_way(folder.dag_id) else _IF_NOTHING_RUNS
        summary = "a night did not happen" if len(missed) == 1 else f"{len(missed)} nights did not happen"
        problem = Problem(_named(missed), f"has not begun {late}", right)
        yield Found(folder, NoticeKind.MISSED, summary, (problem,))


_MOST_NIGHTS = 50
_IF_NOTHING_RUNS = (
    "check whether Airflow's scheduler and DAG processor are running, and the project is in its list; then backfill "
    "what is missing"
)
_IF_HELD_UP = (
    "a run of the project is under way, and beside backfills there is only one at a time: see which of its tasks is "
    "under way or waits, or mark it as failed; then backfill what is still missing"
)


def _nights(
    schedule: PlannedSchedule, since: Interval, patience: timedelta, last_interval: LastInterval
) -> Iterator[Interval]:
    """The nights that had to be done within a time range, the newest first."""
    night, later = last_interval(schedule, since.end - patience), since.end
    while night.end < later and since.has(night.end + patience) and night.start >= schedule.start_date:
        yield night
        # Two hours, if need be: where a clock goes forward, Airflow's own arithmetic gives the same end again.
        steps = (last_interval(schedule, night.end - step) for step in (timedelta(seconds=1), timedelta(hours=2)))
        night, later = next((each for each in steps if each.end < night.end), night), night.end


def _named(nights: Sequence[Interval]) -> str:
    """`the run of 09 January 2026 23:00 to 10 January 23:00 (UTC)`, of several nights the oldest first."""
    names = [
        f"{night.start.astimezone(UTC):%d %B %Y %H:%M} to {night.end.astimezone(UTC):%d %B %H:%M}"
        for night in reversed(nights)
    ]
    return f"the run of {', of '.join(names[:_FEW])}{_more(len(names) - _FEW)} (UTC)"


_FEW = 7


def _more(count: int) -> str:
    return f" and of {count:,} more" if count > 0 else ""


def _schedule(folder: ProjectFolder) -> PlannedSchedule | None:
    plan = folder.plan or folder.last_good
    return plan.schedule if plan is not None else folder.schedule
