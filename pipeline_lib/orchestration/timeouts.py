"""How long tasks and runs may take: what hangs would hold up every further night of its project."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from airflow.sdk.exceptions import AirflowTaskTimeout

from pipeline_lib.errors import FatalSourceError, Problem
from pipeline_lib.orchestration.plan import Task
from pipeline_lib.orchestration.projects import ProjectFolder

LONGEST_RUN = timedelta(days=3)
"""For a scheduled run: the scheduler ends what a task's own limit could not, such as one that hangs outside Python."""


def timeout_of(planned: Task, folder: ProjectFolder) -> timedelta:
    """How long a try of a task may take: what the project's config says, else what the plan says of the task."""
    plan = folder.plan or folder.last_good
    widened = plan.task_timeout_hours if plan is not None else None
    return timedelta(hours=widened or planned.most_hours)


@contextmanager
def told_of_timeout(planned: Task, folder: ProjectFolder) -> Iterator[None]:
    """Says in a sentence that Airflow has ended the block, because it took too long.

    Raises:
        FatalSourceError: It did. Another try would most likely hang too, and hold up the next night.
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
