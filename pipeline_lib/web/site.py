"""What all pages share: finding what a page shows, and rendering it."""

from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import Response

from pipeline_lib.errors import Problem
from pipeline_lib.storage import Storage, storage_at
from pipeline_lib.web.airflow_gateway import AirflowGateway, KnownProject, KnownRun
from pipeline_lib.web.artifacts import Artifact, artifact
from pipeline_lib.web.board import Board
from pipeline_lib.web.opened_run import OpenedRun, find_storage_of_run, open_run_folder, run_without_folder
from pipeline_lib.web.pages import context_of, environment
from pipeline_lib.web.responses import html

TEXTS_REFUSED = (
    "This may hold what participants wrote. It is for accounts that may start runs of the project: ask whoever looks "
    "after Airflow for that permission."
)
_NO_PROJECT = "Nothing is known of this project: it has no config, and no data where this Airflow keeps them."
_NO_RUN = "There is no such run, nor a folder of it: it may have been removed as an old one."


class Site:
    """Finds what pages show, and renders them."""

    def __init__(self, airflow: AirflowGateway) -> None:
        """The site of one Airflow."""
        self.airflow = airflow
        self.board = Board(airflow)
        self._templates = environment()

    def render(self, request: Request, template: str, code: int = 200, **shown: Any) -> Response:
        """A page rendered from a template."""
        root = request.scope.get("root_path", "")
        return html(self._templates.get_template(template).render(context_of(root, **shown)), code)

    def refusal(
        self, request: Request, code: int, problems: tuple[Problem | str, ...], login_url: str = ""
    ) -> Response:
        """A page that says why the requested one is not shown."""
        return self.render(request, "refusal.html.j2", code, status=code, problems=problems, login_url=login_url)

    def project(self, dag_id: str) -> KnownProject:
        """A project.

        Raises:
            HTTPException: Nothing is known of it.
        """
        found = self.airflow.find_project(dag_id)
        if found is None:
            raise HTTPException(404, _NO_PROJECT)
        return found

    def run(self, dag_id: str, run_id: str) -> tuple[KnownProject, KnownRun | None, OpenedRun]:
        """A run by its id in Airflow, or by its folder's name, since Airflow may no longer have it.

        Raises:
            HTTPException: There is neither.
        """
        project, known = self.project(dag_id), self._known_run(dag_id, run_id)
        key = known.key if known else run_id
        storage = find_storage_of_run(project, key)
        if storage is not None:
            return project, known, open_run_folder(project, storage, key)
        if known is None or not project.places:
            raise HTTPException(404, _NO_RUN)
        return project, known, run_without_folder(project, storage_at(project.places[0]), key)

    def place_of_file(self, dag_id: str, run_id: str, path: str, *, reads_texts: bool) -> tuple[Storage, str, Artifact]:
        """The storage and the folder of a run, and what is known of a file in it, whether it is there or not.

        Raises:
            HTTPException: There is no such run, or the user may not read files like this one.
        """
        found = artifact(path)
        if found.holds_texts and not reads_texts:
            raise HTTPException(403, TEXTS_REFUSED)
        known = self._known_run(dag_id, run_id)
        key = known.key if known else run_id
        storage = find_storage_of_run(self.project(dag_id), key)
        if storage is None:
            raise HTTPException(404, _NO_RUN)
        return storage, f"runs/{key}", found

    def _known_run(self, dag_id: str, run_id: str) -> KnownRun | None:
        """A DAG run; Airflow's database is not asked for what it would refuse as a text, such as NUL."""
        return self.airflow.find_run(dag_id, run_id) if run_id.isprintable() else None
