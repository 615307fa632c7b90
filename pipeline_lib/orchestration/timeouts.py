"""Time limits of tasks and runs: one that hangs would hold up all later nights of its project."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from airflow.sdk.exceptions import AirflowTaskTimeout

from pipeline_lib.errors import FatalSourceError, Problem
from pipeline_lib.orchestration.plan import Plan, Task
from pipeline_lib.orchestration.projects import ProjectFolder

_LONGEST_RUN = timedelta(days=3)
_LONG_TASKS = 3
"""How many tasks of a run, one after the other, may each take as long as the config allows."""


def timeout_of(planned: Task, folder: ProjectFolder) -> timedelta:
    """The time limit of one try of a task, from the project's config or else from the plan."""
    plan = folder.plan or folder.last_good
    widened = plan.task_timeout_hours if plan is not None else None
    return timedelta(hours=widened or planned.most_hours)


def timeout_of_runs(plan: Plan) -> timedelta | None:
    """The time limit of a project's runs; None without a schedule, since there is no next night to hold up.

    The scheduler also ends tasks that hang outside Python, where their own limit fails.
    """
    return max(_LONGEST_RUN, _LONG_TASKS * timedelta(hours=plan.task_timeout_hours or 0)) if plan.schedule else None


@contextmanager
def told_of_timeout(planned: Task, folder: ProjectFolder) -> Iterator[None]:
    """Turns Airflow's timeout of the block into an error that says so in a sentence.

    Raises:
        FatalSourceError: The block took too long. Another try would most likely hang too, and hold up the next night.
    """
    try:
        yield
    except AirflowTaskTimeout:
        hours = timeout_of(planned, folder).total_seconds() / 3600
        wrong = f"took longer than {hours:g} hours, and was ended"
        right = (
            "look where its log stands still; if it only had much to do, clear it and it goes on, and give it more "
            "time in the config (TaskTimeoutHours)"
        )
    else:
        return
    raise FatalSourceError(Problem(planned.name, wrong, right))
