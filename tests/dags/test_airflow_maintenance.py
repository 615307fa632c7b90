"""The DAG that removes what Airflow keeps of runs."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from pipeline_lib.errors import FatalSourceError, Problem
from tests.receivers import WebServer, serving

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


def test_whoever_the_setting_names_is_told_what_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    dag = maintenance(monkeypatch, "90").dags["airflow_maintenance"]
    office = WebServer()
    monkeypatch.setenv("AIRFLOW_CONN_OFFICE", f"{office.url}/hook")
    monkeypatch.setenv("PIPELINE_NOTICES", '[{"Channel": "webhook", "Connection": "office"}]')
    error = FatalSourceError(Problem("Airflow's database", "could not be cleaned", "its lines above say why"))
    with serving(office):
        for task in dag.tasks:
            (callback,) = task.on_failure_callback
            instance = SimpleNamespace(dag_id=dag.dag_id, task_id=task.task_id, run_id="scheduled__1", map_index=-1)
            callback({"ti": instance, "exception": error})
    assert sorted(got["text"].splitlines()[0] for _, _, got in office.requests) == [
        "airflow_maintenance: database failed",
        "airflow_maintenance: logs failed",
    ]
    assert {got["problems"][0] for _, _, got in office.requests} == {str(error)}


def test_a_failure_of_the_machine_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    task = maintenance(monkeypatch, "90").dags["airflow_maintenance"].get_task("logs")
    run = SimpleNamespace(run_after=datetime(2026, 1, 11, tzinfo=UTC))
    namespace = task.python_callable.__globals__
    monkeypatch.setitem(namespace, "get_current_context", lambda: {"dag_run": run})

    def refuse(_folder: Path, _before: datetime) -> int:
        raise PermissionError(13, "no", "/logs/dag_id=toy")

    monkeypatch.setitem(namespace, "remove_old_logs", refuse)
    with pytest.raises(FatalSourceError, match="/logs/dag_id=toy: this user lacks the permission for it"):
        task.python_callable()


@pytest.mark.parametrize("written", ["half a year", "0", "-1", "1.5", "999999", "9" * 5000])
def test_a_wrong_number_of_days_is_told_as_an_import_error_of_this_file_alone(
    written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = maintenance(monkeypatch, written)
    ((file, error),) = bag.import_errors.items()
    assert Path(file).name == "airflow_maintenance.py"
    assert "PIPELINE_RETENTION_DAYS: is not a number of days; write one such as 180" in error


def test_all_that_airflow_can_clean_is_cleaned_but_dags_themselves() -> None:
    from airflow.utils.db_cleanup import config_dict  # noqa: PLC0415 - after conftest's settings

    from pipeline_lib.orchestration.maintenance import TABLES  # noqa: PLC0415

    # FAB, the login of production, has sessions in the database.
    assert set(TABLES) - {"session"} == set(config_dict) - {"dag", "session", "_xcom_archive"}
