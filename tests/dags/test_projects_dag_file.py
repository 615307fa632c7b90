import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline_lib.orchestration.projects import OWN_DAGS

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

REPOSITORY = Path(__file__).parents[2]

EDGES = {
    "coda_pull": {"process"},
    "fetch": {"process"},
    "process": {"analyse", "coda_push"},
    "analyse": set(),
    "coda_push": set(),
}


def of_projects(bag: "DagBag") -> list[Any]:
    return [dag for dag in bag.dags.values() if Path(dag.fileloc).name == "projects.py"]


def test_every_project_folder_is_one_dag(bag: "DagBag") -> None:
    assert sorted(dag.dag_id for dag in of_projects(bag)) == ["broken", "toy", "unscheduled"]


@pytest.mark.parametrize("dag_id", ["toy", "unscheduled"])
def test_a_dag_has_the_tasks_of_the_plan_in_its_order(bag: "DagBag", dag_id: str) -> None:
    tasks = bag.dags[dag_id].tasks
    assert {task.task_id: task.downstream_task_ids for task in tasks} == EDGES


def test_fetch_is_mapped_over_the_sources_by_what_they_are_called(bag: "DagBag") -> None:
    (fetch,) = [task for task in bag.dags["toy"].tasks if task.is_mapped]
    assert fetch.task_id == "fetch"
    named = ["1 RecoveryCSV: toy_recovered", "2 GCloudBucket: toy_age, toy_gender and 1 more"]
    assert fetch.expand_input.value == {"part": [{"source": name} for name in named]}


def test_a_schedule_makes_data_intervals_and_none_means_by_hand_only(bag: "DagBag") -> None:
    from airflow.sdk import CronDataIntervalTimetable  # noqa: PLC0415 - after conftest's settings

    scheduled, unscheduled = bag.dags["toy"], bag.dags["unscheduled"]
    assert scheduled.schedule == CronDataIntervalTimetable("0 2 * * *", timezone="Africa/Nairobi")
    assert scheduled.start_date.astimezone(UTC) == datetime(2025, 12, 31, 21, tzinfo=UTC)
    assert unscheduled.schedule is None


@pytest.mark.parametrize("dag_id", ["toy", "unscheduled", "broken"])
def test_no_dag_surprises_with_runs_of_the_past_or_side_by_side(bag: "DagBag", dag_id: str) -> None:
    dag = bag.dags[dag_id]
    assert (dag.catchup, dag.max_active_runs) == (False, 1)


def test_no_task_waits_for_a_pool_that_somebody_must_make_first(bag: "DagBag") -> None:
    # Airflow makes this one itself, and lets nobody delete it; a task in a pool that is not there would never begin.
    assert {task.pool for dag in bag.dags.values() for task in dag.tasks} == {"default_pool"}


@pytest.mark.parametrize("dag_id", ["toy", "unscheduled"])
def test_every_dag_and_task_says_what_it_is(bag: "DagBag", dag_id: str) -> None:
    dag = bag.dags[dag_id]
    assert dag.description == "Two sources, one question, every night."
    assert dag.tags == {"pipeline"}
    assert "- 1 RecoveryCSV: toy_recovered\n- 2 GCloudBucket: toy_age, toy_gender and 1 more\n" in dag.doc_md
    assert f"/{dag_id}/runs/<run key>/Outputs`" in dag.doc_md
    assert all(task.doc_md for task in dag.tasks)


@pytest.mark.parametrize("dag_id", ["toy", "unscheduled"])
def test_every_task_retries_with_growing_patience_and_by_kind_of_error(bag: "DagBag", dag_id: str) -> None:
    for task in bag.dags[dag_id].tasks:
        assert (task.retries, task.retry_delay, task.retry_exponential_backoff, task.max_retry_delay) == (
            4,
            timedelta(minutes=1),
            2.0,
            timedelta(minutes=30),
        )
        assert task.has_retry_policy


@pytest.mark.parametrize(
    ("params", "is_valid"),
    [
        ({}, True),
        ({"publish": True, "as_of": "2026-11-20T00:00:00+03:00"}, True),
        ({"publish": None, "as_of": None}, True),
        ({"mode": "auto-code-only"}, True),
        ({"mode": "auto"}, False),
        ({"publish": "yes"}, True),
        ({"publish": "maybe"}, False),
        ({"sources": ["1 RecoveryCSV: toy_recovered"]}, True),
        ({"sources": ["1 RecoveryCSV: toy_recovred"]}, False),
        ({"as_of": "yesterday"}, False),
        ({"as_of": "2026-11-20T00:00:00"}, False),
        ({"as_of": 20261120}, False),
    ],
)
def test_the_trigger_form_is_checked(bag: "DagBag", params: dict[str, Any], is_valid: bool) -> None:
    from airflow.sdk.exceptions import ParamValidationError  # noqa: PLC0415

    form = bag.dags["toy"].params
    for name, value in params.items():
        if is_valid:
            form[name] = value
        else:
            with pytest.raises(ParamValidationError):
                form[name] = value


