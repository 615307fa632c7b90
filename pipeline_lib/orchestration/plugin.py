"""What the plugin adds to Airflow: pages, their entries in menus, links from tasks to what they made; a timetable."""

from typing import Any, ClassVar
from urllib.parse import quote

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import BaseOperatorLink

from pipeline_lib.orchestration.timetable import SharedCronTimetable
from pipeline_lib.orchestration.web import PREFIX, LazyApp

_SECTIONS = {
    "coda_pull": "#made-coded-coda-files",
    "fetch": "#made-raw-data",
    "process": "#made-outputs",
    "coda_push": "#stage-coda_push",
    "upload": "#stage-upload",
    "archive": "#stage-archive",
    "upload_logs": "#stage-upload_logs",
    "prune": "#stage-prune",
}
"""The anchor in a run's report of what each task has made or done."""
_ANALYSIS = "/files/Automated%20Analysis/index.html"


def _base() -> str:
    """The path that Airflow is reached by, where a proxy gives it one of its own."""
    url: str = conf.get("api", "base_url", fallback="") or ""
    _, _, rest = url.partition("://")
    return rest.partition("/")[2].strip("/") and f"/{rest.partition('/')[2].strip('/')}"


def report_path(dag_id: str, run_id: str) -> str:
    """Where a run's report is."""
    return f"{_base()}{PREFIX}/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"


def _is_ours(operator: Any) -> bool:
    dag = operator.get_dag()
    return dag is not None and bool({"pipeline", "config-error"} & set(dag.tags))


class RunReportLink(BaseOperatorLink):  # type: ignore[misc]  # Airflow has no types here
    """From any task of a project to the run's report."""

    name = "Run report"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The report's address; none for DAGs of others."""
        return report_path(ti_key.dag_id, ti_key.run_id) if _is_ours(operator) else ""


class ArtifactsLink(BaseOperatorLink):  # type: ignore[misc]  # Airflow has no types here
    """From a task to what it has made."""

    name = "What it made"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The address of the analysis, or of the report's part that lists the files."""
        if not _is_ours(operator):
            return ""
        report = report_path(ti_key.dag_id, ti_key.run_id)
        if ti_key.task_id == "analyse":
            return f"{report}{_ANALYSIS}"
        section = _SECTIONS.get(ti_key.task_id)
        return f"{report}{section}" if section else ""


class PipelinePlugin(AirflowPlugin):  # type: ignore[misc]  # Airflow has no types here
    """The project's plugin."""

    name = "pipeline"
    fastapi_apps: ClassVar[list[Any]] = [{"app": LazyApp(), "url_prefix": PREFIX, "name": "Pipeline reports"}]
    external_views: ClassVar[list[Any]] = [
        {
            "name": "All projects",
            "href": f"{_base()}{PREFIX}/",
            "destination": "nav",
            "nav_top_level": True,
            "url_route": "projects",
        },
        {
            "name": "Project",
            "href": f"{_base()}{PREFIX}/{{DAG_ID}}",
            "destination": "dag",
            "url_route": "project",
        },
        {
            "name": "Run report",
            "href": f"{_base()}{PREFIX}/{{DAG_ID}}/runs/{{RUN_ID}}",
            "destination": "dag_run",
            "url_route": "run_report",
        },
    ]
    timetables: ClassVar[list[Any]] = [SharedCronTimetable]
    global_operator_extra_links: ClassVar[list[Any]] = [RunReportLink(), ArtifactsLink()]
