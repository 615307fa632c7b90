"""The pages of a run: its report, its files, the rows of its tables, and how a value came to be."""

from contextlib import ExitStack
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from pipeline_lib.analysis.report.page import FILENAME as REPORT
from pipeline_lib.errors import PipelineError, Problem
from pipeline_lib.exports.traced.files import MESSAGES
from pipeline_lib.stages.provenance import Asked, histories, traced_csvs
from pipeline_lib.stages.run_context import ANALYSIS
from pipeline_lib.storage.manifest import RunManifest, read_manifest
from pipeline_lib.storage.run_history import RunSummary
from pipeline_lib.web import run_report
from pipeline_lib.web.airflow_gateway import Access, KnownProject
from pipeline_lib.web.artifacts import OUTPUTS, open_artifact, pictures_in
from pipeline_lib.web.board import read_runs
from pipeline_lib.web.opened_run import OpenedRun
from pipeline_lib.web.responses import file_of_run
from pipeline_lib.web.site import TEXTS_REFUSED, Site
from pipeline_lib.web.tables import page_of

_MOST_PAGES = 10**9


class RunPath(NamedTuple):
    """The run that a path names."""

    dag_id: str
    run_id: str


def run_routes(site: Site, access: Access) -> APIRouter:
    """The routes, for an app to include below `/{dag_id}/runs/{run_id}`."""
    router = APIRouter(prefix="/{dag_id}/runs/{run_id}", dependencies=[Depends(access.project)])
    _add_report(router, site, access)
    _add_files(router, site, access)
    _add_table(router, site, access)
    _add_trace(router, site, access)
    return router


def _add_report(router: APIRouter, site: Site, access: Access) -> None:
    @router.get("")
    def report(
        request: Request, at: Annotated[RunPath, Depends()], reads_texts: Annotated[bool, Depends(access.reads_texts)]
    ) -> Response:
        project, known, run = site.run(*at)
        runs = read_runs(project).runs
        before, manifest_before = _before(runs, run)
        now = next((each for each in runs if each.key == run.key), None)
        return site.render(
            request,
            "run.html.j2",
            project=project,
            known=known,
            run=run,
            run_id=at.run_id,
            reads_texts=reads_texts,
            summary=now,
            before=before,
            differences=run_report.differences(now, before, run.manifest, manifest_before) if now and before else (),
            report_path=f"{ANALYSIS}/{REPORT}",
            graphs=pictures_in(run.artifacts, "graphs"),
            maps=pictures_in(run.artifacts, "maps"),
            has_traced_data=any(each.path == f"{OUTPUTS}/{MESSAGES}" for each in run.artifacts),
            **_told(run.manifest, manifest_before),
        )


def _told(manifest: RunManifest, manifest_before: RunManifest | None) -> dict[str, Any]:
    """What the report shows of the manifest."""
    return {
        "participant_count": run_report.participants_of(manifest),
        "stages": run_report.stages_of(manifest),
        "sources": run_report.sources_of(manifest, manifest_before),
        "flows": run_report.flows_of(manifest),
        "codings": run_report.codings_of(manifest),
        "set_aside": run_report.set_aside_of(manifest),
        "published": run_report.published_of(manifest),
    }


def _before(runs: tuple[RunSummary, ...], run: OpenedRun) -> tuple[RunSummary | None, RunManifest | None]:
    """The run before, and its manifest if its folder is still there."""
    before = run_report.run_before(runs, run.key)
    if before is None:
        return None, None
    try:
        return before, read_manifest(run.storage, before.key)
    except PipelineError:
        return before, None


def _add_files(router: APIRouter, site: Site, access: Access) -> None:
    @router.get("/files/{path:path}")
    def file(
        at: Annotated[RunPath, Depends()],
        path: str,
        reads_texts: Annotated[bool, Depends(access.reads_texts)],
        *,
        download: bool = False,
    ) -> Response:
        storage, folder, found = site.place_of_file(*at, path, reads_texts=reads_texts)
        with ExitStack() as stack:
            local = stack.enter_context(open_artifact(storage, folder, path))
            if local is None:
                raise _no_file(path)
            return file_of_run(found, local, stack.pop_all(), is_download=download)


def _add_table(router: APIRouter, site: Site, access: Access) -> None:
    @router.get("/table/{path:path}")
    def table(
        request: Request,
        at: Annotated[RunPath, Depends()],
        path: str,
        reads_texts: Annotated[bool, Depends(access.reads_texts)],
        page: int = 1,
    ) -> Response:
        storage, folder, found = site.place_of_file(*at, path, reads_texts=reads_texts)
        if not found.is_table:
            raise HTTPException(404, "This is no table: download it instead.")
        project, _, run = site.run(*at)
        row_count = next((each.row_count for each in run.artifacts if each.path == path), None)
        with open_artifact(storage, folder, path) as local:
            if local is None:
                raise _no_file(path)
            shown = page_of(local, min(page, _MOST_PAGES), row_count)
        if shown is None:
            raise HTTPException(404, "This cannot be read as a table: download it, and look at it.")
        return site.render(
            request,
            "table.html.j2",
            project=project,
            run=run,
            run_id=at.run_id,
            file=found,
            page=shown,
            traced=_traced_name(site, project, run, path),
        )


def _traced_name(site: Site, project: KnownProject, run: OpenedRun, path: str) -> str | None:
    """The name by which `trace` knows the table; None if its cells have no histories."""
    folder, _, name = path.rpartition("/")
    if folder != OUTPUTS:
        return None
    traced = traced_csvs(site.airflow.read_config_of_run(project, run.storage, run.key)).get(name)
    return name if traced and any(each.path == f"{OUTPUTS}/{traced}" for each in run.artifacts) else None


def _add_trace(router: APIRouter, site: Site, access: Access) -> None:
    @router.get("/trace")
    def trace(
        request: Request,
        at: Annotated[RunPath, Depends()],
        asked: Annotated[Asked, Depends(_asked)],
        reads_texts: Annotated[bool, Depends(access.reads_texts)],
    ) -> Response:
        if not reads_texts:
            raise HTTPException(403, TEXTS_REFUSED)
        project, _, run = site.run(*at)
        found, problems = None, list[Problem]()
        if any(asked):
            try:
                with run.storage.local_folder(f"{run.folder}/{OUTPUTS}") as outputs:
                    config = site.airflow.read_config_of_run(project, run.storage, run.key)
                    found = histories(outputs, asked, config)
            except PipelineError as error:
                problems += error.problems
        shown: dict[str, Any] = {"project": project, "run": run, "run_id": at.run_id, "asked": asked}
        return site.render(request, "trace.html.j2", found=found, problems=problems, **shown)


def _asked(message: str = "", participant: str = "", cell: str = "") -> Asked:
    return Asked(message.strip() or None, participant.strip() or None, cell.strip() or None)


def _no_file(path: str) -> HTTPException:
    shown = path if path.isprintable() else "of this name"
    wrong = f"There is no file {shown} in this run: it was never made, or is gone"
    return HTTPException(404, f"{wrong}. The run's report lists what there is, and how to have it made again.")
