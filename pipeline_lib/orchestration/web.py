"""The pages of `pipeline_lib.web` behind Airflow's login and permissions, with what its database knows of runs."""
# ruff: noqa: PLC0415 - every process of Airflow loads its plugins, and only the api-server needs any of this

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_lib.config import CONFIG_FILENAME, configs_folder
from pipeline_lib.connection_secrets import lending_connections
from pipeline_lib.errors import PipelineError
from pipeline_lib.google_credentials import google_credentials_from
from pipeline_lib.orchestration.connections import connection_secret
from pipeline_lib.orchestration.dag_run import DagRun, run_type_of
from pipeline_lib.orchestration.google_connection import connection_credentials
from pipeline_lib.orchestration.projects import ProjectFolder, read_projects, read_removed

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from pipeline_lib.config import Project
    from pipeline_lib.orchestration.plan import Plan
    from pipeline_lib.storage import Storage
    from pipeline_lib.web.airflow_gateway import Access, DagStatus, KnownProject, KnownRun

PREFIX = "/pipeline"
"""Where Airflow mounts the pages."""


class LazyApp:
    """The app, made at the first request, so that processes without requests import nothing for it."""

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answers a request; a data root in a bucket is read as tasks read it."""
        with lending_connections(connection_secret), google_credentials_from(connection_credentials):
            await _app()(scope, receive, send)


@cache
def _app() -> "ASGIApp":
    from pipeline_lib.web.app import create_app

    return create_app(DatabaseGateway(configs_folder()), access_by_airflow())


def access_by_airflow() -> "Access":
    """Who may see what, by Airflow's own permissions.

    Whoever may see a DAG sees its project. Whoever may also start runs of it may read what participants wrote: every
    auth manager can tell that permission for each DAG, and mere viewers do not have it.
    """
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
    from fastapi import HTTPException, Request, status

    from pipeline_lib.web.airflow_gateway import Access

    starts_runs = requires_access_dag("POST", DagAccessEntity.RUN)

    def reads_texts(request: Request, user: GetUserDep) -> bool:
        try:
            starts_runs(request, user)
        except HTTPException as error:
            if error.status_code != status.HTTP_403_FORBIDDEN:
                raise
            return False
        return True

    def visible(user: GetUserDep) -> Callable[[set[str]], set[str]]:
        def leave(dag_ids: set[str]) -> set[str]:
            allowed: set[str] = get_auth_manager().filter_authorized_dag_ids(dag_ids=dag_ids, user=user, method="GET")
            return allowed

        return leave

    def login_url(next_url: str) -> str:
        return str(get_auth_manager().get_url_login(next_url=next_url))

    return Access(requires_access_dag("GET"), reads_texts, visible, login_url)


class DatabaseGateway:
    """What Airflow's database and the folder of configs know."""

    def __init__(self, configs: Path) -> None:
        """A gateway for the projects of a folder."""
        self._configs = configs

    def list_projects(self) -> "list[KnownProject]":
        """All projects that have a folder among the configs, then those that had one, as far as this machine knows."""
        present = [_known(folder) for folder in read_projects(self._configs)]
        removed = [replace(_known(folder), has_config=False, problems=()) for folder in read_removed(self._configs)]
        return present + removed

    def find_project(self, dag_id: str) -> "KnownProject | None":
        """One project, or what is left of one that no longer has a config."""
        for folder in read_projects(self._configs, only=dag_id):
            return _known(folder)
        return _gone(self._configs, dag_id)

    def find_run(self, dag_id: str, run_id: str) -> "KnownRun | None":
        """A DAG run, with those of its tasks that have failed; also one of the newest by its folder's name."""
        from airflow.models.dagrun import DagRun as Run
        from airflow.utils.session import create_session
        from sqlalchemy import select

        from pipeline_lib.storage.run_history import MOST_RUNS

        with create_session() as session:
            of_dag = select(Run).where(Run.dag_id == dag_id)
            found = session.scalar(of_dag.where(Run.run_id == run_id))
            if found is None:
                newest = session.scalars(of_dag.order_by(Run.run_after.desc()).limit(MOST_RUNS))
                found = next((run for run in newest if _ours(run).key == run_id), None)
            return _known_run(found, _tasks_to_look_at(session, [found])) if found is not None else None

    def read_dag_statuses(self, dag_ids: Collection[str]) -> "Mapping[str, DagStatus]":
        """How the projects' runs went, in four queries, however many projects there are."""
        from airflow.models.dag import DagModel
        from airflow.models.dagrun import DagRun as Run
        from airflow.utils.session import create_session
        from sqlalchemy import and_, func, select

        from pipeline_lib.web.airflow_gateway import DagStatus

        with create_session() as session:
            newest = select(Run.dag_id, func.max(Run.run_after).label("run_after")).where(Run.dag_id.in_(dag_ids))
            wanted = newest.group_by(Run.dag_id).subquery()
            is_wanted = and_(Run.dag_id == wanted.c.dag_id, Run.run_after == wanted.c.run_after)
            runs = {run.dag_id: run for run in session.scalars(select(Run).join(wanted, is_wanted))}
            tasks = _tasks_to_look_at(session, runs.values())
            good = select(Run.dag_id, func.max(Run.run_after)).where(Run.dag_id.in_(dag_ids), Run.state == "success")
            last_good = dict(session.execute(good.where(Run.run_type == "scheduled").group_by(Run.dag_id)).all())
            paused = select(DagModel.dag_id).where(DagModel.dag_id.in_(dag_ids), DagModel.is_paused)
            are_paused = set(session.scalars(paused))
            return {
                dag_id: DagStatus(
                    newest=_known_run(runs[dag_id], tasks) if dag_id in runs else None,
                    last_good=last_good.get(dag_id),
                    is_paused=dag_id in are_paused,
                )
                for dag_id in dag_ids
            }

    def read_config_of_run(self, project: "KnownProject", storage: "Storage", key: str) -> "Project | None":
        """The config that a run began with, else the project's as it is now."""
        from pipeline_lib.config import load_project
        from pipeline_lib.orchestration.kept_config import name_of, read_kept

        folders = read_projects(self._configs, only=project.dag_id)
        config = folders[0].config if folders else self._configs.absolute() / project.dag_id / CONFIG_FILENAME
        with suppress(PipelineError):
            kept = read_kept(storage.read_versioned(name_of(key)))
            return kept.project(config) if kept is not None else load_project(config)
        return None


