"""What Airflow's own command removes from a database of PostgreSQL, as the DAG `airflow_maintenance` has it done."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from psycopg2 import sql

from tests.deploy.postgres import SERVER, query

REPOSITORY = Path(__file__).parents[2]
NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=300)
BEFORE = NOW - timedelta(days=180)


def row(table: str, **values: object) -> sql.Composable:
    names, literals = map(sql.Identifier, values), map(sql.Literal, values.values())
    comma = sql.SQL(", ")
    return sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table), comma.join(names), comma.join(literals)
    )


def dag(dag_id: str, seen: datetime, *runs: tuple[datetime, str]) -> list[sql.Composable]:
    """A DAG that Airflow has read then for the last time, and its runs: when they began, unless they never did."""
    version, known = str(uuid4()), {"dag_id": dag_id}
    rows = [
        row(
            "dag",
            **known,
            bundle_name="dags-folder",
            has_task_concurrency_limits=False,
            is_paused=True,
            is_stale=False,
            last_parsed_time=seen,
            max_active_tasks=16,
            max_consecutive_failed_dag_runs=0,
            partition_mapper_info="{}",
            timetable_type="",
        ),
        row("dag_version", **known, id=version, version_number=1, created_at=OLD, last_updated=OLD),
    ]
    for due, state in runs:
        of_run = {**known, "run_id": due.isoformat(), "start_date": due if state != "queued" else None}
        task = {"id": str(uuid4()), "task_id": "fetch", "try_number": 1, "pool": "default_pool", "pool_slots": 1}
        rows.append(row("dag_run", **of_run, run_type="scheduled", run_after=due, state=state))
        rows.append(row("task_instance", **of_run, **task, dag_version_id=version))
    return rows


@pytest.mark.slow
def test_a_run_that_never_began_of_a_project_that_is_gone_keeps_nothing_from_being_cleaned(
    database: str, tmp_path: Path
) -> None:
    address = f"postgresql+psycopg2://{SERVER.partition('://')[2]}/{database}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    environment |= {
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD": f"printf %s {address}",
        "AIRFLOW_HOME": str(tmp_path),
        "PYTHONPATH": str(REPOSITORY),
    }
    airflow = [sys.executable, "-m", "airflow", "db", "migrate"]
    subprocess.run(airflow, env=environment, check=True, capture_output=True, timeout=300)
    query(
        database,
        "INSERT INTO dag_bundle (name) VALUES ('dags-folder') ON CONFLICT DO NOTHING",
        *dag("gone", OLD, (OLD, "queued")),
        *dag("rivers", NOW, (OLD, "success"), (NOW, "success")),
    )
    program = (
        "from datetime import datetime; from pipeline_lib.orchestration.maintenance import clean_database; "
        f"clean_database(datetime.fromisoformat('{BEFORE.isoformat()}'))"
    )
    cleaned = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert cleaned.returncode == 0, cleaned.stderr
    assert query(database, "SELECT dag_id, state FROM dag_run ORDER BY dag_id") == [
        ("gone", "queued"),
        ("rivers", "success"),
    ]
    assert query(database, "SELECT tablename FROM pg_tables WHERE tablename LIKE '%airflow_deleted%'") == []