def test_a_broken_config_affects_its_own_project_only(bag: "DagBag") -> None:
    broken = bag.dags["broken"]
    assert broken.tags == {"config-error"}
    assert "`broken/pipeline.json: Shedule`" in broken.doc_md
    assert [task.task_id for task in broken.tasks] == ["config_error"]
    assert not any("config-error" in bag.dags[dag_id].tags for dag_id in ("toy", "unscheduled"))


def test_the_task_of_a_broken_config_fails_and_says_why(bag: "DagBag") -> None:
    from pipeline_lib.errors import ConfigError  # noqa: PLC0415

    with pytest.raises(ConfigError, match=r"broken/pipeline\.json: Shedule: .*Schedule"):
        bag.dags["broken"].get_task("config_error").python_callable()


def test_a_broken_config_is_the_only_import_error_and_names_the_place(bag: "DagBag") -> None:
    ((file, trace),) = bag.import_errors.items()
    assert Path(file).name == "config_health.py"
    assert "ConfigError: broken/pipeline.json: Shedule: " in trace


def test_a_folder_of_projects_that_is_not_there_is_an_import_error(
    tmp_path: Path, lookups: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415

    monkeypatch.setenv("PIPELINE_CONFIGS", str(tmp_path / "nowhere"))
    ((file, trace),) = DagBag(str(REPOSITORY / "dags")).import_errors.items()
    assert Path(file).name == "config_health.py"
    assert "nowhere: there is no such folder of projects; put it there, or correct the setting PIPELINE_CON" in trace


def test_a_project_whose_config_lies_too_deep_is_an_import_error(
    tmp_path: Path, lookups: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415

    (tmp_path / "toy/toy").mkdir(parents=True)
    (tmp_path / "toy/toy/pipeline.json").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("PIPELINE_CONFIGS", str(tmp_path))
    ((file, trace),) = DagBag(str(REPOSITORY / "dags")).import_errors.items()
    assert Path(file).name == "config_health.py"
    assert "toy: has no pipeline.json, so that it is no project; move what is in its folder toy into it" in trace


@pytest.mark.parametrize("name", ["to y", "to\u00e9y"])
def test_a_folder_whose_name_is_no_dag_id_stops_no_project(
    configs: Path, tmp_path: Path, lookups: list[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415

    shutil.copytree(configs / "toy", tmp_path / "configs/to_y")
    shutil.copytree(configs / "toy", tmp_path / "configs" / name)
    monkeypatch.setenv("PIPELINE_CONFIGS", str(tmp_path / "configs"))
    (odd, usual) = sorted(of_projects(DagBag(str(REPOSITORY / "dags"))), key=lambda dag: -len(dag.dag_id))
    assert (usual.dag_id, "config-error" in usual.tags) == ("to_y", False)
    assert "config-error" in odd.tags


def test_a_project_never_takes_the_place_of_a_dag_that_looks_after_all(
    configs: Path, tmp_path: Path, lookups: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415

    monkeypatch.setenv("PIPELINE_RETENTION_DAYS", "180")
    monkeypatch.setenv("PIPELINE_CONFIGS", str(tmp_path / "configs"))
    (tmp_path / "configs").mkdir()
    own = sorted(DagBag(str(REPOSITORY / "dags")).dags)
    assert own == sorted(OWN_DAGS)
    for name in own:
        shutil.copytree(configs / "toy", tmp_path / "configs" / name)
    bag = DagBag(str(REPOSITORY / "dags"))
    assert {dag.dag_id: dag.tags for dag in of_projects(bag)} == {f"{name}_": {"config-error"} for name in own}
    assert {Path(bag.dags[name].fileloc).stem for name in own} == {*own}
    (trace,) = bag.import_errors.values()
    for name in own:
        assert f"{name}/: a DAG of this name is there already, for all projects; give the folder another name" in trace


def test_the_form_stands_in_the_dag_once_and_not_in_each_of_its_tasks(bag: "DagBag") -> None:
    dag = bag.dags["toy"]
    from pipeline_lib.orchestration.dag_run import PARAMETERS  # noqa: PLC0415 - after conftest's settings

    assert {name: dag.params.get_param(name).source for name in dag.params} == dict.fromkeys(PARAMETERS, "dag")
    assert [dict(task.params) for task in dag.tasks] == [{}] * 5
