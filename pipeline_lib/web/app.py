"""The pages: a board over all projects, a page per project, a report per run, and what a run's files hold.

An app for Airflow to mount, behind its login and its permissions. Everything is read, nothing is changed.
"""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, FastAPI, HTTPException, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException as AnyHTTPException

from pipeline_lib.errors import PipelineError
from pipeline_lib.machine_errors import told_in_sentences
from pipeline_lib.web.airflow_gateway import Access, AirflowGateway
from pipeline_lib.web.board import Row, Urgency, read_runs, standing_of, to_do_of
from pipeline_lib.web.pages import static_file
from pipeline_lib.web.responses import Guarded, Hurried, static
from pipeline_lib.web.run_routes import run_routes
from pipeline_lib.web.site import Site

_SENTENCES = {
    401: "Log in to Airflow, then open this page again.",
    403: "Your account may not see this. Ask whoever looks after Airflow for the permission.",
    404: "There is no such page. The board lists all projects.",
    405: "These pages only show things. Start and clear runs in Airflow.",
    422: "This is no valid address of a page. Go back to the run's report and follow its links.",
    500: "Something went wrong; the log of Airflow's api-server says what.",
}
_NOT_OURS = {"Forbidden", "Not Found"}
"""Airflow's and Starlette's own texts for a refusal, which say no more than the status code."""


def create_app(airflow: AirflowGateway, access: Access) -> FastAPI:
    """The app.

    Args:
        airflow: What Airflow knows.
        access: Who may see what.
    """
    site = Site(airflow)
    app = FastAPI(title="Pipeline reports", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Guarded)
    app.add_middleware(Hurried)
    _add_static_files(app)
    _add_overviews(app, site, access)
    app.include_router(run_routes(site, access))
    _add_errors(app, site, access)
    return app


def _add_static_files(app: FastAPI) -> None:
    @app.get("/static/{name}")
    def static_page(name: str) -> Response:
        """Needs no permission: these files say nothing about anybody."""
        content = static_file(name)
        if content is None:
            raise HTTPException(404)
        return static(name, content)


def _add_overviews(app: FastAPI, site: Site, access: Access) -> None:
    @app.get("/")
    def board(
        request: Request, visible: Annotated[Callable[[set[str]], set[str]], Depends(access.visible)]
    ) -> Response:
        rows = site.board.read_rows(visible)
        urgent_count = sum(row.urgency is Urgency.NOW for row in rows)
        return site.render(request, "board.html.j2", rows=rows, urgent_count=urgent_count, Urgency=Urgency)

    @app.get("/{dag_id}", dependencies=[Depends(access.project)])
    def project(request: Request, dag_id: str) -> Response:
        known = site.project(dag_id)
        history = read_runs(known)
        row = Row(known, site.airflow.read_dag_statuses([dag_id])[dag_id], standing_of(*history), ())
        return site.render(
            request,
            "project.html.j2",
            project=known,
            status=row.status,
            newest=row.standing.newest,
            runs=tuple(reversed(history.runs)),
            unread=history.unread,
            trend=row.standing.trend,
            to_do=to_do_of(row),
            Urgency=Urgency,
        )


def _add_errors(app: FastAPI, site: Site, access: Access) -> None:
    @app.exception_handler(AnyHTTPException)
    def refused(request: Request, error: AnyHTTPException) -> Response:
        code = error.status_code
        is_ours = code in {403, 404} and error.detail not in _NOT_OURS
        told = str(error.detail) if is_ours else _SENTENCES.get(code, str(error.detail))
        login_url = access.login_url(_address(request)) if code == status.HTTP_401_UNAUTHORIZED else ""
        answer = site.refusal(request, code, (told,), login_url)
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(RequestValidationError)
    def misspelt(request: Request, _error: RequestValidationError) -> Response:
        return site.refusal(request, status.HTTP_422_UNPROCESSABLE_CONTENT, (_SENTENCES[422],))

    @app.exception_handler(PipelineError)
    def wrong(request: Request, error: PipelineError) -> Response:
        return site.refusal(request, 503, error.problems)

    @app.exception_handler(OSError)
    def broken(request: Request, error: OSError) -> Response:
        try:
            with told_in_sentences():
                raise error
        except PipelineError as told:
            return site.refusal(request, 503, told.problems)
        except OSError:
            return unexpected(request, error)

    @app.exception_handler(Exception)
    def unexpected(request: Request, _error: Exception) -> Response:
        """Shows a page; Starlette then raises the error again, so that the log has it."""
        return site.refusal(request, 500, (_SENTENCES[500],))


def _address(request: Request) -> str:
    """The path and the query by which the user came."""
    query = request.scope["query_string"].decode("latin-1")
    return quote(request.scope["path"], safe="/:+~") + (f"?{query}" if query else "")
