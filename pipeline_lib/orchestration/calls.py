"""What each planned task does when it runs: a thin call into `pipeline_lib.stages`.

A stage is imported by the call, not by this module: Airflow's DAG processor loads it again and again, and polars and
all that stands on it would come along. An input is named after the task whose artifact it is.
"""
# ruff: noqa: PLC0415

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline_lib.config import Project
from pipeline_lib.orchestration.dag_run import DagRun, mode_of
from pipeline_lib.orchestration.plan import source_names

if TYPE_CHECKING:
    from pipeline_lib.stages.run import Run


def coda_pull(project: Project, dag_run: DagRun) -> str:
    """The URI of the coded messages."""
    from pipeline_lib.stages.coda_pull import coda_pull as stage

    return stage(_opened(project, dag_run))


def fetch(project: Project, dag_run: DagRun, source: str) -> list[str]:
    """The URIs of one source's raw data; the source goes by what the plan calls it."""
    from pipeline_lib.stages.fetch import fetch as stage

    return stage(_opened(project, dag_run), source_names(project).index(source))


def process(project: Project, dag_run: DagRun, fetch: Iterable[list[str]], coda_pull: str) -> str:
    """The URI of the outputs, from every source's raw data in config order."""
    from pipeline_lib.stages.process import process as stage

    raw_data = [uri for uris_of_a_source in fetch for uri in uris_of_a_source]
    return stage(_opened(project, dag_run), raw_data, coda_pull, mode_of(dag_run))


def analyse(project: Project, dag_run: DagRun, process: str) -> str:
    """The URI of the analysis."""
    from pipeline_lib.stages.analysis import analyse as stage

    return stage(_opened(project, dag_run), process)


def coda_push(project: Project, dag_run: DagRun, process: str) -> dict[str, int]:
    """How many messages were new to the label store, by dataset."""
    from pipeline_lib.stages.coda_push import coda_push as stage

    return stage(_opened(project, dag_run), process)


CALLS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {"coda_pull": coda_pull, "fetch": fetch, "process": process, "analyse": analyse, "coda_push": coda_push}
)
"""By the task's name in the plan."""


def _opened(project: Project, dag_run: DagRun) -> "Run":
    from pipeline_lib.stages.run import open_run

    return open_run(project, dag_run.key, dag_run.as_of, dag_run.triggered_by or "airflow")
