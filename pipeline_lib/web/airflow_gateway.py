"""What the pages ask of Airflow. `orchestration` answers, and tests do: nothing here imports Airflow."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from pipeline_lib.config import Project
from pipeline_lib.errors import Problem
from pipeline_lib.storage import Storage

_DONE_AFTER = 4
"""How many times `stale_after` a source is silent that has done its part."""


@dataclass(frozen=True)
class KnownProject:
    """A project as the folder of configs has it, or what its data still tell of it."""

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
    """When its newest run was due that should have gone well by now; None if none was."""
    timezone: str = "UTC"
    """The zone that people of the project live by."""
    stale_after: timedelta | None = timedelta(days=7)
    """After how long without a message, or a record of a source, somebody should ask why; None for never."""

    def days_silent(self, newest_at: datetime | None, seen_until: datetime) -> int | None:
        """For how many days nothing had come from a source when a run saw it, if somebody should ask why; else None.

        After some more time nobody should: the flow of an episode that is over has done its part.
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
    """Whether a task of it waits for a person's answer."""

    @property
    def has_ended(self) -> bool:
        """Whether Airflow starts no more tasks of it."""
        return self.state not in {"running", "queued"}


class DagStatus(NamedTuple):
    """What Airflow knows of a project's runs."""

    newest: KnownRun | None = None
    last_good: datetime | None = None
    """When the newest scheduled run that succeeded was due."""
    is_paused: bool = False


class AirflowGateway(Protocol):
    """What Airflow and the folder of configs know."""

    def projects(self) -> Collection[KnownProject]:
        """All projects, and those without a config of which Airflow may still have a run under way."""

    def project(self, dag_id: str) -> KnownProject | None:
        """One project; None if neither a config nor data are known of it."""

    def run(self, dag_id: str, run_id: str) -> KnownRun | None:
        """A DAG run; None if Airflow has none of this id."""

    def dag_statuses(self, dag_ids: Collection[str]) -> Mapping[str, DagStatus]:
        """What is known of the runs of some projects."""

    def config_of_run(self, project: KnownProject, storage: Storage, key: str) -> Project | None:
        """The config that a run began with; None if it kept none that can still be read."""


class Access(NamedTuple):
    """Who may see what: FastAPI dependencies, which refuse by an HTTPException."""

    project: Callable[..., Any]
    """Refuses whoever may not see the project that the path's `dag_id` names."""
    reads_texts: Callable[..., Any]
    """Gives whether the user may read what participants of that project wrote."""
    visible: Callable[..., Any]
    """Gives a function that leaves of some DAG ids those that the user may see; refuses whoever is not logged in."""
    login_url: Callable[[str], str]
    """Where to log in, to come back to a path."""