def _known(folder: ProjectFolder) -> "KnownProject":
    from pipeline_lib.web.airflow_gateway import KnownProject

    plan = folder.plan or folder.last_good
    return KnownProject(
        folder.dag_id,
        title=plan.pipeline_name if plan else folder.dag_id,
        description=plan.description if plan else "",
        problems=folder.problems,
        places=tuple(f"{root}/{folder.config.parent.name}" for root in folder.data_roots),
        is_scheduled=plan is not None and plan.schedule is not None,
        due_at=_due_at(plan) if plan is not None else None,
        timezone=plan.schedule.timezone if plan is not None and plan.schedule is not None else "UTC",
        stale_after=_stale_after(plan) if plan is not None else None,
    )


_TO_GO_WELL = timedelta(hours=12)
"""How long after a run was due it may take to fail, be mended and be done again, before the board asks why."""


def _due_at(plan: "Plan") -> datetime | None:
    from pipeline_lib.orchestration.watch import last_interval

    if plan.schedule is None:
        return None
    newest = last_interval(plan.schedule, datetime.now(UTC) - max(_TO_GO_WELL, timedelta(hours=plan.deadline_hours)))
    return newest.end if newest.start >= plan.schedule.start_date else None


def _stale_after(plan: "Plan") -> timedelta | None:
    """By the same rule as the notices: never, once the season is over."""
    is_over = plan.ends_at is not None and datetime.now(UTC) > plan.ends_at
    return timedelta(days=plan.stale_after_days) if plan.stale_after_days is not None and not is_over else None


def _gone(configs: Path, dag_id: str) -> "KnownProject | None":
    """A project without a config: its runs are where that kept them, if this machine knows, or in the default root."""
    from pipeline_lib.model.uris import wrong_with_name
    from pipeline_lib.orchestration.plan_cache import read_record
    from pipeline_lib.storage.data_root import data_root
    from pipeline_lib.web.airflow_gateway import KnownProject

    if wrong_with_name(dag_id) is not None or "/" in dag_id:
        return None
    known = read_record(configs.absolute() / dag_id / CONFIG_FILENAME)
    roots = dict.fromkeys((*(known.data_roots if known is not None else ()), data_root(None, Path.cwd())))
    places = tuple(f"{root}/{dag_id}" for root in roots if _is_there(root, dag_id))
    title = known.last_good.pipeline_name if known is not None and known.last_good is not None else dag_id
    return KnownProject(dag_id, title, has_config=False, places=places, is_scheduled=False) if places else None


def _is_there(root: str, name: str) -> bool:
    """Whether a data root has such a folder; an earlier root that can no longer be used has none."""
    from pipeline_lib.errors import RetriableSourceError
    from pipeline_lib.storage import storage_at

    try:
        return storage_at(root).exists(name)
    except RetriableSourceError:
        raise
    except PipelineError:
        return False


_FAILED, _ASKS = "failed", "awaiting_input"
_Tasks = Mapping[tuple[str, str], Collection[tuple[str, str]]]
"""Tasks and their states, by DAG and run."""


def _known_run(run: Any, tasks: _Tasks) -> "KnownRun":
    from pipeline_lib.web.airflow_gateway import KnownRun

    ours = _ours(run)
    state = getattr(run.state, "value", str(run.state))
    of_run = tasks.get((run.dag_id, run.run_id), ())
    failed = tuple(dict.fromkeys(name for name, of_task in of_run if of_task == _FAILED and name != _LAST))
    asks = any(of_task == _ASKS for _, of_task in of_run)
    return KnownRun(run.run_id, ours.key, state, ours.run_type, run.start_date, failed, awaits_approval=asks)


def _ours(run: Any) -> DagRun:
    return DagRun(
        run_id=run.run_id,
        run_type=run_type_of(getattr(run.run_type, "value", str(run.run_type))),
        run_after=run.run_after,
        data_interval_end=run.data_interval_end,
    )


_LAST = "outcome"
"""The task that fails because another one has."""


def _tasks_to_look_at(session: Any, runs: Iterable[Any]) -> _Tasks:
    """Those tasks of some runs that have failed, or that wait for a person."""
    from airflow.models.taskinstance import TaskInstance as Instance
    from sqlalchemy import select

    wanted = {(run.dag_id, run.run_id) for run in runs}
    asked = select(Instance.dag_id, Instance.run_id, Instance.task_id, Instance.state).where(
        Instance.run_id.in_({run_id for _, run_id in wanted}), Instance.state.in_([_FAILED, _ASKS])
    )
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for dag_id, run_id, task_id, state in session.execute(asked.order_by(Instance.start_date)).all():
        if (dag_id, run_id) in wanted:
            found.setdefault((dag_id, run_id), []).append((task_id, str(getattr(state, "value", state))))
    return found
