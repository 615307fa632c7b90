"""What many projects cost Airflow's DAG processor, and the process of a task."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pipeline_lib.authoring.new_project import Kind, create_project

_REPOSITORY = Path(__file__).parents[2]
_DEMO = _REPOSITORY / "configs" / "demo"

_PASSES = """
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

def cpu_seconds():
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)

def change(config):
    written = json.loads(config.read_text(encoding="utf-8"))
    written["Description"] = written.get("Description", "") + "."
    config.write_text(json.dumps(written), encoding="utf-8")

def measure(name):
    began = cpu_seconds()
    DagFileProcessorManager(max_runs=1).run()
    took = cpu_seconds() - began
    with create_session() as session:
        wrong = session.scalars(select(ParseImportError.stacktrace)).all()
        count = session.scalar(select(func.count()).select_from(DagModel))
    assert not wrong, wrong
    assert count > len(configs), f"{count} DAGs of {len(configs)} projects"
    print(f"  {name:<34}{took:>8.2f} CPU s (bar: 10)", flush=True)

initdb()
get_listener_manager()  # which loads the plugins, as the start of the processor does
measure("first, nothing is known")
measure("again, nothing changed")
change(configs[0])
measure("one config changed")
for config in configs:
    change(config)
measure("all configs changed")
shutil.rmtree(os.environ["PIPELINE_CACHE_DIR"])
measure("the cache of plans is lost")
"""
"""In a process of its own: Airflow reads its settings when it is imported, and this package imports no Airflow."""

_LOOK_OF_A_TASK = """
import sys, time
from airflow.dag_processing.dagbag import DagBag
import pipeline_lib.orchestration.dag
began = time.process_time()
bag = DagBag(sys.argv[1] + "/projects.py")
took = time.process_time() - began
print(f"  {'its own project, in a task':<34}{took:>8.2f} CPU s (bar: 0.1)", flush=True)
assert len(bag.dags) == 1 and not bag.import_errors, bag.import_errors
"""
"""The process of a task reads the file of all projects, of which it wants one; imports come before it is measured."""


def main(arguments: list[str]) -> None:
    """Has the DAG processor pass over copies of one project, then over projects of all kinds, and prints the costs."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.benchmark.dags")
    parser.add_argument("--projects", type=int, default=200, help="how many; default: %(default)s")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="folder to make the projects in, and to leave them in")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        kept = options.keep or Path(scratch, "configs")
        _measure(f"{options.projects} copies of the demo project", kept / "copies", options.projects, copy_demo)
        _measure(f"{options.projects} projects of {len(Kind)} kinds", kept / "kinds", options.projects, begin_one)


def _measure(title: str, configs: Path, count: int, make: Callable[[Path, int], None]) -> None:
    for number in range(count):
        make(configs, number)
    first = min(folder.name for folder in configs.iterdir())
    own = {"_AIRFLOW_PARSING_CONTEXT_DAG_ID": first, "_AIRFLOW_PARSING_CONTEXT_TASK_ID": "process"}
    sys.stdout.write(f"{title}, with a load of {os.getloadavg()[0]:.0f} on {os.cpu_count()} processors\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as scratch:
        settings = os.environ | {
            "AIRFLOW_HOME": str(Path(scratch, "airflow")),
            "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "600",  # of the clock, which is not what is measured
            "AIRFLOW__CORE__DAGS_FOLDER": str(_REPOSITORY / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(_REPOSITORY / "plugins"),
            "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "600",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
            "PIPELINE_CACHE_DIR": str(Path(scratch, "cache")),
            "PIPELINE_CONFIGS": str(configs),
            "PYTHONPATH": str(_REPOSITORY),
        }
        for script, more in ((_PASSES, {}), (_LOOK_OF_A_TASK, own)):
            subprocess.run(  # noqa: S603 - our own scripts
                [sys.executable, "-c", script, str(_REPOSITORY / "dags")], env=settings | more, check=True
            )


def copy_demo(configs: Path, number: int) -> None:
    """Copies the demo project, with a PipelineName of its own."""
    folder = configs / f"demo_{number:03}"
    shutil.copytree(_DEMO, folder)
    file = folder / "pipeline.json"
    written = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(written | {"PipelineName": f"demo-{number:03}"}, indent=2), encoding="utf-8")


def begin_one(configs: Path, number: int) -> None:
    """Begins a project as its author does, each of another kind than the one before."""
    create_project(f"new_{number:03}", list(Kind)[number % len(Kind)], configs, datetime.now(UTC))


if __name__ == "__main__":
    main(sys.argv[1:])
