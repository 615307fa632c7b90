"""What is measured inside Airflow, each in a process of its own: Airflow reads its settings when it is imported.

Each prints a line of JSON for every measure: its name, CPU seconds, and the bar, if it has one. They are texts, since
this package imports no Airflow.
"""

PASSES = """
import json, os, resource, shutil
from pathlib import Path
from airflow.dag_processing.manager import DagFileProcessorManager
from airflow.listeners.listener import get_listener_manager
from airflow.models.dag import DagModel
from airflow.models.errors import ParseImportError
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from sqlalchemy import func, select

configs = sorted(Path(os.environ["PIPELINE_CONFIGS"]).glob("*/pipeline.json"))
is_floor = not configs

def cpu_seconds():
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)

def change(config):
    written = json.loads(config.read_text(encoding="utf-8"))
    written["Description"] = written.get("Description", "") + "."
    config.write_text(json.dumps(written), encoding="utf-8")

def measure(name):
    manager = DagFileProcessorManager(max_runs=1)
    manager.client  # made once, when the processor starts
    began = cpu_seconds()
    manager.run()
    took = cpu_seconds() - began
    with create_session() as session:
        wrong = session.scalars(select(ParseImportError.stacktrace)).all()
        count = session.scalar(select(func.count()).select_from(DagModel))
    assert not wrong, wrong
    assert count >= int(os.environ["PROJECTS"]), f"{count} DAGs"
    print(json.dumps([name, took, None if is_floor else 10]), flush=True)

initdb()
get_listener_manager()  # which loads the plugins, as the start of the processor does
measure("first, nothing is known")
measure("again, nothing changed")
if is_floor:
    raise SystemExit
change(configs[0])
measure("one config changed")
for config in configs:
    change(config)
measure("all configs changed")
shutil.rmtree(os.environ["PIPELINE_CACHE_DIR"])
measure("the cache of plans is lost")
"""
"""What the DAG processor does in one round over all files, with what it writes."""

LOOK_OF_A_TASK = """
import json, os, time
from airflow.dag_processing.dagbag import DagBag
import pipeline_lib.orchestration.dag
began = time.process_time()
bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"] + "/projects.py")
took = time.process_time() - began
print(json.dumps(["its own project, in a task", took, 0.1]), flush=True)
assert len(bag.dags) == 1 and not bag.import_errors, bag.import_errors
"""
"""The process of a task reads the file of all projects, of which it wants one; imports come before it is measured."""

FLOOR = """
import os
from datetime import datetime
from airflow.sdk import DAG, task

for number in range(int(os.environ["PROJECTS"])):
    with DAG(f"empty_{number:03}", schedule="0 0 * * *", start_date=datetime(2026, 1, 1), catchup=False) as dag:
        before = None
        for name in "abcdefghi":
            @task(task_id=name)
            def nothing(**context):
                pass
            after = nothing()
            before and before >> after
            before = after
    globals()[dag.dag_id] = dag
"""
"""As many tasks as the demo project has, which do nothing, know nothing and show nothing: what no DAG goes below."""

BOARD = """
import json, os, time, uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from fastapi.testclient import TestClient
from sqlalchemy import insert, select
from sqlalchemy.orm import configure_mappers
from pipeline_lib.orchestration.web import DatabaseGateway
from pipeline_lib.storage import storage_at
from pipeline_lib.storage.run_history import HISTORY, MOST_RUNS, RunSummary
from pipeline_lib.web import board
from pipeline_lib.web.airflow_gateway import Access
from pipeline_lib.web.app import create_app

airflow = DatabaseGateway(Path(os.environ["PIPELINE_CONFIGS"]))
nights = [datetime.now(UTC).replace(hour=3, minute=0, second=0, microsecond=0) - timedelta(n) for n in range(MOST_RUNS)]
tasks = "coda_pull", "fetch", "process", "analyse", "coda_push"
summaries = [
    RunSummary(
        key=night.strftime("%Y-%m-%dT%H%M%SZ"), as_of=night, user="airflow", worked_on_at=night + timedelta(minutes=20),
        duration_seconds=600, peak_memory_bytes=10**9, tasks=tasks, message_count=20_000 - number, not_reviewed=number,
        participant_count=9_000, oldest_unreviewed=night - timedelta(3), newest_message=night - timedelta(hours=2),
    ).model_dump_json()
    for number, night in enumerate(nights)
]
document = f'{{"runs": [{",".join(reversed(summaries))}]}}'
runs, instances = [], []
for number, project in enumerate(airflow.list_projects()):
    with storage_at(project.places[0]).publish_file(HISTORY) as file:
        file.write_text(document.replace("20000", str(20_000 + number)), encoding="utf-8")
    for night in nights:
        state = "failed" if number % 10 == 0 and night == nights[0] else "success"
        run_id = f"scheduled__{night.isoformat()}"
        of_run = {"dag_id": project.dag_id, "run_id": run_id}
        runs.append(of_run | {"run_type": "scheduled", "run_after": night, "logical_date": night, "state": state,
                    "start_date": night, "data_interval_start": night - timedelta(1), "data_interval_end": night})
        instances += [
            of_run | {"id": uuid.uuid4(), "task_id": name, "pool": "default_pool", "pool_slots": 1, "try_number": 1,
                      "map_index": -1, "max_tries": 4, "start_date": night, "state": state}
            for name in tasks
        ]
with create_session() as session:
    session.execute(insert(DagRun.__table__), runs)
    session.execute(insert(TaskInstance.__table__), instances)
airflow.list_projects()  # folders of data are new, and the DAG processor has looked since

everybody = Access(lambda: None, lambda: True, lambda: lambda dag_ids: dag_ids, str)
pages = TestClient(create_app(airflow, everybody))
pages.get("/static/none")  # the start of the api-server
configure_mappers()  # once a process, by the login that comes before any page

def measure(name):
    began = time.process_time()
    answer = pages.get("/")
    took = time.process_time() - began
    assert answer.status_code == 200, answer.text
    rows = answer.text.count("<tr") - 1
    assert rows == int(os.environ["PROJECTS"]), f"{rows} rows"
    print(json.dumps([name, took, 1]), flush=True)

measure("the board, first")
measure("the board, within a minute")
board._FRESH_SECONDS = 0
measure("the board, later")
"""
"""Of an api-server that has just started; each project has a hundred nights in its history and in Airflow."""
