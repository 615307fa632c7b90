"""What the pages ask of Airflow, as protocols: `orchestration` implements them, and so do tests, without Airflow."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from pipeline_lib.config import Project
from pipeline_lib.errors import Problem
from pipeline_lib.storage import Storage

_DONE_AFTER = 4
"""A source that has been silent for so many times `stale_after` is over, and nobody needs to ask about it."""


@dataclass(frozen=True)
class KnownProject:
    """A project with a config, or one that is known only from its data."""

    dag_id: str
    title: str
    description: str = ""
    has_config: bool = True
    problems: tuple[Problem, ...] = ()
    """What is wrong with its config."""
    places: tuple[str, ...] = ()
    """URIs of the folders that hold its runs and its state, present and earlier, the newest first."""
    is_scheduled: bool = True
    due_at: datetime | None = None
    """When the newest run was due that should have succeeded by now; None if there is none."""
    timezone: str = "UTC"
    """The time zone of the project's people."""
    stale_after: timedelta | None = timedelta(days=7)
    """After how long without a message, or a record of a source, somebody should ask why; None for never."""

    def days_silent(self, newest_at: datetime | None, seen_until: datetime) -> int | None:
        """For how many days a source had been silent at a run's as-of time, if somebody should ask why; else None.

        After some time more nobody should: the flow of an episode that is over gets no more messages.
        """
        if self.stale_after is None or newest_at is None:
            return None
        silence = seen_until - newest_at
        return silence.days if self.stale_after <= silence < _DONE_AFTER * self.stale_after else None


class KnownRun(NamedTuple):
    """A DAG run."""

    run_id: str
    key: str
    """Name of the run's folder."""
    state: str
    """Airflow's word: `success`, `failed`, `running`, `queued`."""
    run_type: str = "manual"
    started_at: datetime | None = None
    failed_tasks: tuple[str, ...] = ()
    awaits_approval: bool = False
    """Whether one of its tasks waits for a person's approval."""

    @property
    def has_ended(self) -> bool:
        """Whether Airflow starts no more tasks of it."""
        return self.state not in {"running", "queued"}


class DagStatus(NamedTuple):
    """What Airflow knows of a project's DAG and its runs."""

    newest: KnownRun | None = None
    last_good: datetime | None = None
    """When the newest scheduled run that succeeded was due."""
    is_paused: bool = False


class AirflowGateway(Protocol):
    """What Airflow and the folder of configs know."""

    def list_projects(self) -> Collection[KnownProject]:
        """All projects, and those without a config of which Airflow may still have a run under way."""

    def find_project(self, dag_id: str) -> KnownProject | None:
        """One project; None if neither a config nor data are known of it."""

    def find_run(self, dag_id: str, run_id: str) -> KnownRun | None:
        """A DAG run; None if Airflow has none of this id."""

    def read_dag_statuses(self, dag_ids: Collection[str]) -> Mapping[str, DagStatus]:
        """The status of each of these DAGs, by its id."""

    def read_config_of_run(self, project: KnownProject, storage: Storage, key: str) -> Project | None:
        """The config that a run began with, else the project's present one; None if that cannot be read."""


class Access(NamedTuple):
    """Who may see what: FastAPI dependencies, which refuse by raising an HTTPException."""

    project: Callable[..., Any]
    """Refuses whoever may not see the project that the path's `dag_id` names."""
    reads_texts: Callable[..., Any]
    """Returns whether the user may read what participants of that project wrote."""
    visible: Callable[..., Any]
    """Returns a function that picks from DAG ids those that the user may see; refuses whoever is not logged in."""
    login_url: Callable[[str], str]
    """Returns the address at which to log in and then come back to a path."""
