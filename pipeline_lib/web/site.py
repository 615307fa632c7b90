"""What all pages share: finding what a page shows, and rendering it."""

from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import Response

from pipeline_lib.errors import Problem
from pipeline_lib.storage import storage_at
from pipeline_lib.web.airflow_side import AirflowSide, KnownProject, KnownRun
from pipeline_lib.web.artifacts import Artifact, artifact
from pipeline_lib.web.board import Board
from pipeline_lib.web.opened_run import OpenedRun, never_opened, open_run_folder
from pipeline_lib.web.pages import context_of, environment
from pipeline_lib.web.responses import html

TEXTS_REFUSED = (
    "This may hold what participants wrote. It is for accounts that may start runs of the project: ask whoever looks "
    "after Airflow for that permission."
)
_NO_PROJECT = "Nothing is known of this project: it has no config, and no data where this Airflow keeps them."
_NO_RUN = "There is no such run, nor a folder of it: it may have been removed as an old one."


class Site:
    """The pages' common ground."""

    def __init__(self, airflow: AirflowSide) -> None:
        """Of what an Airflow knows."""
        self.airflow = airflow
        self.board = Board(airflow)
        self._templates = environment()

    def render(self, request: Request, template: str, code: int = 200, **shown: Any) -> Response:
        """A page made of a template."""
        root = request.scope.get("root_path", "")
        return html(self._templates.get_template(template).render(context_of(root, **shown)), code)

    def refusal(
        self, request: Request, code: int, problems: tuple[Problem | str, ...], login_url: str = ""
    ) -> Response:
        """A page that says why there is no other."""
        return self.render(request, "refusal.html.j2", code, status=code, problems=problems, login_url=login_url)

    def project(self, dag_id: str) -> KnownProject:
        """A project.

        Raises:
            HTTPException: Nothing is known of it.
        """
        found = self.airflow.project(dag_id)
        if found is None:
            raise HTTPException(404, _NO_PROJECT)
        return found

    def run(self, dag_id: str, run_id: str) -> tuple[KnownProject, KnownRun | None, OpenedRun]:
        """A run by its id in Airflow, or by its folder's name: Airflow may have forgotten it.

        Raises:
            HTTPException: There is neither.
        """
        project = self.project(dag_id)
        known = self.airflow.run(dag_id, run_id)
        found = open_run_folder(project, known.key if known else run_id)
        if found is None and known is not None and project.places:
            found = never_opened(project, storage_at(project.places[0]), known.key)
        if found is None:
            raise HTTPException(404, _NO_RUN)
        return project, known, found

    def file(self, dag_id: str, run_id: str, path: str, *, reads_texts: bool) -> tuple[OpenedRun, Artifact]:
        """A run, and what is known of a file in it, whether it is there or not.

        Raises:
            HTTPException: There is no such run, or the user may not read files like this one.
        """
        found = artifact(path)
        if found.holds_texts and not reads_texts:
            raise HTTPException(403, TEXTS_REFUSED)
        _, _, run = self.run(dag_id, run_id)
        row_counts = {each.path: each.row_count for each in run.artifacts}
        return run, found._replace(row_count=row_counts.get(path))
