"""What OpenLineage is told of a project's tasks."""

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.dags.conftest import REPOSITORY, Nights, call_of

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag


@pytest.fixture
def bag_of_task(configs: Path, monkeypatch: pytest.MonkeyPatch) -> "DagBag":
    """What the process of a task makes of `dags/projects.py`, as Airflow's supervisor starts it."""
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415

    monkeypatch.setenv("PIPELINE_CONFIGS", str(configs))
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "toy")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", "analyse")
    return DagBag(str(REPOSITORY / "dags" / "projects.py"))


def told(datasets: list[Any]) -> list[tuple[str, str]]:
    return [(dataset.namespace, dataset.name) for dataset in datasets]


def test_the_artifacts_of_a_task_are_datasets_of_its_project(bag_of_task: "DagBag") -> None:
    from pipeline_lib.orchestration.lineage import ArtifactExtractor  # noqa: PLC0415 - after conftest's settings

    lineage = ArtifactExtractor(bag_of_task.dags["toy"].get_task("analyse")).extract()
    assert told(lineage.inputs) == [("x-pipeline://toy", "messages"), ("x-pipeline://toy", "individuals")]
    assert told(lineage.outputs) == [("x-pipeline://toy", "analysis")]


@pytest.mark.parametrize(
    ("mode", "made"),
    [
        ("all", ["production", "coda_files", "messages", "individuals"]),
        ("auto-code-only", ["production", "coda_files"]),
    ],
)
def test_a_task_that_has_ended_is_told_with_all_that_it_has_made_and_no_more(
    nights: Nights, mode: str, made: list[str]
) -> None:
    from airflow.sdk.execution_time.context import OutletEventAccessors  # noqa: PLC0415

    from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415
    from pipeline_lib.orchestration.lineage import ArtifactExtractor  # noqa: PLC0415

    context = nights.context(conf={"mode": mode})
    given = {"coda_pull": nights.task("coda_pull", context), "fetch": nights.fetched(context)}
    (dag,) = dags_in(nights.configs, only="toy")
    process = dag.get_task("process")
    context |= {"outlet_events": OutletEventAccessors()}
    ended = SimpleNamespace(task=process, try_number=1, map_index=-1, get_template_context=lambda: context)
    call_of(process)(**context, **given, ti=ended)
    lineage = ArtifactExtractor(process).extract_on_complete(ended)
    assert told(lineage.inputs) == [("x-pipeline://toy", "raw_data"), ("x-pipeline://toy", "coded_messages")]
    assert told(lineage.outputs) == [("x-pipeline://toy", name) for name in made]


def test_a_task_that_has_failed_is_told_with_what_it_has_read(bag_of_task: "DagBag") -> None:
    from airflow.sdk.execution_time.context import OutletEventAccessors  # noqa: PLC0415

    from pipeline_lib.orchestration.lineage import ArtifactExtractor  # noqa: PLC0415

    analyse = bag_of_task.dags["toy"].get_task("analyse")
    failed = SimpleNamespace(task=analyse, get_template_context=lambda: {"outlet_events": OutletEventAccessors()})
    lineage = ArtifactExtractor(analyse).extract_on_failure(failed)
    assert told(lineage.inputs) == [("x-pipeline://toy", "messages"), ("x-pipeline://toy", "individuals")]
    assert told(lineage.outputs) == []


def test_every_kind_of_task_has_its_artifacts_told(bag: "DagBag") -> None:
    from pipeline_lib.orchestration.approval import FirstPublication  # noqa: PLC0415
    from pipeline_lib.orchestration.lineage import ArtifactExtractor  # noqa: PLC0415

    kinds = {task.task_type for task in bag.dags["toy"].tasks} | {FirstPublication.__name__}
    assert kinds == set(ArtifactExtractor.get_operator_classnames())
