"""The DAG that removes what Airflow keeps of runs."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

REPOSITORY = Path(__file__).parents[2]


def maintenance(monkeypatch: pytest.MonkeyPatch, days: str) -> "DagBag":
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415 - after conftest's settings

    monkeypatch.setenv("PIPELINE_RETENTION_DAYS", days)
    return DagBag(str(REPOSITORY / "dags/airflow_maintenance.py"))


def test_where_nobody_says_how_long_there_is_no_such_dag(monkeypatch: pytest.MonkeyPatch) -> None:
    bag = maintenance(monkeypatch, "")
    assert (bag.dags, bag.import_errors) == ({}, {})


def test_database_and_logs_are_cleaned_once_a_week_and_neither_waits_for_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bag = maintenance(monkeypatch, "90")
    assert bag.import_errors == {}
    dag = bag.dags["airflow_maintenance"]
    assert {task.task_id: task.upstream_task_ids for task in dag.tasks} == {"database": set(), "logs": set()}
    assert dag.is_paused_upon_creation is False  # nobody has to think of it
    assert dag.max_active_runs == 1


@pytest.mark.parametrize("written", ["half a year", "0", "-1", "1.5", "999999", "9" * 5000])
def test_a_wrong_number_of_days_is_told_as_an_import_error_of_this_file_alone(
    written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = maintenance(monkeypatch, written)
    ((file, error),) = bag.import_errors.items()
    assert Path(file).name == "airflow_maintenance.py"
    assert "PIPELINE_RETENTION_DAYS: is not a number of days; write one such as 180" in error
