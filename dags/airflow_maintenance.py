"""The DAG `airflow_maintenance`, where `PIPELINE_RETENTION_DAYS` says how long Airflow remembers runs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.sdk import DAG, get_current_context, task
from airflow.sdk.configuration import conf

from pipeline_lib.machine_errors import told_in_sentences
from pipeline_lib.orchestration.maintenance import clean_database, remove_old_logs, retention_days
from pipeline_lib.orchestration.notices import tell_of_failed_task_of
from pipeline_lib.orchestration.task_log import log_sentences

DAG_ID = "airflow_maintenance"
days = retention_days()


def _before() -> datetime:
    run_after: datetime = get_current_context()["dag_run"].run_after
    return run_after - timedelta(days=days or 0)


if days is not None:
    with DAG(
        DAG_ID,
        description=f"Removes what Airflow keeps of runs, after {days} days: rows of its database, and logs of tasks",
        schedule="17 3 * * 0",
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        default_args={
            "retries": 1,
            "execution_timeout": timedelta(hours=2),
            "on_failure_callback": tell_of_failed_task_of(DAG_ID),
        },
        tags=["maintenance"],
        doc_md="Outputs, state and archives of projects stay: only Airflow's own memory of runs goes.",
    ):

        @task
        def database() -> None:
            """Has `airflow db clean` forget old runs; the last scheduled run of each DAG stays."""
            with log_sentences(), told_in_sentences():
                clean_database(_before())

        @task
        def logs() -> int:
            """Removes logs that nobody has written to for so long, and says how many."""
            with log_sentences(), told_in_sentences():
                return remove_old_logs(Path(conf.get_mandatory_value("logging", "base_log_folder")), _before())

        database()
        logs()
