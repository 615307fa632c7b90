"""A project's artifacts as Airflow assets: some for other DAGs to follow, all of them for OpenLineage."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline_lib.model.mode import Mode
from pipeline_lib.orchestration.dag_run import DagRun, mode_of
from pipeline_lib.orchestration.plan import Task

FOLLOWED = ("production", "messages", "individuals", "analysis", "label_store", "drive")
"""What a run makes for people. Airflow is told of no others, since it queries every asset of a DAG at every look."""


def asset_uri(dag_id: str, artifact: str) -> str:
    """The URI of a project's artifact, the same for every run: `x-pipeline://demo/production`.

    No provider owns a scheme that begins with `x-`, so Airflow leaves such a URI as it is.
    """
    return f"x-pipeline://{dag_id}/{artifact}"


def asset_uris(dag_id: str, artifacts: tuple[str, ...]) -> list[str]:
    """The URIs of a project's artifacts."""
    return [asset_uri(dag_id, artifact) for artifact in artifacts]


def with_followed_artifacts(task: Task) -> Task:
    """The task as the scheduler needs it: with no artifacts but those that other DAGs may follow.

    The process that runs the task has all of them, for OpenLineage.
    """
    makes, in_full = ([name for name in names if name in FOLLOWED] for names in (task.makes, task.makes_in_full))
    return replace(task, reads=(), makes=tuple(makes), makes_in_full=tuple(in_full))


def artifacts_made(planned: Task, run: DagRun) -> tuple[str, ...]:
    """The artifacts that a task makes in a run, whose mode may leave some out."""
    return (*planned.makes, *(planned.makes_in_full if mode_of(run) is Mode.ALL else ()))


def report_assets(planned: Task, dag_id: str, run: DagRun, context: Mapping[str, Any], result: Any) -> None:
    """Has Airflow report what a task has made, and for which run, to the DAGs that follow it.

    Args:
        planned: The task.
        dag_id: The project's.
        run: The run.
        context: The task's context, from Airflow.
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
    # Airflow reads the outlets when the task has ended, and would otherwise report all that the DAG declares.
    followed = asset_uris(dag_id, FOLLOWED)
    operator.outlets = [asset for asset in made if asset.uri in followed]
