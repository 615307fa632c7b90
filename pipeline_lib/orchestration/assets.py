"""A project's artifacts as Airflow assets: those that other DAGs may follow, and all of them for OpenLineage."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline_lib.model.mode import Mode
from pipeline_lib.orchestration.dag_run import DagRun, mode_of
from pipeline_lib.orchestration.plan import Task

FOLLOWED = ("production", "messages", "individuals", "analysis", "label_store", "drive")
"""What a run gives to people. Airflow queries each asset of each DAG at every look; it is not told of the others."""


def asset_uri(dag_id: str, artifact: str) -> str:
    """The URI of a project's artifact, the same for every run: `x-pipeline://demo/production`.

    No provider owns a scheme that begins with `x-`, so Airflow leaves such a URI as it is.
    """
    return f"x-pipeline://{dag_id}/{artifact}"


def asset_uris(dag_id: str, artifacts: tuple[str, ...]) -> list[str]:
    """The URIs of a project's artifacts."""
    return [asset_uri(dag_id, artifact) for artifact in artifacts]


def with_followed_artifacts(task: Task) -> Task:
    """The task with the artifacts that others may follow; the process of a task has all, which OpenLineage is told."""
    makes, in_full = ([name for name in names if name in FOLLOWED] for names in (task.makes, task.makes_in_full))
    return replace(task, reads=(), makes=tuple(makes), makes_in_full=tuple(in_full))


def artifacts_made(planned: Task, run: DagRun) -> tuple[str, ...]:
    """The artifacts that a task makes in a run; some are left out if the run's mode makes only some of the outputs."""
    return (*planned.makes, *(planned.makes_in_full if mode_of(run) is Mode.ALL else ()))


def report_assets(planned: Task, dag_id: str, run: DagRun, context: Mapping[str, Any], result: Any) -> None:
    """Has Airflow report to followers what a task has made, and for which run.

    Args:
        planned: The task.
        dag_id: The project's.
        run: The run.
        context: Airflow's.
        result: What the task returned: the URI of a folder, or something else; empty if it has made nothing.
    """
    if "ti" not in context or "outlet_events" not in context:
        return
    operator = context["ti"].task
    uris = asset_uris(dag_id, artifacts_made(planned, run)) if result else []
    made = [asset for asset in operator.outlets if asset.uri in uris]
    extra = {"run": run.key, "as_of": run.as_of.isoformat(), "run_type": run.run_type}
    if isinstance(result, str):
        extra["folder"] = result
    for asset in made:
        context["outlet_events"][asset].extra = extra
    # Airflow reads these when the task has ended, and would otherwise report every asset that the DAG promises.
    followed = asset_uris(dag_id, FOLLOWED)
    operator.outlets = [asset for asset in made if asset.uri in followed]
